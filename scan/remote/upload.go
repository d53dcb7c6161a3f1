package remote

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/reeve-go/reeve/scan"
)

// uploadedSoFar says how much of an upload is there.
func (s *Server) uploadedSoFar(c *call) (any, error) {
	d, err := c.digest()
	if err != nil {
		return nil, err
	}
	at, err := s.staging.size(c.ctx, c.caller.name, d)
	return uploaded{Offset: at}, err
}

func (c *call) digest() (scan.Digest, error) {
	d := scan.Digest(c.r.PathValue("digest"))
	if d.Check() != nil {
		return "", refuse(http.StatusBadRequest, CodeInvalid, "the name of a blob is its digest")
	}
	return d, nil
}

// A part is a piece of a blob on its way.
type part struct {
	blob         scan.Digest
	offset, size int64
	bytes        []byte
}

func (c *call) part() (p part, err error) {
	if p.blob, err = c.digest(); err != nil {
		return p, err
	}
	query := c.r.URL.Query()
	var bad, bad2 error
	p.offset, bad = strconv.ParseInt(query.Get("offset"), 10, 64)
	p.size, bad2 = strconv.ParseInt(query.Get("size"), 10, 64)
	n := c.r.ContentLength
	switch {
	case bad != nil || bad2 != nil || p.offset < 0 || p.size < 0:
		return p, refuse(http.StatusBadRequest, CodeInvalid, "an offset and a size are needed")
	case p.size > c.server.o.Blob:
		return p, refuse(http.StatusRequestEntityTooLarge, CodeTooLarge, "the blob has %d bytes; at most %d are right", p.size, c.server.o.Blob)
	case p.offset > p.size || n > p.size-p.offset || n == 0 && p.offset < p.size:
		return p, refuse(http.StatusBadRequest, CodeInvalid, "a part of %d bytes at %d is none of a blob of %d", n, p.offset, p.size)
	}
	if p.bytes, err = c.body(partSize); err == nil && string(scan.DigestOf(p.bytes)) != c.r.Header.Get(headerDigest) {
		err = refuse(http.StatusUnprocessableEntity, CodeDigest, "the bytes of the part are not those of its digest")
	}
	return p, err
}

// upload takes a part of a blob, and keeps the blob when it is whole. A part that does not go on where the upload is is refused, and the answer to
// a question says where that is.
func (s *Server) upload(c *call) (any, error) {
	p, err := c.part()
	if err != nil {
		return nil, err
	}
	s.staging.sweep()
	if err := s.hasRoom(c, &p); err != nil {
		return nil, err
	}
	f, err := s.staging.begin(c.ctx, c.caller.name, p.blob)
	if err != nil {
		return nil, err
	}
	defer s.staging.leave(f)
	if f.size != p.offset {
		if f.size == 0 && s.keptAlready(c, &p) {
			return uploaded{p.size, true}, nil
		}
		return nil, refuse(http.StatusConflict, CodeOffset, "the upload is at %d, and the part at %d", f.size, p.offset)
	}
	if err := s.staging.add(f, p.bytes); err != nil {
		return nil, err
	}
	if f.size < p.size {
		return uploaded{Offset: f.size}, nil
	}
	return s.finish(c, &p, f)
}

// hasRoom returns an error if the agent may not put so much, unless it has put just that before: it counts once.
func (s *Server) hasRoom(c *call, p *part) error {
	switch {
	case !c.caller.given:
		return refuse(http.StatusForbidden, CodeForbidden, "the agent was given no request whose results it could put")
	case c.caller.room >= p.size+putCost:
		return nil
	}
	noted, err := s.books.noted(c.ctx, c.caller.name, blobName(p.blob))
	if err == nil && len(noted) == 0 {
		err = errNoRoom
	}
	return err
}

// keptAlready reports whether a part is the last of a blob that the agent has put: the answer to it was lost.
func (s *Server) keptAlready(c *call, p *part) bool {
	name := blobName(p.blob)
	noted, err := s.books.noted(c.ctx, c.caller.name, name)
	if _, put := noted[name]; err != nil || !put || p.offset+int64(len(p.bytes)) != p.size {
		return false
	}
	r, err := s.Blobs.Open(c.ctx, p.blob)
	return err == nil && r.Close() == nil
}

// finish keeps a blob that is whole.
func (s *Server) finish(c *call, p *part, f *staged) (any, error) {
	ctx, name := c.ctx, blobName(p.blob)
	if err := s.staging.keep(ctx, f, s.Blobs, p.blob); err != nil {
		if errors.Is(err, errNotIts) {
			s.staging.drop(f)
			return nil, errNotIts
		}
		s.rewind(f, p.offset)
		return nil, fmt.Errorf("an upload cannot be kept: %w", err)
	}
	over, err := c.alone(ctx)
	if err != nil {
		s.rewind(f, p.offset)
		return nil, err
	}
	defer over()
	err = s.books.change(ctx, c.caller.name, func(a *page) error {
		if err := a.admits(c.caller); err != nil {
			return err
		}
		noted, err := s.books.noted(ctx, c.caller.name, name)
		if err != nil {
			return err
		}
		if len(noted) == 0 {
			if a.Room < p.size+putCost {
				return errNoRoom
			}
			a.Room -= p.size + putCost
		}
		return a.note(name, elementPut, nothing{})
	})
	if err != nil {
		s.rewind(f, p.offset)
		return nil, err
	}
	s.staging.drop(f)
	return uploaded{p.size, true}, nil
}

// rewind takes the last part back, so that it can come again, and the blob be kept then.
func (s *Server) rewind(f *staged, to int64) {
	if err := s.staging.truncate(f, to); err != nil {
		s.staging.drop(f)
	}
}

// putCost is what each blob costs beside its bytes, so that there cannot be any number of small ones.
const putCost = 16 << 10

var errNoRoom = refuse(http.StatusForbidden, CodeTooLarge, "the agent has put as much as it may for the requests that it was given")
