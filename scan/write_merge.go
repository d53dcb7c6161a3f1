package scan

import (
	"bytes"
	"container/heap"
	"io"
)

// A merge makes one sequence of several sorted ones.
type merge struct {
	runs mergeHeap
	// last is the key of the line that was returned last; its run goes on when the next line is asked for, because only so long the line holds.
	last  []byte
	begun bool
}

// A mergeRun is a sorted run in a file, at a line.
type mergeRun struct {
	lines     lineReader
	line, key []byte
}

// forward goes to the next line; at the end it is io.EOF.
func (r *mergeRun) forward() (err error) {
	if r.line, err = r.lines.next(); err == nil {
		r.key, _, err = splitKey(r.line)
	}
	if err != nil && err != io.EOF { //nolint:errorlint // A reader's end is io.EOF itself.
		return errKept(err)
	}
	return err
}

// begin goes to the first line of each run. No run is empty.
func (m *merge) begin() error {
	for _, r := range m.runs {
		if err := r.forward(); err != nil {
			return err
		}
	}
	heap.Init(&m.runs)
	return nil
}

// next returns the line of the least key. A key that is there twice is an error.
func (m *merge) next() ([]byte, error) {
	if m.begun {
		if err := m.forward(); err != nil {
			return nil, err
		}
	}
	if len(m.runs) == 0 {
		return nil, io.EOF
	}
	first := m.runs[0]
	if m.begun && bytes.Equal(m.last, first.key) {
		return nil, errTwice(first.key)
	}
	m.begun = true
	m.last = append(m.last[:0], first.key...)
	return first.line, nil
}

func (m *merge) forward() error {
	switch err := m.runs[0].forward(); {
	case err == io.EOF: //nolint:errorlint // as above
		heap.Pop(&m.runs)
	case err != nil:
		return err
	default:
		heap.Fix(&m.runs, 0)
	}
	return nil
}

// mergeHeap has the run with the least key first.
type mergeHeap []*mergeRun

func (h mergeHeap) Len() int           { return len(h) }
func (h mergeHeap) Less(i, j int) bool { return bytes.Compare(h[i].key, h[j].key) < 0 }
func (h mergeHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push is a part of heap.Interface that nothing needs here: all runs are there from the start.
func (h *mergeHeap) Push(any) {}

// Pop removes the last.
func (h *mergeHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
