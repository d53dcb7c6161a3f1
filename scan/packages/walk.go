package packages

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/reeve-go/reeve/internal/category"
	"github.com/reeve-go/reeve/scan"
)

// WalkConfig is the configuration of [NPM] and of [Python]. Links are not followed, so that each file is met once.
type WalkConfig struct {
	// Roots are the folders to look in, with all that is in them. Nil: the whole tree.
	Roots []string `json:"roots,omitempty"`
	// LeaveOut are the folders not to go into. Nil: proc, sys, dev and run.
	LeaveOut []string `json:"leave_out,omitempty"`
}

var (
	usualRoots    = []string{"."}
	usualLeaveOut = []string{"proc", "sys", "dev", "run"}
)

func walkConfig(config json.RawMessage) (WalkConfig, error) {
	var c WalkConfig
	if err := category.Decode(config, &c); err != nil {
		return c, err
	}
	if c.Roots == nil {
		c.Roots = usualRoots
	}
	if c.LeaveOut == nil {
		c.LeaveOut = usualLeaveOut
	}
	if err := checkPlaces("roots", c.Roots); err != nil {
		return c, err
	}
	return c, checkPlaces("leave_out", c.LeaveOut)
}

func walkScope(config json.RawMessage) ([]string, error) {
	c, err := walkConfig(config)
	return c.Roots, err
}

// walk calls f for the files and links in the roots that are not left out, each once.
func (c *WalkConfig) walk(t *scan.Tree, f func(name string, e fs.DirEntry) error) error {
	for _, root := range outermost(c.Roots) {
		err := t.Walk(root, func(name string, e fs.DirEntry) error {
			switch {
			case e.IsDir() && slices.Contains(c.LeaveOut, name):
				return fs.SkipDir
			case e.IsDir():
				return nil
			}
			return f(name, e)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// outermost returns the roots that are in no other.
func outermost(roots []string) (outer []string) {
	for _, root := range slices.Compact(slices.Sorted(slices.Values(roots))) {
		if !slices.ContainsFunc(outer, func(o string) bool { return within(root, o) }) {
			outer = append(outer, root)
		}
	}
	return outer
}

func within(name, folder string) bool {
	return folder == "." || name == folder || len(name) > len(folder) && name[:len(folder)] == folder && name[len(folder)] == '/'
}

// read has a parser read a file, at most that much of it. What the parser returns is noted: the file is broken. Emit's error ends the walk.
func read(t *scan.Tree, name string, e fs.DirEntry, most int64, parse func(io.Reader) (broken, ends error)) error {
	var broken, ends error
	r := &io.LimitedReader{N: most + 1}
	_, err := t.ReadEntry(name, e, func(from io.Reader, _ fs.FileInfo) error {
		source := &told{r: from}
		r.R = source
		broken, ends = parse(r)
		return source.err
	})
	switch {
	case ends != nil:
		return ends
	case err != nil:
		return nil //nolint:nilerr // the tree has noted it
	case r.N == 0:
		t.Note(name, fmt.Errorf("only the first %d bytes were read", most))
	case broken != nil:
		t.Note(name, broken)
	}
	return nil
}

// told remembers that a file could not be read: the tree has noted that, and that its text ends too early says no more.
type told struct {
	r   io.Reader
	err error
}

func (s *told) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}
