// Package ctxio reads for as long as a context goes on.
package ctxio

import (
	"context"
	"io"
)

// NewReader returns a reader of r that ends with ctx's cause when ctx ends. A read that is under way is not interrupted.
func NewReader(ctx context.Context, r io.Reader) io.Reader { return &reader{ctx, r} }

type reader struct {
	ctx context.Context
	r   io.Reader
}

func (u *reader) Read(p []byte) (int, error) {
	if err := context.Cause(u.ctx); err != nil {
		return 0, err
	}
	return u.r.Read(p)
}
