package agevault

import (
	"errors"
	"fmt"
	"io/fs"
)

// failures are what went wrong with some of many files. That one is gone meanwhile is no failure.
type failures struct {
	first error
	count int
}

// note counts err if it is one.
func (f *failures) note(err error) {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return
	}
	if f.count++; f.count == 1 {
		f.first = err
	}
}

func (f *failures) err() error {
	if f.count > 1 {
		return fmt.Errorf("%w (and %d more)", f.first, f.count-1)
	}
	return f.first
}
