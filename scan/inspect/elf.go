package inspect

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

const elfMagic = "\x7fELF"

// maxWhole is how much of a program is read into memory if its file cannot be read at any place.
const maxWhole = 64 << 20

// elfReader returns a way to read a program at any place; nil: the file is none.
func elfReader(f fs.File, size int64) (io.ReaderAt, error) {
	magic := make([]byte, len(elfMagic))
	if r, ok := f.(io.ReaderAt); ok {
		if n, _ := r.ReadAt(magic, 0); string(magic[:n]) != elfMagic {
			return nil, nil
		}
		return r, nil
	}
	if n, _ := io.ReadFull(f, magic); string(magic[:n]) != elfMagic {
		return nil, nil
	}
	if size > maxWhole {
		return nil, fmt.Errorf("a program of %d bytes in such a file system is not looked into, %d are the most", size, maxWhole)
	}
	rest, err := io.ReadAll(io.LimitReader(f, maxWhole))
	return bytes.NewReader(append(magic, rest...)), err
}

var errImpatient = errors.New("too much would have to be read to see whether Go built it")

// patient reads until its context ends, or too much was read: what a file says of its own parts may be wrong.
type patient struct {
	ctx        context.Context
	r          io.ReaderAt
	size, left int64
}

func (p *patient) ReadAt(b []byte, off int64) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	if off < 0 || off >= p.size {
		return 0, io.EOF
	}
	if p.left -= int64(len(b)); p.left < 0 {
		return 0, errImpatient
	}
	return p.r.ReadAt(b, off)
}
