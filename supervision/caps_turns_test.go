package supervision_test

import (
	"fmt"
	"io"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// newTurner returns a supervisor of crews whose turns take a while.
func newTurner(t tester, store storage.Store, caps supervision.Caps, m *meter) *supervision.Supervisor {
	t.Helper()
	s, err := supervision.New(&supervision.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	supervision.Supervise(s, newCrews(t, store), func(turn *crewTurn) error {
		m.begin(turn.Data.Street)
		time.Sleep(100 * time.Millisecond)
		m.end(turn.Data.Street, turn.Key.ID, nil)
		turn.Data.Turns++
		return nil
	}, supervision.AtOnce(caps))
	return s
}

var rain = supervision.NewMessage[string]("rain")

// Turns are bounded as effects are, also those of records with messages, which are due whatever
// happens.
func TestCapsOfTurns(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		caps       supervision.Caps
		all, north int // at once
	}{
		{supervision.Caps{}, 110, 100},
		{supervision.Caps{Process: 3}, 6, 6},
		{supervision.Caps{Store: 4}, 4, 4},
		{supervision.Caps{GroupProcess: 2}, 8, 4},
		{supervision.Caps{GroupStore: 3}, 6, 3},
		{supervision.Caps{Process: 4, Store: 5, GroupProcess: 3, GroupStore: 4}, 5, 4},
	} {
		t.Run(fmt.Sprintf("%+v", c.caps), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store, m, begun := memory.New(nil), newMeter(nil), time.Now()
				crews := newCrews(t, store)
				for i := range 110 {
					id, street := fmt.Sprintf("%03d", i), "north"
					if i >= 100 {
						street = "south"
					}
					if err := crews.Create(t.Context(), id, crew{Street: street}); err != nil {
						t.Fatal(err)
					}
					if err := rain.Deliver(t.Context(), crews, id, "heavy"); err != nil {
						t.Fatal(err)
					}
				}
				stop := working(t, newTurner(t, store, c.caps, m), newTurner(t, store, c.caps, m))
				time.Sleep(time.Minute)
				stop()
				if m.most[all] > c.all || m.most["north"] > c.north || m.most["north"] < c.north/2 {
					t.Errorf("there were %d at once, %d of them in the north; want %d and %d", m.most[all], m.most["north"], c.all, c.north)
				}
				if m.done[all] != 110 || len(m.ids) != 110 {
					t.Errorf("there were %d turns of %d records", m.done[all], len(m.ids))
				}
				m.after(t, all, begun, 15*time.Second)
				if c.caps.GroupProcess+c.caps.GroupStore > 0 && c.caps.Store == 0 {
					m.after(t, "south", begun, 2*time.Second)
				}
			})
		})
	}
}

// A record that the host's lock keeps from its turn keeps no place.
func TestCapsAndTheHostsLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, locks, m := memory.New(nil), memory.NewLocker(), newMeter(nil)
		crews := newCrews(t, store)
		if _, err := locks.TryLock(t.Context(), crews.Key("a"), 0, time.Hour); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{"a", "b"} {
			if err := crews.Create(t.Context(), id, crew{Street: "north"}); err != nil {
				t.Fatal(err)
			}
			if err := rain.Deliver(t.Context(), crews, id, "heavy"); err != nil {
				t.Fatal(err)
			}
		}
		s, err := supervision.New(&supervision.Options{Locker: locks})
		if err != nil {
			t.Fatal(err)
		}
		supervision.Supervise(s, crews, func(turn *crewTurn) error {
			m.begin("north")
			m.end("north", turn.Key.ID, nil)
			return nil
		}, supervision.AtOnce(supervision.Caps{Process: 1, GroupProcess: 1, Store: 1, GroupStore: 1}))
		stop := working(t, s)
		time.Sleep(10 * time.Second)
		stop()
		m.check(t, "north", 1, 1)
	})
}

// Kinds whose caps together are more than the supervisor does at once leave a place for the others.
func TestCapsLeaveAPlaceForOtherKinds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, m, begun := memory.New(nil), newMeter(nil), time.Now()
		s, err := supervision.New(&supervision.Options{Batch: 4})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 7 {
			name, n, caps := fmt.Sprint("kind ", i), 100, supervision.Caps{Process: 3}
			if i == 6 {
				name, n, caps = "rare", 1, supervision.Caps{}
			}
			k, err := supervision.NewKind[crew](name, crewMachine, store, nil)
			if err != nil {
				t.Fatal(err)
			}
			for j := range n {
				if err := k.Create(t.Context(), fmt.Sprint(j), crew{}); err != nil {
					t.Fatal(err)
				}
				if err := rain.Deliver(t.Context(), k, fmt.Sprint(j), "heavy"); err != nil {
					t.Fatal(err)
				}
			}
			supervision.Supervise(s, k, func(turn *crewTurn) error {
				m.begin(turn.Key.Kind)
				time.Sleep(100 * time.Millisecond)
				m.end(turn.Key.Kind, turn.Key.String(), nil)
				return nil
			}, supervision.AtOnce(caps))
		}
		stop := working(t, s)
		time.Sleep(time.Minute)
		stop()
		m.check(t, "rare", 1, 1)
		m.after(t, "rare", begun, 2*time.Second)
		for i := range 6 {
			m.check(t, fmt.Sprint("kind ", i), 3, 100)
		}
	})
}
