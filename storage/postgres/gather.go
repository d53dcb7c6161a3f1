package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/storage"
)

// A gatherer makes one call of many small ones: what comes while others are under way waits for them, and then
// goes together. So thirty goroutines that change a record each cost few transactions, and one that is
// alone does not wait. Two calls can be under way: while the one waits for the disk, the other is worked on.
type gatherer[Q, A any] struct {
	one  func(ctx context.Context, questions []Q) ([]A, error) // makes one call
	many func(ctx context.Context, questions []Q) ([]A, error) // makes several together

	mu       sync.Mutex
	leaders  int // how many calls are under way
	underway int // how many questions they have
	waiting  []*gathered[Q, A]
}

// What a call may have for it to be gathered, and what all that go together may have.
const (
	smallCall   = 16
	largestCall = 1000
	mostLeaders = 2
)

// A gathered call is one of those that go together.
type gathered[Q, A any] struct {
	ctx       context.Context //nolint:containedctx // it is the call's own, for as long as it lasts
	questions []Q
	answers   []A
	err       error
	alone     bool          // it has to go by itself
	lead      chan struct{} // closed: it is this one's turn to make the call
	done      chan struct{} // closed: answers and err are there
}

// call answers questions, with an answer each.
func (g *gatherer[Q, A]) call(ctx context.Context, questions []Q) ([]A, error) {
	c := &gathered[Q, A]{ctx: ctx, questions: questions, done: make(chan struct{})}
	g.mu.Lock()
	if g.leaders > 0 {
		c.lead = make(chan struct{})
		g.waiting = append(g.waiting, c)
		if g.leaders < mostLeaders && len(g.waiting) >= g.underway {
			g.next()
		}
		g.mu.Unlock()
		return g.wait(c)
	}
	g.leaders, g.underway = 1, len(questions)
	g.mu.Unlock()
	g.make([]*gathered[Q, A]{c})
	return c.answers, c.err
}

// answer returns what became of a call that is done.
func (g *gatherer[Q, A]) answer(c *gathered[Q, A]) ([]A, error) {
	if c.alone {
		return g.one(c.ctx, c.questions)
	}
	return c.answers, c.err
}

// wait waits for another to make the call, or for the turn to make it.
func (g *gatherer[Q, A]) wait(c *gathered[Q, A]) ([]A, error) {
	select {
	case <-c.done:
	case <-c.lead:
		g.make(g.take(c))
	case <-c.ctx.Done():
		if g.leave(c) {
			return nil, c.ctx.Err()
		}
		select { // it is under way, and what becomes of it has to be known
		case <-c.done:
		case <-c.lead:
			g.make(g.take(c))
		case <-time.After(patience):
			return nil, fmt.Errorf("%w: %w", storage.ErrUnknown, context.Cause(c.ctx))
		}
	}
	return g.answer(c)
}

// leave takes a call out of those that wait. It is false if it does not wait any more.
func (g *gatherer[Q, A]) leave(c *gathered[Q, A]) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == c {
			g.waiting = append(g.waiting[:i:i], g.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// take returns the calls that go together with the one that leads.
func (g *gatherer[Q, A]) take(first *gathered[Q, A]) []*gathered[Q, A] {
	g.mu.Lock()
	defer g.mu.Unlock()
	calls, n := []*gathered[Q, A]{first}, len(first.questions)
	for len(g.waiting) > 0 && n+len(g.waiting[0].questions) <= largestCall {
		n += len(g.waiting[0].questions)
		g.underway += len(g.waiting[0].questions)
		calls = append(calls, g.waiting[0])
		g.waiting = g.waiting[1:]
	}
	return calls
}

// make makes calls together and hands the lead on. Where the server refuses, one of them may be to blame, or wait
// for somebody's lock: then each goes by itself, beside the others.
func (g *gatherer[Q, A]) make(calls []*gathered[Q, A]) {
	defer g.handOn(calls)
	err := g.together(calls)
	var refused *pgconn.PgError
	alone := len(calls) > 1 && errors.As(err, &refused)
	for _, c := range calls {
		c.err, c.alone = err, alone
		close(c.done)
	}
}

func (g *gatherer[Q, A]) together(calls []*gathered[Q, A]) error {
	if len(calls) == 1 {
		c := calls[0]
		var err error
		c.answers, err = g.one(c.ctx, c.questions)
		return err
	}
	ctx, cancel := whileAny(calls)
	defer cancel()
	var questions []Q
	for _, c := range calls {
		questions = append(questions, c.questions...)
	}
	answers, err := g.many(ctx, questions)
	if err != nil {
		return err
	}
	for _, c := range calls {
		n := len(c.questions)
		c.answers, answers = answers[:n:n], answers[n:]
	}
	return nil
}

// whileAny returns a context that goes on while that of any call does.
func whileAny[Q, A any](calls []*gathered[Q, A]) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(calls[0].ctx))
	var left atomic.Int64
	left.Store(int64(len(calls)))
	stops := make([]func() bool, len(calls))
	for i, c := range calls {
		stops[i] = context.AfterFunc(c.ctx, func() {
			if left.Add(-1) == 0 {
				cancel(context.Cause(c.ctx))
			}
		})
	}
	return ctx, func() {
		for _, stop := range stops {
			stop()
		}
		cancel(nil)
	}
}

// handOn lets the next call lead, if one waits.
func (g *gatherer[Q, A]) handOn(made []*gathered[Q, A]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.leaders--
	for _, c := range made {
		g.underway -= len(c.questions)
	}
	if len(g.waiting) > 0 {
		g.next()
	}
}

// next lets the first that waits lead.
func (g *gatherer[Q, A]) next() {
	g.leaders++
	close(g.waiting[0].lead)
	g.underway += len(g.waiting[0].questions)
	g.waiting = g.waiting[1:]
}
