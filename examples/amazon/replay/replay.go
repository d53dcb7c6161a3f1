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
// It answers as the cloud would have at the recording's end, in whichever order and however often it is asked. A
// question about everything, or for things by their names, is answered from all that was recorded of these things, by
// whatever question: the newest that tells of one counts. Others are answered as they last were. What the recording
// does not tell is a fault of the service that was asked, NotRecorded, and [Server.Unknown] has it. In memory is what is
// newest of each thing, however long the recording is.
type Server struct {
	answers map[string]*wire.Answer // to what does not list things, and refusals
	lists   map[string][]*wire.Node // by the question that they answer
	known   map[string]*known       // by the listing's action
	handler http.Handler

	mu      sync.Mutex
	unknown []string
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
		if a, err := s.list(l, q); a != nil || err != nil {
			return a, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unknown = append(s.unknown, q.String())
	return nil, &wire.Fault{Status: http.StatusBadRequest, Code: "NotRecorded", Message: "the recording has no answer to " + q.String()}
}

// list answers a question for what is in a listing; nil: the recording does not tell.
func (s *Server) list(l *wire.Listing, q *wire.Question) (a *wire.Answer, err error) {
	var items []*wire.Node
	var told bool
	k := s.known[l.Action]
	switch names, exactly := namedIn(l, q); {
	case k == nil || q.Token != "": // nothing is answered in more than one page
	case len(q.Asked) == 0:
		items, told = k.all(l)
	case exactly:
		if items, told = k.some(names); told {
			items, err = l.Select(items, names)
		}
	default:
		items, told = s.lists[q.String()]
	}
	if !told || err != nil {
		return nil, err
	}
	return l.Answer(items, "")
}
