package provisioningtest

import (
	"context"
	"maps"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/internal/recordtest"
	"github.com/reeve-go/reeve/provisioning"
)

type (
	call   = provisioning.Call
	answer = provisioning.Answer
	does   func(ctx context.Context, c call) (answer, error)
)

// A broken provisioner is one of a world, of which each method can be replaced.
type broken struct {
	world   *World
	subject Subject

	ensure, release, poll, find, plan, renew does

	mu    sync.Mutex
	extra map[string]int // what there is besides, by key
	notes map[string]int // what a mutant notes of keys
}

func (b *broken) Ensure(ctx context.Context, c call) (answer, error)  { return b.ensure(ctx, c) }
func (b *broken) Release(ctx context.Context, c call) (answer, error) { return b.release(ctx, c) }
func (b *broken) Poll(ctx context.Context, c call) (answer, error)    { return b.poll(ctx, c) }
func (b *broken) Find(ctx context.Context, c call) (answer, error)    { return b.find(ctx, c) }
func (b *broken) Renew(ctx context.Context, c call) (answer, error)   { return b.renew(ctx, c) }

func (b *broken) Plan(ctx context.Context, c call) (string, error) {
	a, err := b.plan(ctx, c)
	return a.Progress, err
}

// newBroken returns one that breaks nothing yet.
func newBroken(w *World) *broken {
	b := &broken{
		world: w, ensure: w.Ensure, release: w.Release, poll: w.Poll, find: w.Find, renew: w.Renew,
		extra: map[string]int{}, notes: map[string]int{},
	}
	b.plan = func(ctx context.Context, c call) (a answer, err error) {
		a.Progress, err = w.Plan(ctx, c)
		return a, err
	}
	b.subject = Subject{
		Provisioner: b, Open: func() provisioning.Provisioner { return b }, Occupy: w.Occupy, Fenced: true,
		Count: func(ctx context.Context, key string) (int, error) {
			n, err := w.Count(ctx, key)
			b.mu.Lock()
			defer b.mu.Unlock()
			return n + b.extra[key], err
		},
	}
	return b
}

// another has one more be there of a key.
func (b *broken) another(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.extra[key]++
}

// note notes something of a key, and returns how often.
func (b *broken) note(key string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.notes[key]++
	return b.notes[key]
}

// before has something be done before a method, whose context it may replace by its error.
func before(m *does, do func(ctx context.Context, c *call) error) {
	whole := *m
	*m = func(ctx context.Context, c call) (answer, error) {
		if err := do(ctx, &c); err != nil {
			return answer{}, err
		}
		return whole(ctx, c)
	}
}

// after has something be done to what a method answers.
func after(m *does, do func(c call, a *answer, err error) error) {
	whole := *m
	*m = func(ctx context.Context, c call) (answer, error) {
		a, err := whole(ctx, c)
		a.Attributes, a.Secrets = maps.Clone(a.Attributes), maps.Clone(a.Secrets)
		err = do(c, &a, err)
		return a, err
	}
}

// A mutant is a provisioner that breaks a law.
type mutant struct {
	name, law string
	world     WorldOptions
	breaks    func(b *broken)
}

// Worlds of mutants.
var (
	plain   = WorldOptions{Without: AllWays}
	working = WorldOptions{Without: AllWays &^ Works}
	slow    = WorldOptions{Without: AllWays, Slow: time.Minute}
)

func (m *mutant) harness() Harness {
	return Harness{Virtual: true, Patience: 2 * time.Hour, New: func(t testing.TB) Subject {
		t.Helper()
		last := func(n int) int { return n - 1 } // where something may be worked on it is
		b := newBroken(NewWorld(last, &m.world))
		m.breaks(b)
		return b.subject
	}}
}

// fails reports whether a law fails on a mutant, and says what.
func (m *mutant) fails(t *testing.T, try func(*scene)) (failed bool, said []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &recordtest.Recorder{TB: t}
		h := m.harness()
		r.Run(func() { try(h.open(r, r)) })
		outlast()
		failed, said = r.Failed(), r.Lines()
	})
	return failed, said
}

// outlast lets so much time pass that no call goes on, as a bubble demands.
func outlast() { <-time.After(10_000 * time.Hour) }
