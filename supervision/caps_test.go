package supervision_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// As many go on as the cap allows, all the time, and what has no cap does not wait for what has.
func TestCapOfAProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m, begun := memory.New(nil), newMeter(nil), time.Now()
		dug(t, store, "north", dig, 300, 100*time.Millisecond)
		dug(t, store, "south", fill, 100, 100*time.Millisecond)
		stop := working(t, newDigger(t, store, supervision.Caps{Process: 3}, m, supervision.Options{}))
		time.Sleep(time.Minute)
		stop()
		m.check(t, "north", 3, 300)
		m.after(t, "north", begun, 10200*time.Millisecond)
		m.after(t, "south", begun, 200*time.Millisecond)
	})
}

// It is one cap, however many stores there are.
func TestCapOfAProcessWithTwoStores(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		one, two, m, begun := memory.New(nil), memory.New(nil), newMeter(nil), time.Now()
		s := newDigger(t, one, supervision.Caps{Process: 3, GroupProcess: 2}, m, supervision.Options{})
		supervision.Supervise(s, newCrews(t, two), func(*crewTurn) error { return nil })
		for _, street := range []string{"north", "south", "east"} {
			dug(t, one, street, dig, 50, 100*time.Millisecond)
			dug(t, two, street, dig, 50, 100*time.Millisecond)
		}
		stop := working(t, s)
		time.Sleep(time.Minute)
		stop()
		m.check(t, all, 3, 300)
		m.check(t, "north", 2, 100)
		m.after(t, all, begun, 15*time.Second)
	})
}

// A group at its cap is not in the way of another, is served as fast as its cap allows, and to wait
// for a place is no attempt.
func TestCapOfAGroupStarvesNoOther(t *testing.T) {
	t.Parallel()
	for takes, n := range map[time.Duration]int{time.Millisecond: 1000, 50 * time.Millisecond: 1000, time.Second: 1000, time.Minute: 100} {
		t.Run(fmt.Sprint(takes), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, m, begun := memory.New(nil), newMeter(nil), time.Now()
				dug(t, store, "north", dig, n, takes, supervision.Within(0))
				dug(t, store, "south", dig, 10, takes, supervision.Within(0))
				stop := working(t, newDigger(t, store, supervision.Caps{GroupProcess: 5}, m, supervision.Options{}))
				ideal := time.Duration(n/5) * takes
				time.Sleep(2*ideal + time.Minute)
				stop()
				m.check(t, "north", 5, n)
				m.check(t, "south", 5, 10)
				m.after(t, "north", begun, ideal*11/10+2*time.Second)
				m.after(t, "south", begun, 2*takes*6/5)
				if m.attempts != 1 {
					t.Errorf("there were %d attempts at one", m.attempts)
				}
			})
		})
	}
}

// While all that is due is over its cap, the store is asked now and then, also if it gives hints.
func TestCapsLeaveTheStoreInPeace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		caps supervision.Caps
		most int64 // requests a second
	}{
		{supervision.Caps{Process: 1}, 3},
		{supervision.Caps{Store: 1}, 3},
		{supervision.Caps{GroupProcess: 1}, 10},
		{supervision.Caps{GroupStore: 1}, 20},
		{supervision.Caps{GroupStore: 1, Store: 2}, 150}, // it looks for other groups by twos
	} {
		for _, hints := range []bool{false, true} {
			t.Run(fmt.Sprintf("%+v hints=%v", c.caps, hints), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store, m := memory.New(nil), newMeter(nil)
					dug(t, store, "north", dig, 500, 2*time.Hour, supervision.Within(0))
					a, b := &counted{Store: store}, &counted{Store: store}
					diggers := []*supervision.Supervisor{newDigger(t, a, c.caps, m, supervision.Options{}), newDigger(t, b, c.caps, m, supervision.Options{})}
					if hints {
						diggers[0] = newDigger(t, loud{a, store}, c.caps, m, supervision.Options{})
						diggers[1] = newDigger(t, loud{b, store}, c.caps, m, supervision.Options{})
					}
					stop := working(t, diggers...)
					time.Sleep(20 * time.Minute)
					for _, s := range []*counted{a, b} {
						n := s.takes.Load() + s.permits.Load() + s.releases.Load() + s.extends.Load() + s.applies.Load()
						if n > c.most*20*60 {
							t.Errorf("the store was asked %d times in 20 minutes: %d takes, %d permits", n, s.takes.Load(), s.permits.Load())
						}
					}
					stop()
				})
			})
		}
	}
}

// A pass keeps to the caps, too, and holds nothing back.
func TestCapsInAPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m := memory.New(nil), newMeter(nil)
		dug(t, store, "north", dig, 6, time.Second)
		dug(t, store, "south", dig, 1, time.Second)
		s := newDigger(t, store, supervision.Caps{GroupStore: 2}, m, supervision.Options{})
		for _, want := range []int{3, 2, 2, 0} {
			if n, err := s.Pass(t.Context()); n != want || err != nil {
				t.Errorf("there were %d, %v; want %d", n, err, want)
			}
			for e, err := range store.Effects(t.Context(), storage.EffectQuery{From: storage.Key{Kind: "crew"}}) {
				if err != nil || e.Status == storage.EffectRunning {
					t.Errorf("%v is %v, %v", e.Seq, e.Status, err)
				}
			}
		}
	})
}

// What is overdue is given up in time, although there is no place for it: it is not performed.
func TestCapsDoNotKeepWhatIsOverdue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m := memory.New(nil), newMeter(nil)
		dug(t, store, "north", dig, 1, time.Hour)
		stop := working(t, newDigger(t, store, supervision.Caps{GroupProcess: 1, GroupStore: 1}, m, supervision.Options{}))
		time.Sleep(time.Second)
		crews := newCrews(t, store)
		if err := crews.Fire(t.Context(), "north", callOut, func(turn *crewTurn) error {
			for range 50 {
				dig.Emit(turn, time.Second, supervision.InGroup("north"), supervision.Within(time.Minute))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute + 3*time.Second)
		dead := 0
		for e, err := range store.Effects(t.Context(), storage.EffectQuery{From: storage.Key{Kind: "crew"}, Statuses: []storage.EffectStatus{storage.EffectDead}}) {
			if dead++; e.Attempt > 1 || err != nil {
				t.Errorf("it was tried %d times, %v", e.Attempt, err)
			}
		}
		if dead != 50 {
			t.Errorf("%d are given up, want 50", dead)
		}
		stop()
	})
}

// An effect that is canceled while it waits for its place is not performed.
func TestCapsAndCanceledEffects(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m := memory.New(nil), newMeter(nil)
		dug(t, store, "north", dig, 1, 1500*time.Millisecond)
		dug(t, store, "south", dig, 3, time.Second, supervision.InGroup("north"), supervision.Lane("canceled"))
		stop := working(t, newDigger(t, store, supervision.Caps{GroupProcess: 1}, m, supervision.Options{}))
		time.Sleep(time.Second)
		if err := newCrews(t, store).Fire(t.Context(), "south", callOut, func(turn *crewTurn) error {
			turn.Cancel("canceled")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		stop()
		m.check(t, "north", 1, 1)
		m.check(t, "south", 0, 0)
	})
}

func TestCapsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, caps := range []supervision.Caps{{Process: -1}, {Store: -1}, {GroupProcess: -1}, {GroupStore: -1}} {
		store := memory.New(nil)
		s := newDigger(t, store, caps, newMeter(nil), supervision.Options{})
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `supervision: effect "dig": the cap `) {
			t.Errorf("%+v of an effect: %v", caps, err)
		}
		s = newTurner(t, store, caps, newMeter(nil))
		if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), `supervision: kind "crew": the cap `) {
			t.Errorf("%+v of a kind: %v", caps, err)
		}
	}
}

// Whatever the caps and the work are: they are kept, and all is done, once and at the first attempt.
func TestCapsAreKept(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) { rapid.SyncTest(rt, capsAreKept) })
}

func capsAreKept(rt *rapid.T) {
	store, whole := memory.New(nil), newMeter(nil)
	cap := rapid.IntRange(0, 4)
	caps := supervision.Caps{
		Process: cap.Draw(rt, "process"), Store: cap.Draw(rt, "store"),
		GroupProcess: cap.Draw(rt, "group process"), GroupStore: cap.Draw(rt, "group store"),
	}
	holes := 0
	for i := range rapid.IntRange(1, 4).Draw(rt, "streets") {
		n := rapid.IntRange(1, 10).Draw(rt, "holes")
		takes := rapid.IntRange(1, 3000).Draw(rt, "milliseconds")
		dug(rt, store, fmt.Sprint("street ", i), dig, n, time.Duration(takes)*time.Millisecond)
		holes += n
	}
	var diggers []*supervision.Supervisor
	var parts []*meter
	for range rapid.IntRange(1, 3).Draw(rt, "supervisors") {
		var s storage.Store = store
		if rapid.Bool().Draw(rt, "no hints") {
			s = &counted{Store: store}
		}
		parts = append(parts, newMeter(whole))
		o := supervision.Options{Batch: rapid.IntRange(1, 20).Draw(rt, "batch"), Effects: rapid.IntRange(1, 20).Draw(rt, "effects")}
		diggers = append(diggers, newDigger(rt, s, caps, parts[len(parts)-1], o))
	}
	stop := working(rt, diggers...)
	time.Sleep(3 * time.Minute)
	stop()
	for street, most := range whole.most {
		if street == all && over(most, caps.Store) || street != all && over(most, caps.GroupStore) {
			rt.Errorf("of %s there were %d at once, with %+v", street, most, caps)
		}
	}
	for _, m := range parts {
		for street, most := range m.most {
			if street == all && over(most, caps.Process) || street != all && over(most, caps.GroupProcess) {
				rt.Errorf("of %s there were %d at once in a process, with %+v", street, most, caps)
			}
		}
		if m.attempts > 1 {
			rt.Errorf("there were %d attempts at one", m.attempts)
		}
	}
	if whole.done[all] != holes || len(whole.ids) != holes {
		rt.Errorf("%d were done, %d different ones; there were %d", whole.done[all], len(whole.ids), holes)
	}
}

func over(n, most int) bool { return most > 0 && n > most }
