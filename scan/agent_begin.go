package scan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/internal/text"
)

// maxReason bounds the text of an error that is said to others.
const maxReason = 2 << 10

// maxPostponed is how often a request of a newer version is left for an agent that understands it, before it is buried.
const maxPostponed = 20

// begin begins to work on what was received. It is false if there is nothing to work on.
func (s *shift) begin(d Delivery) bool {
	r, err := DecodeRequest(d.Message().Body)
	switch {
	case errors.Is(err, ErrVersion) && d.Attempt() < maxPostponed:
		s.tell("a request is left for a newer agent", err, "key", d.Message().Key)
		s.giveBack(d, s.options.Lease)
	case err != nil:
		s.bury(d, err)
	case s.open.Err() != nil:
		s.giveBack(d, 0)
	default:
		return s.work(d, &r)
	}
	return false
}

// work begins a task for the request, unless there is one.
func (s *shift) work(d Delivery, r *Request) bool {
	switch s.standing(d, r) {
	case taken:
		s.hurry()
		return true
	case late:
		s.settle("ack", d.Ack)
	case ending:
		s.giveBack(d, s.options.Beat)
	case adopted:
	}
	return false
}

// A standing is what a request is to those that are worked on.
type standing int

const (
	// taken: there is a task for it now. adopted: there was one, which has taken it on.
	taken standing = iota
	adopted
	// late: the desk has had a later epoch begin, so nobody waits for it.
	late
	// ending: there was a task, which has lost it, and has not ended yet.
	ending
)

func (s *shift) standing(d Delivery, r *Request) standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t := range s.tasks {
		switch {
		case t.request.Job != r.Job || t.request.Epoch < r.Epoch:
		case t.request.Epoch > r.Epoch:
			if t.hasBegun() {
				return late
			}
		case t.adopt(d):
			return adopted
		default:
			return ending
		}
	}
	t := newTask(s, d, r)
	s.tasks[t] = true
	s.working.Go(t.run)
	return taken
}

func (s *shift) bury(d Delivery, why error) {
	s.tell("a request is buried", why, "key", d.Message().Key)
	reason := text.Clip(fmt.Sprintf("agent %s: %v", quote(s.id), why), maxReason)
	s.settle("bury", func(ctx context.Context) error { return d.Bury(ctx, reason) })
}

func (s *shift) giveBack(d Delivery, after time.Duration) {
	s.settle("give back", func(ctx context.Context) error { return d.Retry(ctx, after) })
}

// settle says once what becomes of a delivery, also when the shift has ended. If that fails, the delivery's lease ends it.
func (s *shift) settle(what string, do func(ctx context.Context) error) {
	if err := s.call(context.WithoutCancel(s.ctx), do); err != nil && !errors.Is(err, ErrLeaseLost) {
		s.tell("a request is left to its lease", err, "could_not", what)
	}
}
