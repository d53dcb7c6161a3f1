package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// Several supervisors on one store share the work: each message is heard once, and each effect
// succeeds once.
func TestSeveralSupervisorsShareTheWork(t *testing.T) {
	t.Parallel()
	const crew, records, said = 4, 15, 12
	var mu sync.Mutex
	succeeded := map[string]int{}
	by := map[string]int{}
	p := plan{
		decide: func(t *kilnTurn) error {
			if err := burning(t); err != nil {
				return err
			}
			for _, m := range t.Messages {
				if body, ok := word.Body(m); ok {
					t.Data.Log = append(t.Data.Log, body)
					fuel.Emit(t, 1, supervision.IdempotencyKey(body))
				}
			}
			return nil
		},
		options: supervision.Options{Batch: 3, Effects: 3, Poll: 100 * time.Millisecond},
	}
	inYard(t, p, func(y *yard) {
		for n := range crew {
			p.prepare = func(y *yard) {
				supervision.Perform(y.sup, fuel, func(_ context.Context, c supervision.Call, _ int) (string, error) {
					time.Sleep(time.Duration(rand.N(300)) * time.Millisecond)
					if c.Attempt == 1 && len(c.Key)%3 == 0 {
						return "", errDamp
					}
					mu.Lock()
					defer mu.Unlock()
					by[fmt.Sprint(n)]++
					succeeded[c.From.ID+c.Key]++
					return "burnt " + c.Key, nil
				}, nil)
			}
			y.start(y.supervisor(p))
		}
		for r := range records {
			y.create(fmt.Sprint(r))
		}
		for m := range said {
			for r := range records {
				y.say(fmt.Sprint(r), fmt.Sprint("word ", m))
			}
			y.pass(time.Duration(rand.N(200)) * time.Millisecond)
		}
		y.pass(time.Minute)
		var want []string
		for m := range said {
			want = append(want, fmt.Sprint("burnt word ", m), fmt.Sprint("word ", m))
		}
		slices.Sort(want)
		for r := range records {
			log := y.get(fmt.Sprint(r)).Data.Log
			slices.Sort(log)
			if diff := cmp.Diff(want, log); diff != "" {
				y.Errorf("what %d heard (-want +got):\n%s", r, diff)
			}
		}
		for key, n := range succeeded {
			if n != 1 {
				y.Errorf("%s succeeded %d times", key, n)
			}
		}
		if len(succeeded) != records*said || len(by) != crew {
			y.Errorf("%d effects succeeded, by %v", len(succeeded), by)
		}
	})
}

// What has waited longest comes first, over all kinds.
func TestTheOldestComeFirst(t *testing.T) {
	t.Parallel()
	var store *spy
	inYard(t, spied(plan{options: supervision.Options{Batch: 1}}, &store), func(y *yard) {
		var order []string
		store.claimed = func(seen []storage.Snapshot) {
			for i := range seen {
				order = append(order, seen[i].Key.ID)
			}
		}
		for _, id := range []string{"c", "a", "d", "b"} {
			y.create(id, supervision.At(heating))
			y.pass(instant)
		}
		y.run()
		y.pass(time.Second)
		if diff := cmp.Diff([]string{"c", "a", "d", "b"}, order); diff != "" {
			y.Error(diff)
		}
	})
}

// A supervisor that dies gives nothing back. Another takes over when its leases end, and what it
// writes after that is refused.
func TestTakeoverAfterACrash(t *testing.T) {
	t.Parallel()
	var store *spy
	p := spied(plan{decide: func(t *kilnTurn) error {
		t.Data.N++
		return burning(t)
	}}, &store)
	calls := map[string]int{}
	var dead chan struct{}
	p.prepare = func(y *yard) {
		dead = make(chan struct{})
		supervision.Perform(y.sup, fuel, func(ctx context.Context, c supervision.Call, _ int) (string, error) {
			calls["first "+c.Key]++
			<-dead
			return "ash of the first", nil
		}, nil)
	}
	inYard(t, p, func(y *yard) {
		y.run()
		y.create("a", supervision.At(heating))
		y.emit("a", 1, supervision.IdempotencyKey("k"))
		y.pass(supervision.DefaultPoll)
		store.interfere(func(string) error { return errAway }) // for the store, the first is dead now
		y.create("b", supervision.At(heating))
		p.wrap = nil
		p.prepare = func(y *yard) {
			supervision.Perform(y.sup, fuel, func(_ context.Context, c supervision.Call, _ int) (string, error) {
				calls["second "+c.Key]++
				return "ash of the second", nil
			}, nil)
		}
		y.store = y.memory
		y.start(y.supervisor(p))
		y.pass(2 * supervision.DefaultLease)
		y.heard("a", "ash of the second")
		if r := y.get("b"); r.Data.N != 1 {
			y.Errorf("b is %+v", r)
		}
		store.interfere(nil)
		close(dead)
		y.pass(time.Minute)
		y.heard("a", "ash of the second")
		if diff := cmp.Diff(map[string]int{"first k": 1, "second k": 1}, calls); diff != "" {
			y.Error(diff)
		}
	})
}

// One supervisor has several kinds on several stores.
func TestSeveralKindsAndStores(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: func(t *kilnTurn) error {
		t.Data.N++
		if t.State == heating {
			fuel.Emit(t, 1)
			return t.Fire(hot)
		}
		return burning(t)
	}}, func(y *yard) {
		other := memory.New(nil)
		elsewhere := y.kind(other, nil)
		lamps := newLamps(t, y.memory)
		var performed atomic.Int32
		supervision.Supervise(y.sup, elsewhere, func(t *kilnTurn) error {
			if t.State == heating {
				fuel.Emit(t, 1)
				return t.Fire(hot)
			}
			return burning(t)
		})
		supervision.Supervise(y.sup, lamps, decideLamp)
		supervision.Perform(y.sup, fuel, func(context.Context, supervision.Call, int) (string, error) { performed.Add(1); return "ash", nil }, nil)
		supervision.Perform(y.sup, current, func(context.Context, supervision.Call, string) (int, error) { return 12, nil }, nil)
		y.run()
		y.ok(errors.Join(
			y.kilns.Create(y.Context(), "a", kiln{}, supervision.At(heating)),
			elsewhere.Create(y.Context(), "a", kiln{}, supervision.At(heating)),
			lamps.Create(y.Context(), "a", lamp{}),
			lamps.Fire(y.Context(), "a", press, nil)))
		y.pass(10 * time.Second)
		there, err := elsewhere.Get(y.Context(), "a")
		y.ok(err)
		l, err := lamps.Get(y.Context(), "a")
		y.ok(err)
		if here := y.get("a"); here.State != firing || here.Data.N == 0 || there.State != firing || there.Data.N != 0 || l.State != on || performed.Load() != 2 {
			y.Errorf("they are %+v, %+v and %+v after %d performances", here, there, l, performed.Load())
		}
	})
}

// Records and effects of other programs on the same store are left alone.
func TestOtherProgramsAreLeftAlone(t *testing.T) {
	t.Parallel()
	inYard(t, plan{}, func(y *yard) {
		lamps := newLamps(t, y.memory)
		y.ok(lamps.Create(y.Context(), "a", lamp{}))
		y.ok(lamps.Fire(y.Context(), "a", press, func(t *lampTurn) error { current.Emit(t, "x"); return nil }))
		y.run()
		y.pass(time.Hour)
		r, err := lamps.Get(y.Context(), "a")
		y.ok(err)
		if r.Version != 2 || r.State != switching {
			y.Errorf("it is %+v", r)
		}
		for e, err := range y.memory.Effects(y.Context(), storage.EffectQuery{}) {
			if err != nil || e.Status != storage.EffectPending || e.Attempt != 0 {
				y.Errorf("the effect is %+v, %v", e, err)
			}
		}
	})
}

// Hints make a supervisor look at once, however long it would wait by itself.
func TestHintsWakeAtOnce(t *testing.T) {
	t.Parallel()
	p := plan{decide: burning, options: supervision.Options{Poll: time.Hour}}
	inYard(t, p, func(y *yard) {
		p.prepare = func(y *yard) {
			supervision.Perform(y.sup, fuel, func(context.Context, supervision.Call, int) (string, error) { return "ash", nil }, nil)
		}
		y.start(y.supervisor(p))
		y.create("a")
		y.pass(instant)
		y.emit("a", 1)
		y.pass(instant)
		y.heard("a", "ash")
	})
}

// The host's lock is another condition for a turn: where it is refused the record waits, where it is
// lost the turn is discarded.
func TestTheHostsLock(t *testing.T) {
	t.Parallel()
	for _, said := range []bool{false, true} {
		t.Run(fmt.Sprint("refused, spoken to: ", said), func(t *testing.T) {
			t.Parallel()
			var store *spy
			locker := memory.NewLocker()
			inYard(t, plan{options: supervision.Options{Locker: locker}, wrap: func(s *memory.Store) storage.Store {
				store = spyOn(s)
				return loudSpy{store, s}
			}}, func(y *yard) {
				held, err := locker.TryLock(y.Context(), y.kilns.Key("a"), 0, time.Hour)
				y.ok(err)
				y.create("a", supervision.At(heating))
				y.create("b", supervision.At(heating))
				if said {
					y.say("a", "hello")
				}
				y.run()
				y.pass(time.Minute)
				if a, b := y.get("a"), y.get("b"); a.Version != 1 || b.Version != 2 {
					y.Errorf("they are %+v and %+v", a, b)
				}
				if n := store.count("Claim"); n > 3*60 {
					y.Errorf("%d claims in a minute", n)
				}
				y.ok(held.Unlock(y.Context()))
				y.pass(2 * supervision.DefaultPoll)
				if a := y.get("a"); a.Version != 2 || a.Failures != 0 {
					y.Errorf("it is %+v", a)
				}
				if y.log.lines("") != 0 {
					y.Errorf("the log says\n%s", y.log)
				}
			})
		})
	}
	t.Run("lost", func(t *testing.T) {
		t.Parallel()
		locker := memory.NewLocker()
		turns := 0
		inYard(t, plan{options: supervision.Options{Locker: locker}, decide: func(t *kilnTurn) error {
			if turns++; turns == 1 {
				time.Sleep(supervision.DefaultLease + time.Second)
			}
			t.Data.N++
			return nil
		}}, func(y *yard) {
			y.create("a", supervision.At(heating))
			y.run()
			y.pass(time.Minute)
			if r := y.get("a"); r.Data.N != 1 || r.Version != 2 || turns != 2 || r.Failures != 0 {
				y.Errorf("%d turns, and it is %+v", turns, r)
			}
			if !strings.Contains(y.log.String(), "the host's lock was lost during the turn") {
				y.Errorf("the log says\n%s", y.log)
			}
		})
	})
	t.Run("kept while the supervisor stops", func(t *testing.T) {
		t.Parallel()
		inYard(t, plan{options: supervision.Options{Locker: memory.NewLocker()}, decide: func(t *kilnTurn) error {
			time.Sleep(time.Second)
			t.Data.N++
			return nil
		}}, func(y *yard) {
			y.create("a", supervision.At(heating))
			stop := y.run()
			y.pass(instant)
			y.ok(stop())
			if r := y.get("a"); r.Data.N != 1 || y.log.lines("") != 0 {
				y.Errorf("the turn under way is not finished: %+v\n%s", r, y.log)
			}
		})
	})
}
