package remote

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// receive hands requests to an agent, and writes down that it has them.
func (s *Server) receive(c *call) (any, error) {
	began := time.Now()
	in, err := read[poll](c)
	switch {
	case err != nil:
		return nil, err
	case !isWord(in.Operation, mostWord) || in.Most < 1 || in.Lease < time.Millisecond || in.Lease > mostSpan:
		return nil, refuse(http.StatusBadRequest, CodeInvalid, "an operation, a number of 1 or more and a lease of up to %v are needed", mostSpan)
	}
	c.leave() // what waits takes no place
	ctx, cancel := context.WithTimeout(c.ctx, s.o.Poll)
	defer cancel()
	over, err := s.polls.begin(ctx, c.caller, in.Operation, cancel)
	if err != nil {
		return nil, err
	}
	defer over()
	all := s.held.of(c.caller)
	mine := slices.DeleteFunc(slices.Clone(all), func(h *held) bool { return h.operation != in.Operation })
	if len(mine) == 0 {
		room := s.o.Width - len(all)
		if room < 1 {
			return nil, busy(0, "the agent has %d requests; it may have no more", len(all))
		}
		if mine, err = s.take(ctx, c, &in, min(in.Most, mostReceived, room)); err != nil {
			return nil, err
		}
	}
	out := polled{}
	for _, h := range mine {
		if d, _ := h.now(); d != nil {
			m := d.Message()
			out.Deliveries = append(out.Deliveries, delivered{ID: h.id, Key: m.Key, Body: m.Body, Attempt: d.Attempt(), Left: time.Until(d.Expires())})
		}
	}
	out.Waited = time.Since(began)
	return out, nil
}

// take takes requests from the queue for an agent. What does not get to it is given back.
func (s *Server) take(ctx context.Context, c *call, in *poll, most int) ([]*held, error) {
	deliveries, err := s.Requests.Receive(ctx, most, in.Lease)
	if len(deliveries) == 0 {
		if ctx.Err() != nil {
			err = nil // the time of the poll is up
		}
		return nil, err
	}
	done, cancel := lastly(ctx)
	defer cancel()
	var all []*held
	if !errors.Is(context.Cause(ctx), context.Canceled) { // else nobody hears the answer
		for _, d := range deliveries {
			all = append(all, newHeld(d, c.caller, in.Operation))
		}
		all = s.held.take(c.caller, all, s.o.Width)
		if err = s.note(done, c, all); err != nil {
			s.held.drop(all)
			all = nil
		}
	}
	for _, d := range deliveries[len(all):] {
		_ = d.Retry(done, 0) // or its lease ends
	}
	return all, err
}

// note writes down what an agent is given. For what it was given before it has no more room than it had: it could give it back for that.
func (s *Server) note(ctx context.Context, c *call, all []*held) error {
	over, err := c.alone(ctx)
	if err != nil {
		return err
	}
	defer over()
	who := c.caller
	var names []string
	for _, h := range all {
		names = append(names, holdName(h.job, h.epoch))
	}
	return s.books.change(ctx, who.name, func(p *page) error {
		if err := p.admits(who); err != nil { // it may have been revoked meanwhile
			return err
		}
		if len(all) == 0 {
			return nil
		}
		before, err := s.books.noted(ctx, who.name, names...)
		if err != nil {
			return err
		}
		for i, h := range all {
			if h.epoch < 1 {
				continue // nothing can be said of it but to bury it
			}
			if _, again := before[names[i]]; !again && !p.notes(names[i]) {
				p.Room = min(p.Room+s.o.Results, int64(s.o.Width)*s.o.Results)
			}
			if err := p.note(names[i], elementHeld, hold{h.job, h.epoch, slices.Collect(maps.Keys(h.known))}); err != nil {
				return err
			}
		}
		return nil
	})
}

// newHeld reads of a request what says who may do what about it. The rest is between manager and agent, who may both be newer than this program.
func newHeld(d scan.Delivery, who caller, operation string) *held {
	h := &held{delivery: d, id: rand.Text(), who: who, operation: operation, known: map[scan.Digest]bool{}, settling: newTurn()}
	var about struct {
		Job   string `json:"job"`
		Epoch int    `json:"epoch"`
		Known []struct {
			Blob scan.Digest `json:"blob"`
		} `json:"known"`
	}
	if json.Unmarshal(d.Message().Body, &about) == nil && isWord(about.Job, mostWord) {
		h.job, h.epoch = about.Job, about.Epoch
		for _, k := range about.Known {
			if k.Blob.Check() == nil && len(h.known) < mostKnown {
				h.known[k.Blob] = true
			}
		}
	}
	return h
}

// mostKnown is how many results a request names at most.
const mostKnown = 1000
