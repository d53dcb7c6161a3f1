package supervision_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A crew is a record that has holes dug: one effect a hole.
type (
	crew struct {
		Street string
		Turns  int
	}
	crewState string
	crewEvent string
	crewTurn  = supervision.Turn[crew, crewState, crewEvent]
	crewKind  = supervision.Kind[crew, crewState, crewEvent]
	hole      = supervision.Effect[time.Duration, string] // it takes that long
)

const (
	atHome  crewState = "at home"
	callOut crewEvent = "call out"
)

var (
	crewMachine = fsm.MustCompile(fsm.Definition[crewState, crewEvent]{
		Name:    "crew",
		Initial: atHome,
		States:  fsm.States[crewState, crewEvent]{atHome: {Mode: fsm.Resting}},
		Table:   fsm.Table[crewState, crewEvent]{atHome: {callOut: fsm.Same}},
	})
	dig  = supervision.NewEffect[time.Duration, string]("dig")
	fill = supervision.NewEffect[time.Duration, string]("fill")
)

// A tester is a test of any sort.
type tester interface {
	Helper()
	Fatal(args ...any)
	Context() context.Context
}

func newCrews(t tester, store storage.Store) *crewKind {
	t.Helper()
	k, err := supervision.NewKind("crew", crewMachine, store, &supervision.KindOptions[crew, crewState, crewEvent]{
		Group: func(c *crew) string { return c.Street },
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// dug has n holes of a sort dug for a new crew of that id, in a street of that name unless told
// otherwise.
func dug(t tester, store storage.Store, id string, h *hole, n int, takes time.Duration, options ...supervision.EmitOption) {
	t.Helper()
	crews := newCrews(t, store)
	if err := crews.Create(t.Context(), id, crew{}); err != nil {
		t.Fatal(err)
	}
	options = append([]supervision.EmitOption{supervision.Quiet(), supervision.InGroup(id)}, options...)
	if err := crews.Fire(t.Context(), id, callOut, func(turn *crewTurn) error {
		for range n {
			h.Emit(turn, takes, options...)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// A meter says what went on at once, at most, in each street and in all, and what was done.
type meter struct {
	mu        sync.Mutex
	now, most map[string]int
	done      map[string]int
	last      map[string]time.Time
	ids       map[string]int // how often each was done
	attempts  int            // the most of one
	cause     error          // why one ended early
	outer     *meter         // which all of it counts for, too
}

const all = "all"

func newMeter(outer *meter) *meter {
	return &meter{
		now: map[string]int{}, most: map[string]int{}, done: map[string]int{}, last: map[string]time.Time{},
		ids: map[string]int{}, outer: outer,
	}
}

func (m *meter) begin(street string) {
	if m.outer != nil {
		m.outer.begin(street)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, g := range []string{all, street} {
		m.now[g]++
		m.most[g] = max(m.most[g], m.now[g])
	}
}

func (m *meter) end(street, id string, cause error) {
	if m.outer != nil {
		m.outer.end(street, id, cause)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, g := range []string{all, street} {
		m.now[g]--
		if cause == nil {
			m.done[g]++
			m.last[g] = time.Now()
		}
	}
	if cause == nil {
		m.ids[id]++
	} else {
		m.cause = cause
	}
}

// dig is a performer that works for as long as it is told, unless its context ends.
func (m *meter) dig(ctx context.Context, c supervision.Call, takes time.Duration) (string, error) {
	m.mu.Lock()
	m.attempts = max(m.attempts, c.Attempt)
	m.mu.Unlock()
	m.begin(c.From.ID)
	var cause error
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		cause = context.Cause(ctx)
	}
	m.end(c.From.ID, c.ID, cause)
	return "", cause
}

// look returns how many there are now, and why one ended early.
func (m *meter) look() (now int, cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now[all], m.cause
}

// check wants that many at once, at most, and that many in the end.
func (m *meter) check(t *testing.T, street string, most, done int) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.most[street] != most || m.done[street] != done {
		t.Errorf("of %s there were %d at once and %d in the end, want %d and %d", street, m.most[street], m.done[street], most, done)
	}
}

// after wants that the last one was done in that time.
func (m *meter) after(t *testing.T, street string, begun time.Time, within time.Duration) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if took := m.last[street].Sub(begun); took > within {
		t.Errorf("the last of %s was done after %v, want %v at most", street, took, within)
	}
}

// A counted store counts what it is asked. It gives no hints, unless it is told to.
type counted struct {
	storage.Store
	claims, takes, permits, releases, extends, applies atomic.Int64
}

func (s *counted) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	if strings.Contains(c.Names[0], "permit") {
		s.permits.Add(1)
	} else {
		s.claims.Add(1)
	}
	return s.Store.Claim(ctx, c)
}

func (s *counted) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	s.takes.Add(1)
	return s.Store.Take(ctx, c)
}

func (s *counted) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	s.releases.Add(1)
	return s.Store.Release(ctx, leases, after)
}

func (s *counted) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	s.extends.Add(1)
	return s.Store.Extend(ctx, leases)
}

func (s *counted) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	if changes[0].Key.Kind != "supervision.retention" { // that has its own test
		s.applies.Add(1)
	}
	return s.Store.Apply(ctx, changes)
}

// A loud store is a counted one that gives hints.
type loud struct {
	*counted
	storage.Notifier
}

// newDigger returns a supervisor whose caps are for digging; there are none for filling.
func newDigger(t tester, store storage.Store, caps supervision.Caps, m *meter, o supervision.Options) *supervision.Supervisor {
	t.Helper()
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := supervision.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, newCrews(t, store), func(*crewTurn) error { return nil })
	supervision.Perform(s, dig, m.dig, &supervision.PerformOptions{Caps: caps})
	supervision.Perform(s, fill, m.dig, nil)
	return s
}

// working runs supervisors until the returned function is called.
func working(t tester, supervisors ...*supervision.Supervisor) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	for _, s := range supervisors {
		running.Go(func() { _ = s.Run(ctx) }) // effects that do not end in time are part of some tests
	}
	return func() {
		cancel()
		running.Wait()
	}
}
