package remote

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"

	"github.com/reeve-go/reeve/scan"
)

// A verified reader ends with an error if what it has read is not what was named.
type verified struct {
	r    io.Reader
	want scan.Digest
	sum  hash.Hash
	err  error
}

func newVerified(r io.Reader, want scan.Digest, err error) *verified {
	return &verified{r, want, sha256.New(), err}
}

// Read implements [io.Reader].
func (v *verified) Read(b []byte) (int, error) {
	n, err := v.r.Read(b)
	_, _ = v.sum.Write(b[:n]) // a hash takes everything
	if errors.Is(err, io.EOF) && sumOf(v.sum) != v.want {
		err = v.err
	}
	return n, err
}

func sumOf(h hash.Hash) scan.Digest { return scan.Digest("sha256:" + hex.EncodeToString(h.Sum(nil))) }
