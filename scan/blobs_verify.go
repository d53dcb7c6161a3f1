package scan

import (
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
)

// VerifyReader returns a reader of what should be the blob of that digest, for [Blobs] of a host's own: it ends with [ErrCorrupt] instead of io.EOF if
// the bytes were others, or more, or fewer. So nothing that was read is certain before the end. An error of r is passed on as it is; one that has io.EOF
// inside is not the end. Close closes r.
func VerifyReader(r io.ReadCloser, d Digest) io.ReadCloser {
	return &verified{ReadCloser: r, want: d, sum: sha256.New()}
}

type verified struct {
	io.ReadCloser

	want Digest
	sum  hash.Hash
}

// Read implements [io.Reader].
func (v *verified) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	v.sum.Write(p[:n])
	if err == io.EOF { //nolint:errorlint // A reader's end is io.EOF itself.
		if is := digestOf(v.sum); is != v.want {
			err = fmt.Errorf("scan: read %s: %w: its bytes are those of %s", v.want, ErrCorrupt, is)
		}
	}
	return n, err
}
