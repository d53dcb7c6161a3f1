// Package replay answers as a cloud once did, from a recording of what it was asked and answered.
package replay

import (
	"net/http"
	"slices"
	"sync"

	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// A Server answers from a recording. It is an [http.Handler], and safe for concurrent use.
//
// What was recorded is answered as it was; of several answers to one question the last counts, whatever the order in
// which the questions come. A question for things by their names is also answered from what other questions brought
// of these things. Any other question is a fault of the service that was asked, and [Server.Unknown] has it.
type Server struct {
	answers map[string]*wire.Answer
	kept    map[string]*kept // by the listing's action
	handler http.Handler

	mu      sync.Mutex
	unknown []string
}

// kept is what a recording knows of the things in one listing.
type kept struct {
	items []*wire.Node    // those that were recorded last come first
	asked map[string]bool // names of which it knows whether something has them
	whole bool            // that is so of all names
}

// ServeHTTP answers a question.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Unknown returns the questions that the recording has no answer to, as often as they were asked.
func (s *Server) Unknown() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(slices.Values(s.unknown))
}

func (s *Server) answer(q *wire.Question) (*wire.Answer, error) {
	if a, recorded := s.answers[q.String()]; recorded {
		return a, nil
	}
	if l := wire.ListingOf(q); l != nil {
		if a, err := s.fromOthers(l, q); a != nil || err != nil {
			return a, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknown = append(s.unknown, q.String())
	return nil, &wire.Fault{Status: http.StatusBadRequest, Code: "NotRecorded", Message: "the recording has no answer to " + q.String()}
}

// fromOthers answers a question for things by their names from what other questions brought; nil: it cannot.
func (s *Server) fromOthers(l *wire.Listing, q *wire.Question) (*wire.Answer, error) {
	k := s.kept[l.Action]
	names, besides := l.Named(q)
	if k == nil || len(names) == 0 || len(besides) > 0 || q.Token != "" {
		return nil, nil //nolint:nilnil // no answer, and nothing is wrong
	}
	for _, name := range names {
		if !k.whole && !k.asked[name] {
			return nil, nil //nolint:nilnil // as above
		}
	}
	items, err := l.Select(k.items, names)
	if err != nil {
		return nil, err
	}
	return l.Answer(items, "")
}
