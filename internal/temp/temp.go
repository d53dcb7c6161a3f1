// Package temp has files for what does not fit into memory.
package temp

import (
	"errors"
	"os"
)

// A File is one to write to and to read from, until it is closed.
type File struct {
	*os.File

	named bool
}

// New makes a file in a folder; empty: [os.TempDir]. The folder has no name for it where that can be so: whatever becomes of this program, nothing is
// left. Elsewhere, as on Windows, a program that is killed leaves it there.
func New(dir, pattern string) (*File, error) {
	file, err := os.CreateTemp(dir, pattern)
	if err != nil {
		return nil, err
	}
	return &File{file, os.Remove(file.Name()) != nil}, nil
}

// Close removes the file.
func (f *File) Close() error {
	err := f.File.Close()
	if f.named {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}
