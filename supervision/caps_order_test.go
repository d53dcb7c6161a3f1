package supervision_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A diary says in which order the holes of streets were ordered, and in which they were begun.
type diary struct {
	crews          *crewKind
	ordered, begun map[string][]string
}

// newDiary returns a diary of crews in streets and a supervisor that keeps it.
func newDiary(t tester, caps supervision.Caps, o supervision.Options, streets ...string) (*diary, *supervision.Supervisor) {
	t.Helper()
	d := &diary{crews: newCrews(t, memory.New(nil)), ordered: map[string][]string{}, begun: map[string][]string{}}
	for _, street := range streets {
		if err := d.crews.Create(t.Context(), street, crew{Street: street}); err != nil {
			t.Fatal(err)
		}
	}
	o.Logger = slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := supervision.New(&o)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	supervision.Supervise(s, d.crews, func(*crewTurn) error { return nil })
	supervision.Perform(s, dig, func(_ context.Context, c supervision.Call, takes time.Duration) (string, error) {
		mu.Lock()
		d.begun[c.From.ID] = append(d.begun[c.From.ID], c.ID)
		mu.Unlock()
		time.Sleep(takes)
		return "", nil
	}, &supervision.PerformOptions{Caps: caps})
	return d, s
}

// order orders n holes in a street.
func (d *diary) order(t tester, street string, n int, takes time.Duration) {
	t.Helper()
	before := d.ordered[street]
	if err := d.crews.Fire(t.Context(), street, callOut, func(turn *crewTurn) error {
		d.ordered[street] = slices.Clip(before)
		for range n {
			id := dig.Emit(turn, takes, supervision.Quiet(), supervision.InGroup(street), supervision.Within(0))
			d.ordered[street] = append(d.ordered[street], id)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// What is oldest goes first, also of a group that has to wait.
func TestCapsKeepTheOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, s := newDiary(t, supervision.Caps{GroupProcess: 1}, supervision.Options{}, "north")
		d.order(t, "north", 200, 100*time.Millisecond)
		stop := working(t, s)
		time.Sleep(21 * time.Second)
		stop()
		if diff := cmp.Diff(d.ordered, d.begun); diff != "" {
			t.Errorf("ordered and begun (-, +):\n%s", diff)
		}
	})
}

// An effect that is canceled while it is put off holds up its group no longer than a lease, also while
// there is always more to do than can be done.
func TestCapsAndWhatDoesNotComeBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m, begun := memory.New(nil), newMeter(nil), time.Now()
		stop := working(t, newDigger(t, store, supervision.Caps{GroupProcess: 1}, m, supervision.Options{Effects: 2}))
		dug(t, store, "north", dig, 1, 7800*time.Millisecond)
		dug(t, store, "canceled", dig, 1, time.Second, supervision.InGroup("north"), supervision.Lane("canceled"))
		time.Sleep(5 * time.Second)
		dug(t, store, "late", dig, 1, time.Second, supervision.InGroup("north"))
		time.Sleep(2500 * time.Millisecond)
		for i := range 1000 {
			dug(t, store, fmt.Sprint("busy ", i), fill, 2, 200*time.Millisecond)
			if i == 0 {
				if err := newCrews(t, store).Fire(t.Context(), "canceled", callOut, func(turn *crewTurn) error {
					turn.Cancel("canceled")
					return nil
				}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(190 * time.Millisecond)
		}
		m.check(t, "late", 1, 1)
		m.after(t, "late", begun, time.Minute)
		stop()
	})
}

// So it is whatever the caps are, and whenever there is more to do.
func TestCapsKeepTheOrderOfEveryGroup(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) { rapid.SyncTest(rt, capsKeepTheOrder) })
}

func capsKeepTheOrder(rt *rapid.T) {
	caps := rapid.SampledFrom([]supervision.Caps{
		{GroupProcess: 1}, {GroupStore: 1}, {Process: 2, GroupProcess: 1}, {Store: 2, GroupStore: 1},
	}).Draw(rt, "caps")
	o := supervision.Options{Batch: rapid.IntRange(10, 100).Draw(rt, "batch"), Effects: rapid.IntRange(5, 64).Draw(rt, "effects")}
	streets := []string{"north", "south", "east"}
	d, s := newDiary(rt, caps, o, streets...)
	stop := working(rt, s)
	var work time.Duration
	for range rapid.IntRange(1, 6).Draw(rt, "orders") {
		takes := rapid.IntRange(1, 2000).Draw(rt, "milliseconds")
		n := rapid.IntRange(1, min(200, 60_000/takes)).Draw(rt, "holes")
		d.order(rt, rapid.SampledFrom(streets).Draw(rt, "street"), n, time.Duration(takes)*time.Millisecond)
		time.Sleep(time.Duration(rapid.IntRange(0, 10_000).Draw(rt, "pause")) * time.Millisecond)
		work += time.Duration(n*takes) * time.Millisecond
	}
	time.Sleep(2*work + 2*time.Minute)
	stop()
	if diff := cmp.Diff(d.ordered, d.begun); diff != "" {
		rt.Errorf("ordered and begun (-, +):\n%s", diff)
	}
}
