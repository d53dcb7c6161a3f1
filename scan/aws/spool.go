package aws

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/reeve-go/reeve/scan"
)

// inMemory is how much of a spool is not on the disk.
const inMemory = 256 << 10

// A spool keeps the bytes of a reader until they can be sent, as often as that takes.
type spool struct {
	small  []byte
	file   *os.File // if there are more
	digest scan.Digest
	size   int64
}

// newSpool reads r to its end. Whoever gets a spool has to close it.
func newSpool(ctx context.Context, r io.Reader, dir string, most int64) (*spool, error) {
	s := &spool{}
	if err := s.fill(ctx, io.LimitReader(r, most+1), dir); err != nil {
		s.close()
		return nil, err
	}
	if s.size > most {
		s.close()
		return nil, fmt.Errorf("it has more than %d bytes, which is the most that one may have here", most)
	}
	return s, nil
}

func (s *spool) fill(ctx context.Context, r io.Reader, dir string) error {
	sum := sha256.New()
	from := io.TeeReader(&untilDone{ctx, r}, sum)
	var head bytes.Buffer
	n, err := io.CopyN(&head, from, inMemory)
	s.small, s.size = head.Bytes(), n
	switch err {
	case nil:
		if s.file, err = os.CreateTemp(dir, "reeve-blob-*"); err != nil {
			return err
		}
		n, err = io.Copy(s.file, io.MultiReader(&head, from))
		s.small, s.size = nil, n
	case io.EOF: //nolint:errorlint // another error that has it inside, as those of connections, is not the end
		err = nil
	}
	s.digest = scan.Digest(digestPrefix + hex.EncodeToString(sum.Sum(nil)))
	return err
}

// open returns the bytes, from the first one on.
func (s *spool) open() io.ReadSeeker {
	if s.file == nil {
		return bytes.NewReader(s.small)
	}
	return io.NewSectionReader(s.file, 0, s.size)
}

func (s *spool) close() {
	if s.file != nil {
		_ = s.file.Close()
		_ = os.Remove(s.file.Name())
	}
}

// untilDone reads until a context ends.
type untilDone struct {
	ctx context.Context
	r   io.Reader
}

func (u *untilDone) Read(p []byte) (int, error) {
	if err := context.Cause(u.ctx); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
