package vectors

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// Read yields the cases of a file: a JSON object a line, plain or compressed with gzip, whatever the
// file is called. An error names file, line and case; after one of the file itself the sequence ends.
func Read(file string) iter.Seq2[Case, error] {
	return func(yield func(Case, error) bool) {
		f, err := os.Open(file)
		if err != nil {
			yield(Case{File: file}, fmt.Errorf("vectors: %w", err))
			return
		}
		defer func() { _ = f.Close() }()
		for c, err := range read(file, f) {
			if !yield(c, err) {
				return
			}
		}
	}
}

func read(file string, r io.Reader) iter.Seq2[Case, error] {
	return func(yield func(Case, error) bool) {
		lines, err := plain(r)
		for n := 1; err == nil; n++ {
			var line []byte
			line, err = lines.ReadBytes('\n')
			if line = bytes.TrimSpace(line); len(line) == 0 {
				continue
			}
			c, wrong := parse(line)
			c.File, c.Line = file, n
			if wrong != nil {
				wrong = fmt.Errorf("vectors: %s:%d: case %q: %w", file, n, c.Given.Name, wrong)
			}
			if !yield(c, wrong) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(Case{File: file}, fmt.Errorf("vectors: %s: %w", file, err))
		}
	}
}

// plain returns a reader of the text, which may be compressed.
func plain(r io.Reader) (*bufio.Reader, error) {
	text := bufio.NewReader(r)
	if magic, _ := text.Peek(2); !bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		return text, nil
	}
	inflated, err := gzip.NewReader(text)
	if err != nil {
		return nil, err
	}
	return bufio.NewReader(inflated), nil
}

// parse reads one case, with what is left out as ONAP has it.
func parse(line []byte) (Case, error) {
	var c struct {
		Given *Given `json:"given"`
		Then  *Then  `json:"then"`
	}
	err := json.Unmarshal(line, &c)
	if c.Given == nil {
		c.Given = &Given{}
	}
	switch {
	case err != nil:
		return Case{Given: *c.Given}, err
	case c.Then == nil:
		return Case{Given: *c.Given}, errors.New(`there is no "then"; a case has a "given" and a "then"`)
	}
	c.Given.fill()
	return Case{Given: *c.Given, Then: *c.Then}, c.Given.check()
}
