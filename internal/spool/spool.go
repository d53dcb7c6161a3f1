// Package spool keeps the bytes of a reader, whose digest has to be known before they can be sent, until they are.
package spool

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"

	"github.com/reeve-go/reeve/internal/ctxio"
	"github.com/reeve-go/reeve/internal/temp"
	"github.com/reeve-go/reeve/scan"
)

// A Spool is a blob on its way.
type Spool struct {
	Size   int64
	Digest scan.Digest

	small []byte
	file  *temp.File // if there are more
}

// New reads r to its end, or to ctx's: as much as that into memory, and all into a file in dir if there is more. Whoever gets a spool has to close it.
func New(ctx context.Context, r io.Reader, dir string, inMemory int64) (*Spool, error) {
	s := &Spool{}
	if err := s.fill(ctx, r, dir, inMemory); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

func (s *Spool) fill(ctx context.Context, r io.Reader, dir string, inMemory int64) error {
	sum := sha256.New()
	from := io.TeeReader(ctxio.NewReader(ctx, r), sum)
	var head bytes.Buffer
	n, err := io.Copy(&head, io.LimitReader(from, inMemory+1))
	s.small, s.Size = head.Bytes(), n
	if err == nil && n > inMemory {
		if s.file, err = temp.New(dir, "reeve-blob-*"); err != nil {
			return err
		}
		s.Size, err = io.Copy(s.file, io.MultiReader(&head, from))
		s.small = nil
	}
	s.Digest = scan.Digest("sha256:" + hex.EncodeToString(sum.Sum(nil)))
	return err
}

// Open returns the bytes, from the first one on.
func (s *Spool) Open() *io.SectionReader {
	if s.file == nil {
		return io.NewSectionReader(bytes.NewReader(s.small), 0, s.Size)
	}
	return io.NewSectionReader(s.file, 0, s.Size)
}

// Close removes what is kept.
func (s *Spool) Close() {
	if s.file != nil {
		_ = s.file.Close() // nobody needs it any more
	}
}
