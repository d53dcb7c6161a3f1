package scan

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"

	"github.com/reeve-go/reeve/internal/temp"
)

// runs put lines in the order of their keys with bounded memory. One run is in memory; each time it is full it is sorted and appended to a temporary
// file, and at the end all are merged.
type runs struct {
	folder string
	memory int

	current *run

	// While one run is spilled the next is filled, and no third begun.
	spilling sync.Mutex
	spare    *run
	file     *temp.File
	ends     []int64
}

// A run is a sequence of lines, sorted when it is full.
type run struct {
	text  []byte
	lines []span
}

// A span is where in the text of a run a line is, and its key.
type span struct{ line, lineEnd, key, keyEnd uint32 }

const spanSize = 16

func (r *run) key(p span) []byte  { return r.text[p.key:p.keyEnd] }
func (r *run) line(p span) []byte { return r.text[p.line:p.lineEnd] }

func (r *run) add(key string, line []byte) {
	p := span{line: size32(len(r.text)), key: size32(len(r.text) + len(lineKey) + 1)}
	r.text = append(doubled(r.text, len(line)), line...)
	p.lineEnd = size32(len(r.text))
	p.keyEnd = p.key + size32(len(key))
	if p.keyEnd > p.lineEnd || string(r.key(p)) != key { // escaped
		p.key = p.lineEnd
		r.text = append(r.text, key...)
		p.keyEnd = size32(len(r.text))
	}
	r.lines = append(doubled(r.lines, 1), p)
}

// doubled makes room for more, and so much that in the end each byte was moved about once; append alone moves them four times.
func doubled[T any](s []T, more int) []T {
	if cap(s)-len(s) >= more {
		return s
	}
	return slices.Grow(s, max(more, len(s)))
}

// size32 returns n, which is far below the most: a run has [mostFactsMemory] and one fact.
func size32(n int) uint32 { return uint32(min(max(n, 0), math.MaxUint32)) }

func (r *run) sort() error {
	slices.SortFunc(r.lines, func(a, b span) int { return bytes.Compare(r.key(a), r.key(b)) })
	for i := 1; i < len(r.lines); i++ {
		if key := r.key(r.lines[i]); bytes.Equal(r.key(r.lines[i-1]), key) {
			return errTwice(key)
		}
	}
	return nil
}

func errTwice(key []byte) error {
	return fmt.Errorf("key %s was emitted twice; each fact needs one of its own", quote(string(key)))
}

// add keeps a line. It must not be called by two at once. If it returns a run, that has to be spilled before anything else is asked; it may be done
// while others add.
func (r *runs) add(key string, line []byte) (full *run) {
	if r.current == nil {
		r.current = &run{}
	}
	r.current.add(key, line)
	if len(r.current.text)+spanSize*len(r.current.lines) < r.memory {
		return nil
	}
	r.spilling.Lock()
	full, r.current, r.spare = r.current, r.spare, nil
	return full
}

// spill appends a full run to the file, and allows for the next.
func (r *runs) spill(full *run) error {
	defer r.spilling.Unlock()
	err := r.write(full)
	full.text, full.lines = full.text[:0], full.lines[:0]
	r.spare = full
	return err
}

// write sorts a run and appends it to the file. If that cannot be it is no fault of the target: another agent may have room.
func (r *runs) write(full *run) error {
	if err := full.sort(); err != nil {
		return err
	}
	if err := r.append(full); err != nil {
		return errKept(err)
	}
	return nil
}

func errKept(err error) error {
	return AgentFault(fmt.Errorf("facts that do not fit into memory could not be kept in a file: %w", err))
}

func (r *runs) append(full *run) (err error) {
	if r.file == nil {
		if r.file, err = temp.New(r.folder, "scan-*"); err != nil {
			return err
		}
	}
	out := bufio.NewWriterSize(r.file, runBuffer)
	size := r.end()
	for _, p := range full.lines {
		line := full.line(p)
		size += int64(len(line))
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	r.ends = append(r.ends, size)
	return out.Flush()
}

func (r *runs) end() int64 {
	if len(r.ends) == 0 {
		return 0
	}
	return r.ends[len(r.ends)-1]
}

const (
	runBuffer   = 64 << 10
	leastBuffer = 4 << 10
)

// sorted returns a function that returns the lines in the order of their keys, each until the next call, and at the end io.EOF.
func (r *runs) sorted() (next func() ([]byte, error), err error) {
	r.spilling.Lock()
	defer r.spilling.Unlock()
	if r.file == nil {
		return r.inMemory()
	}
	if r.current != nil && len(r.current.lines) > 0 {
		if err := r.write(r.current); err != nil {
			return nil, err
		}
	}
	r.current, r.spare = nil, nil
	m := &merge{}
	begin := int64(0)
	buffer := max(leastBuffer, min(runBuffer, r.memory/len(r.ends)))
	for _, end := range r.ends {
		section := io.NewSectionReader(r.file, begin, end-begin)
		m.runs = append(m.runs, &mergeRun{lines: lineReader{from: bufio.NewReaderSize(section, buffer), most: MaxItem}})
		begin = end
	}
	return m.next, m.begin()
}

func (r *runs) inMemory() (next func() ([]byte, error), err error) {
	if r.current == nil {
		r.current = &run{}
	}
	i := -1
	return func() ([]byte, error) {
		if i++; i < len(r.current.lines) {
			return r.current.line(r.current.lines[i]), nil
		}
		return nil, io.EOF
	}, r.current.sort()
}

// close removes the file, if there is one.
func (r *runs) close() {
	r.spilling.Lock()
	defer r.spilling.Unlock()
	if r.file == nil {
		return
	}
	_ = r.file.Close() // nobody needs it any more
	r.file = nil
}
