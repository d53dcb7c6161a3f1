package replay

import (
	"bufio"
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
// of other services, are left out.
func New(recording io.Reader) (*Server, error) {
	s := &Server{answers: map[string]*wire.Answer{}, kept: map[string]*kept{}}
	s.handler = wire.Handler(s.answer)
	in := bufio.NewReader(recording)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			if err := s.add(line); err != nil {
				return nil, fmt.Errorf("replay: line %d: %w", number, err)
			}
		}
		switch {
		case errors.Is(err, io.EOF) && len(s.answers) == 0:
			return nil, errors.New("replay: the recording has no questions; a line of JSON for each is right")
		case errors.Is(err, io.EOF):
			return s, nil
		case err != nil:
			return nil, fmt.Errorf("replay: %w", err)
		}
	}
}

func (s *Server) add(line []byte) error {
	var x exchange
	if err := json.Unmarshal(line, &x); err != nil {
		return err
	}
	if !strings.HasPrefix(x.ContentType, "application/x-www-form-urlencoded") {
		return nil
	}
	form, err := url.ParseQuery(x.Request)
	if err != nil {
		return fmt.Errorf("its request is no form: %w", err)
	}
	q := wire.NewQuestion(x.Service, form)
	s.answers[q.String()] = &wire.Answer{Status: x.Status, Body: []byte(x.Response)}
	l := wire.ListingOf(q)
	if l == nil || x.Status != http.StatusOK {
		return nil
	}
	answer, err := wire.Parse(x.Response)
	if err != nil {
		return fmt.Errorf("its response is no XML: %w", err)
	}
	s.keep(l, q, answer)
	return nil
}

// keep remembers what an answer lists, and forgets what it lacks although it was asked for.
func (s *Server) keep(l *wire.Listing, q *wire.Question, answer *wire.Node) {
	k := s.kept[l.Action]
	if k == nil {
		k = &kept{asked: map[string]bool{}}
		s.kept[l.Action] = k
	}
	names, besides := l.Named(q)
	for _, name := range names {
		k.asked[name] = true
	}
	all := len(names) == 0 && len(besides) == 0
	k.whole = k.whole || all
	k.items = slices.DeleteFunc(k.items, func(n *wire.Node) bool {
		isAsked := func(name string) bool { return slices.Contains(names, name) }
		return all && q.Token == "" || slices.ContainsFunc(l.Names(n), isAsked)
	})
	items := l.Items(answer)
	k.items = append(items, k.items...) // the newest first
	for _, item := range items {
		for _, name := range l.Names(item) {
			k.asked[name] = true
		}
	}
}
