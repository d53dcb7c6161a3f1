package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// However many supervisors there are, they keep to a cap together, and make use of nearly all of it.
func TestSupervisorsShareACap(t *testing.T) {
	t.Parallel()
	for _, takes := range []time.Duration{10 * time.Millisecond, 100 * time.Millisecond, 3 * time.Second} {
		for _, caps := range []supervision.Caps{{Store: 4}, {GroupStore: 4}, {Store: 5, GroupStore: 4}, {Store: 4, GroupStore: 4}} {
			for _, hints := range []bool{false, true} {
				t.Run(fmt.Sprintf("%+v %v hints=%v", caps, takes, hints), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						memory, m, begun := memory.New(nil), newMeter(nil), time.Now()
						var store storage.Store = memory
						if !hints {
							store = &counted{Store: memory}
						}
						dug(t, store, "north", dig, 200, takes, supervision.Within(0))
						var diggers []*supervision.Supervisor
						for range 3 {
							diggers = append(diggers, newDigger(t, store, caps, m, supervision.Options{}))
						}
						stop := working(t, diggers...)
						time.Sleep(10 * time.Minute)
						stop()
						m.check(t, "north", 4, 200)
						m.after(t, "north", begun, 50*takes*3/2+6*time.Second)
						if caps.GroupStore == 0 {
							m.after(t, "north", begun, 50*takes+time.Second)
						}
					})
				})
			}
		}
	}
}

// A mortal store is how a process that dies sees its store: from then on nothing reaches it.
type mortal struct {
	storage.Store
	dead atomic.Bool
}

var errDead = errors.New("the process is dead")

func (s *mortal) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	if s.dead.Load() {
		return nil, errDead
	}
	return s.Store.Load(ctx, keys)
}

func (s *mortal) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	if s.dead.Load() {
		return nil, errDead
	}
	return s.Store.Claim(ctx, c)
}

func (s *mortal) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	if s.dead.Load() {
		return nil, errDead
	}
	return s.Store.Take(ctx, c)
}

func (s *mortal) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	if s.dead.Load() {
		return nil, errDead
	}
	return s.Store.Apply(ctx, changes)
}

func (s *mortal) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	if s.dead.Load() {
		return nil, errDead
	}
	return s.Store.Settle(ctx, settlements)
}

func (s *mortal) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	if s.dead.Load() {
		return nil, errDead
	}
	return s.Store.Extend(ctx, leases)
}

func (s *mortal) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	if s.dead.Load() {
		return errDead
	}
	return s.Store.Release(ctx, leases, after)
}

// What a supervisor held that is cut off from its store is free for others when its leases end, and
// not before it has stopped.
func TestPermitsOfADeadSupervisor(t *testing.T) {
	t.Parallel()
	for _, caps := range []supervision.Caps{{Store: 3}, {GroupStore: 3}} {
		t.Run(fmt.Sprintf("%+v", caps), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, m := memory.New(nil), newMeter(nil)
				dug(t, store, "north", dig, 60, 40*time.Second, supervision.Within(0))
				died := &mortal{Store: store}
				stopFirst := working(t, newDigger(t, died, caps, m, supervision.Options{}))
				time.Sleep(45 * time.Second) // the second three have begun
				stop := working(t, newDigger(t, store, caps, m, supervision.Options{}))
				time.Sleep(6 * time.Second)
				m.check(t, "north", 3, 3)
				died.dead.Store(true)
				time.Sleep(time.Minute)
				if now, cause := m.look(); now != 3 || !errors.Is(cause, storage.ErrLeaseLost) {
					t.Errorf("a minute later there are %d, want 3; the first of them ended with %v", now, cause)
				}
				time.Sleep(15 * time.Minute)
				m.check(t, "north", 3, 60)
				stopFirst()
				stop()
			})
		})
	}
}

// A thief has permits lost: the store says so when they are to be extended.
type thief struct {
	storage.Store
	steals atomic.Bool
}

func (s *thief) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	answers, err := s.Store.Extend(ctx, leases)
	for i := range answers {
		if strings.Contains(leases[i].Key.Kind, "permit") && s.steals.Load() {
			answers[i] = storage.ErrLeaseLost
		}
	}
	return answers, err
}

// Who loses a permit stops, and is tried again; that was no attempt.
func TestLostPermit(t *testing.T) {
	t.Parallel()
	for _, caps := range []supervision.Caps{{Store: 1}, {GroupStore: 1}} {
		t.Run(fmt.Sprintf("%+v", caps), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, m := &thief{Store: memory.New(nil)}, newMeter(nil)
				store.steals.Store(true)
				dug(t, store, "north", dig, 1, time.Minute)
				stop := working(t, newDigger(t, store, caps, m, supervision.Options{}))
				time.Sleep(11 * time.Second)
				if _, cause := m.look(); !errors.Is(cause, storage.ErrLeaseLost) {
					t.Errorf("its context ended with %v", cause)
				}
				store.steals.Store(false)
				time.Sleep(2 * time.Minute)
				stop()
				m.check(t, "north", 1, 1)
				if m.attempts != 1 {
					t.Errorf("there were %d attempts", m.attempts)
				}
			})
		})
	}
}

// A cap can be changed; what was made for a larger one goes.
func TestCapsOfAStoreChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(nil)
		for i, most := range []int{5, 2, 7, 1} {
			m, street := newMeter(nil), fmt.Sprint("street ", i)
			dug(t, store, street, dig, 40, time.Second)
			caps := supervision.Caps{Store: most, GroupStore: 9}
			stop := working(t, newDigger(t, store, caps, m, supervision.Options{}))
			time.Sleep(2 * time.Minute)
			stop()
			m.check(t, street, most, 40)
			if made := permitsOf(t, store, "supervision.permit.effect.dig"); made > most {
				t.Errorf("there are %d permits, want %d", made, most)
			}
		}
	})
}

func permitsOf(t *testing.T, store storage.Store, kind string) (n int) {
	t.Helper()
	for _, err := range store.List(t.Context(), storage.Query{Kind: kind}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// Long names are no trouble, nor is an effect that has the name of a kind.
func TestNamesOfPermits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m, turns, begun := memory.New(nil), newMeter(nil), newMeter(nil), time.Now()
		long := supervision.NewEffect[time.Duration, string](strings.Repeat("d", storage.MaxName))
		namesake := supervision.NewEffect[time.Duration, string]("crew")
		street := strings.Repeat("s", storage.MaxName)
		caps := supervision.Caps{Store: 2, GroupStore: 1}
		for _, h := range []*hole{long, namesake} {
			dug(t, store, h.Name(), h, 10, time.Second, supervision.InGroup(street))
			dug(t, store, h.Name()+" too", h, 10, time.Second, supervision.InGroup(""))
		}
		s := newTurner(t, store, caps, turns)
		supervision.Perform(s, long, m.dig, &supervision.PerformOptions{Caps: caps})
		supervision.Perform(s, namesake, m.dig, &supervision.PerformOptions{Caps: caps})
		stop := working(t, s)
		time.Sleep(2500 * time.Millisecond) // the namesakes have all their permits
		if err := rain.Deliver(t.Context(), newCrews(t, store), "crew", "heavy"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		stop()
		turns.check(t, all, 1, 1)
		turns.after(t, all, begun, 2700*time.Millisecond)
		for _, h := range []*hole{long, namesake} {
			m.check(t, h.Name(), 1, 10)
			m.check(t, h.Name()+" too", 1, 10)
		}
		m.check(t, all, 4, 40)
	})
}

// What lacks the permit of its group keeps none of those that others need.
func TestPermitsAreNotHoarded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m := memory.New(nil), newMeter(nil)
		caps := supervision.Caps{Store: 2, GroupStore: 1}
		dug(t, store, "north", dig, 50, time.Hour, supervision.Within(0))
		stop := working(t, newDigger(t, store, caps, m, supervision.Options{}), newDigger(t, &counted{Store: store}, caps, m, supervision.Options{}))
		for i := range 20 {
			begun, street := time.Now(), fmt.Sprint("street ", i)
			dug(t, store, street, dig, 1, time.Second)
			time.Sleep(time.Minute)
			m.check(t, street, 1, 1)
			m.after(t, street, begun, 5*time.Second)
		}
		m.check(t, "north", 1, 0)
		stop()
	})
}

// Who has nothing to do asks for no permits, and a batch needs a few requests for all of its own.
func TestPermitsCostLittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		inner, m := memory.New(nil), newMeter(nil)
		store := &counted{Store: inner}
		caps := supervision.Caps{Store: 100, GroupStore: 100}
		o := supervision.Options{Effects: 100, Retention: &storage.Retention{}} // without prunings
		stop := working(t, newDigger(t, store, caps, m, o))
		time.Sleep(time.Hour + 500*time.Millisecond) // what comes now comes between two polls
		if n := store.permits.Load() + store.releases.Load() + store.applies.Load(); n > 0 {
			t.Errorf("while nothing was due, the store was asked %d times for permits", n)
		}
		for range 2 {
			for i := range 10 {
				dug(t, inner, fmt.Sprint("street ", i, time.Now()), dig, 10, time.Second)
			}
			time.Sleep(10 * time.Second)
		}
		stop()
		m.check(t, all, 100, 200)
		if claims, applies := store.permits.Load(), store.applies.Load(); claims > 4 || applies > 2 {
			t.Errorf("two batches of a hundred claimed permits %d times and made some %d times", claims, applies)
		}
	})
}
