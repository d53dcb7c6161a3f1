package scan

import (
	"errors"
	"fmt"
	"hash"
	"io"
)

// Verified reads what has to have a digest. Its end is io.EOF only if it has it.
type verified struct {
	r      io.Reader
	closer io.Closer
	want   Digest
	sum    hash.Hash
}

func (v *verified) Read(p []byte) (int, error) {
	n, err := v.r.Read(p)
	v.sum.Write(p[:n])
	if errors.Is(err, io.EOF) {
		if is := digestOf(v.sum); is != v.want {
			err = fmt.Errorf("scan: read %s: %w: its bytes are those of %s", v.want, ErrCorrupt, is)
		}
	}
	return n, err
}

func (v *verified) Close() error { return v.closer.Close() }
