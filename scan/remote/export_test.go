package remote

import (
	"context"
	"fmt"
	"net"
	"net/http"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// DialWith has a client reach its server by a function.
func (o *DialOptions) DialWith(dial func(ctx context.Context, network, address string) (net.Conn, error)) *DialOptions {
	o.dial = dial
	return o
}

// Held is how many deliveries the server knows, and Staged how many uploads and bytes are unfinished.
func (s *Server) Held() int {
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	return len(s.held.held)
}

func (s *Server) StagedNow() (uploads int, bytes int64) {
	s.staging.mu.Lock()
	defer s.staging.mu.Unlock()
	return len(s.staging.files), s.staging.all
}

// Decoders are those of all bodies, for a fuzz test.
func Decoders() []func(body []byte) error {
	return []func(body []byte) error{
		decoder[enrolment], decoder[renewal], decoder[poll], decoder[settling], decoder[reports], decoder[scan.Beat], decoder[hold], decoder[account],
	}
}

func decoder[T any](body []byte) error {
	var into T
	return decode(body, &into)
}

// PartSize is how many bytes a part has.
const PartSize = partSize

// Clutter notes that an agent was given so many requests, and has put as many blobs. Noted returns the names of all that is noted.
func (s *Server) Clutter(ctx context.Context, agent string, given, put int) error {
	return s.books.change(ctx, agent, func(p *page) error {
		for i := range given {
			p.elements = append(p.elements, storage.Element{Name: holdName("clutter", i+1), State: elementHeld, Since: p.now(), Data: []byte("{}")})
		}
		for i := range put {
			p.elements = append(p.elements, storage.Element{Name: blobName(scan.DigestOf(fmt.Append(nil, i))), State: elementPut, Since: p.now(), Data: []byte("{}")})
		}
		return nil
	})
}

func (s *Server) Noted(ctx context.Context, agent string) (names []string, err error) {
	all, err := s.books.noted(ctx, agent)
	for name := range all {
		names = append(names, name)
	}
	return names, err
}

// Places are those of calls.
type Places struct{ p *places }

func NewPlaces(most int) Places { return Places{newPlaces(most)} }

func (p Places) Enter(ctx context.Context, whose string, giveWay context.CancelCauseFunc) (leave func(), err error) {
	return p.p.enter(ctx, whose, giveWay)
}

// Whence is what an address counts with.
func Whence(address string) string {
	return newStrangers(1, func(*http.Request) string { return address }).whence(nil)
}
