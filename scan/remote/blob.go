package remote

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// blob writes a blob that the agent has put, or that a request names that it holds.
func (s *Server) blob(c *call) (any, error) {
	d, err := c.digest()
	if err != nil {
		return nil, err
	}
	may := slices.ContainsFunc(s.held.of(c.caller), func(h *held) bool { return h.names(d) })
	if !may {
		noted, err := s.books.noted(c.ctx, c.caller.name, blobName(d))
		if err != nil {
			return nil, err
		}
		_, may = noted[blobName(d)]
	}
	if !may {
		return nil, errNoBlob
	}
	r, err := s.Blobs.Open(c.ctx, d)
	if errors.Is(err, scan.ErrNoBlob) {
		return nil, errNoBlob
	} else if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // it was only read
	c.streamed = true
	c.w.Header().Set("Content-Type", "application/octet-stream")
	return nil, c.stream(r)
}

var errNoBlob = refuse(http.StatusNotFound, CodeNotFound, "there is no such blob, or the agent may not read it")

// stream writes what is read, as long as somebody takes it. What is corrupt just ends: the agent sees that itself.
func (c *call) stream(r io.Reader) error {
	defer c.yields(c.control().SetWriteDeadline)()
	piece := make([]byte, 64<<10)
	for {
		n, err := r.Read(piece)
		_ = c.control().SetWriteDeadline(time.Now().Add(c.server.o.Patience)) // a writer that cannot is a test's
		// Or who reads slowly has a place for as long as it likes.
		if c.ctx.Err() != nil {
			panic(http.ErrAbortHandler)
		}
		if _, gone := c.w.Write(piece[:n]); gone != nil {
			return gone
		}
		switch {
		case err == io.EOF, errors.Is(err, scan.ErrCorrupt): // what wraps io.EOF is no end
			return nil
		case err != nil:
			panic(http.ErrAbortHandler) // so that what was written is not taken for all
		}
	}
}
