package replay

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// An exchange is a line of a recording.
type exchange struct {
	Service     string `json:"service"`
	Request     string `json:"request"`
	ContentType string `json:"request_content_type"`
	Status      int    `json:"status"`
	Response    string `json:"response"`
}

// New returns a server for a recording: JSON, a line for each question with its answer. Those that are no forms, as
// of other services, are left out. Lines is after how many of them the recording ends, if it shall not go on to what
// the cloud answered later; zero: it shall. The context is for the reading.
func New(ctx context.Context, recording io.Reader, lines int) (*Server, error) {
	r := &reader{
		server: &Server{answers: map[string]*wire.Answer{}, lists: map[string][]*wire.Node{}, known: map[string]*known{}},
		open:   map[string][]*wire.Node{},
	}
	in := bufio.NewReader(recording)
	forms, ended := 0, false
	for number := 1; !ended && (lines == 0 || number <= lines); number++ {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		line, err := in.ReadBytes('\n')
		if ended = errors.Is(err, io.EOF); err != nil && !ended {
			return nil, fmt.Errorf("replay: %w", err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		isForm, err := r.read(line)
		if err != nil {
			return nil, fmt.Errorf("replay: line %d: %w", number, err)
		}
		if isForm {
			forms++
		}
	}
	if forms == 0 {
		return nil, errors.New("replay: the recording has no questions; a line of JSON for each is right")
	}
	r.server.handler = wire.Handler(r.server.answer)
	return r.server, nil
}

// A reader reads a recording.
type reader struct {
	server *Server
	open   map[string][]*wire.Node // what was listed before a page that has not come yet, by the question for that
}

// read reads a line, and reports whether it is a form.
func (r *reader) read(line []byte) (isForm bool, err error) {
	var x exchange
	if err := json.Unmarshal(line, &x); err != nil {
		return false, fmt.Errorf("it is no JSON as a recording has it: %w", err)
	}
	if x.Service == "" || x.Status < 100 || x.Status > 999 {
		return false, fmt.Errorf("its service is %q and its status %d; the name of one and that of an HTTP response are right", x.Service, x.Status)
	}
	if !strings.HasPrefix(x.ContentType, "application/x-www-form-urlencoded") {
		return false, nil
	}
	form, err := url.ParseQuery(x.Request)
	if err != nil {
		return true, fmt.Errorf("its request is no form: %w", err)
	}
	q := wire.NewQuestion(x.Service, form)
	l := wire.ListingOf(q)
	if l == nil {
		r.server.answers[q.String()] = x.answer()
		return true, nil
	}
	answer, err := wire.Parse(x.Response)
	switch {
	case x.Status != http.StatusOK:
		r.refused(l, q, &x, answer)
	case err != nil:
		return true, fmt.Errorf("%s: its response is no XML: %w", q, err)
	case answer.At(l.List) == nil: // which is there if it is empty, too
		return true, fmt.Errorf("%s: its response has no %s", q, l.List)
	default:
		r.listed(l, q, answer)
	}
	return true, nil
}

func (x *exchange) answer() *wire.Answer {
	return &wire.Answer{Status: x.Status, Body: []byte(x.Response)}
}

// refused notes that a question was not answered: that nothing has a name is known from then on, and anything else
// stays the answer to this question until it has another. Answer is nil if it is no XML.
func (r *reader) refused(l *wire.Listing, q *wire.Question, x *exchange, answer *wire.Node) {
	names, exactly := namedIn(l, q)
	if answer != nil && exactly && len(names) == 1 && l.Denies(answer) {
		r.knownOf(l).learn(l, q, nil)
		return
	}
	r.server.answers[q.String()] = x.answer()
}

// listed notes what a question was answered with. That of several pages ends with the last one: without that nobody
// knows what there is not.
func (r *reader) listed(l *wire.Listing, q *wire.Question, answer *wire.Node) {
	delete(r.server.answers, q.String()) // it was refused before
	items, known := l.Items(answer), r.knownOf(l)
	before, follows := r.open[q.String()]
	if q.Token != "" && !follows {
		known.see(l, items) // whatever was before it
		return
	}
	delete(r.open, q.String())
	items = slices.Concat(before, items)
	whole := *q
	if whole.Token = l.Next(answer); whole.Token != "" {
		known.see(l, items)
		r.open[whole.String()] = items
		return
	}
	known.learn(l, &whole, items)
	r.server.lists[whole.String()] = items
}

// knownOf returns what is known of the things in a listing.
func (r *reader) knownOf(l *wire.Listing) *known {
	k := r.server.known[l.Action]
	if k == nil {
		k = &known{things: map[wire.Name]*wire.Node{}}
		r.server.known[l.Action] = k
	}
	return k
}
