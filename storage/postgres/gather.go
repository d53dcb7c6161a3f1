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

// A gatherer makes one call of many small ones: what comes while one is under way waits for it, and then
// goes together. So thirty goroutines that change a record each cost one transaction at a time, and one
// that is alone does not wait.
type gatherer[Q, A any] struct {
	do func(ctx context.Context, questions []Q) ([]A, error)

	mu      sync.Mutex
	busy    bool
	waiting []*gathered[Q, A]
}

// What a call may have for it to be gathered, and what all that go together may have.
const (
	smallCall   = 16
	largestCall = 1000
)

// A gathered call is one of those that go together.
type gathered[Q, A any] struct {
	ctx       context.Context //nolint:containedctx // it is the call's own, for as long as it lasts
	questions []Q
	answers   []A
	err       error
	lead      chan struct{} // closed: it is this one's turn to make the call
	done      chan struct{} // closed: answers and err are there
}

// call answers questions, with an answer each.
func (g *gatherer[Q, A]) call(ctx context.Context, questions []Q) ([]A, error) {
	c := &gathered[Q, A]{ctx: ctx, questions: questions, done: make(chan struct{})}
	g.mu.Lock()
	if g.busy {
		c.lead = make(chan struct{})
		g.waiting = append(g.waiting, c)
		g.mu.Unlock()
		return g.wait(c)
	}
	g.busy = true
	g.mu.Unlock()
	g.make([]*gathered[Q, A]{c})
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
	return c.answers, c.err
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
		calls = append(calls, g.waiting[0])
		g.waiting = g.waiting[1:]
	}
	return calls
}

// make makes calls together and hands the lead on.
func (g *gatherer[Q, A]) make(calls []*gathered[Q, A]) {
	defer g.handOn()
	err := g.together(calls)
	var refused *pgconn.PgError
	alone := len(calls) > 1 && errors.As(err, &refused) // one of them may be to blame: the others must not suffer
	for _, c := range calls {
		if alone {
			c.answers, c.err = g.do(c.ctx, c.questions)
		} else {
			c.err = err
		}
		close(c.done)
	}
}

func (g *gatherer[Q, A]) together(calls []*gathered[Q, A]) error {
	if len(calls) == 1 {
		c := calls[0]
		var err error
		c.answers, err = g.do(c.ctx, c.questions)
		return err
	}
	ctx, cancel := whileAny(calls)
	defer cancel()
	var questions []Q
	for _, c := range calls {
		questions = append(questions, c.questions...)
	}
	answers, err := g.do(ctx, questions)
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
func (g *gatherer[Q, A]) handOn() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.busy = false
		return
	}
	close(g.waiting[0].lead)
	g.waiting = g.waiting[1:]
}
