package scan

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	// maxProblemPath and maxProblemText are how many bytes of a problem are kept.
	maxProblemPath = 1024
	maxProblemText = 512
)

// A Problem is something of a tree that a scanner did not get to see, or could not make sense of.
type Problem struct {
	// Path is where; empty: everywhere. A path that cannot be printed is as strconv.Quote has it.
	Path string `json:"path,omitempty"`
	Text string `json:"text"`
}

// problems are the first ones of those that were met.
type problems struct {
	most int

	mu     sync.Mutex
	listed []Problem
	total  int
	met    map[error]bool
}

// Note has a problem remembered: the category is partial then. One that is listed already is not counted again, and a nil error is none.
func (t *Tree) Note(path string, err error) {
	if err == nil {
		return
	}
	text := err.Error()
	if at, ok := errors.AsType[*fs.PathError](err); ok && at.Path == path {
		text = at.Op + ": " + at.Err.Error()
	}
	p := Problem{Path: printable(path, maxProblemPath), Text: printable(text, maxProblemText)}
	t.problems.mu.Lock()
	defer t.problems.mu.Unlock()
	if slices.Contains(t.problems.listed, p) {
		return
	}
	t.problems.total++
	if len(t.problems.listed) < t.problems.most {
		t.problems.listed = append(t.problems.listed, p)
	}
}

// Problems returns what was noted, the first ones of many, and how many there were.
func (t *Tree) Problems() (listed []Problem, total int) {
	t.problems.mu.Lock()
	defer t.problems.mu.Unlock()
	return slices.Clone(t.problems.listed), t.problems.total
}

// fail returns what went wrong with a path, and notes it unless it hides nothing. A limit of the whole tree is noted once.
func (t *Tree) fail(op, name string, err error) error {
	if err == io.EOF { //nolint:errorlint // A reader's end is io.EOF itself.
		return err
	}
	if t.ctx.Err() != nil {
		return &fs.PathError{Op: op, Path: name, Err: context.Cause(t.ctx)}
	}
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err
	}
	failed := &fs.PathError{Op: op, Path: name, Err: err}
	if !errors.Is(err, fs.ErrNotExist) && t.news(err) {
		t.Note(name, failed)
	}
	return failed
}

// news is true but for a limit of the whole tree that was met before.
func (t *Tree) news(err error) bool {
	for _, limit := range []error{errTooDeep, errTooMany, errTooMuch} {
		if errors.Is(err, limit) {
			t.problems.mu.Lock()
			defer t.problems.mu.Unlock()
			if t.problems.met == nil {
				t.problems.met = map[error]bool{}
			}
			known := t.problems.met[limit]
			t.problems.met[limit] = true
			return !known
		}
	}
	return true
}

// printable returns what people and JSON can take of a text.
func printable(s string, most int) string {
	cut := len(s) > most
	if cut {
		s = s[:most]
		for range utf8.UTFMax {
			if r, size := utf8.DecodeLastRuneInString(s); r != utf8.RuneError || size != 1 {
				break
			}
			s = s[:len(s)-1]
		}
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		s = strconv.Quote(s)
	}
	if cut {
		s += "…"
	}
	return s
}
