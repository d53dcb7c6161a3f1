package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

type (
	doorState string
	doorEvent string
)

const (
	shut   doorState = "shut"
	opened doorState = "open"
	gone   doorState = "gone"

	push  doorEvent = "push"
	pull  doorEvent = "pull"
	wear  doorEvent = "wear"
	raze  doorEvent = "raze"
	swing doorEvent = "swing"
)

type door struct {
	Pushes int
	Colour string
	Limit  time.Duration
}

type doorTurn = supervision.Turn[door, doorState, doorEvent]

var doors = fsm.MustCompile(fsm.Definition[doorState, doorEvent]{
	Name:    "door",
	Initial: shut,
	Starts:  []doorState{opened},
	States: fsm.States[doorState, doorEvent]{
		shut:   {Mode: fsm.Resting},
		opened: {Mode: fsm.Waiting, After: time.Minute, Then: pull},
		gone:   {Mode: fsm.Final},
	},
	Table: fsm.Table[doorState, doorEvent]{
		shut:    {push: opened},
		opened:  {pull: shut, swing: opened},
		fsm.Any: {wear: fsm.Same, raze: gone},
	},
})

func newDoors(t *testing.T, o *supervision.KindOptions[door, doorState, doorEvent]) (*supervision.Kind[door, doorState, doorEvent], *memory.Store) {
	t.Helper()
	store := memory.New(nil)
	k, err := supervision.NewKind("door", doors, store, o)
	if err != nil {
		t.Fatal(err)
	}
	return k, store
}

func mustCreate(t *testing.T, k *supervision.Kind[door, doorState, doorEvent], id string, d door, o ...supervision.CreateOption) {
	t.Helper()
	if err := k.Create(t.Context(), id, d, o...); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, k *supervision.Kind[door, doorState, doorEvent], id string) supervision.Record[door, doorState] {
	t.Helper()
	r, err := k.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFireChangesStateDataAndHistoryInOneCommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, _ := newDoors(t, nil)
		mustCreate(t, k, "front", door{Colour: "red"}, supervision.Cause("builder"))
		created := time.Now()
		time.Sleep(time.Hour)
		err := k.Fire(t.Context(), "front", push, func(turn *doorTurn) error {
			if turn.State != opened || turn.Version != 1 || !turn.Now.Equal(time.Now()) {
				return fmt.Errorf("the turn is %+v", turn)
			}
			turn.Data.Pushes++
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := supervision.Record[door, doorState]{
			Key: storage.Key{Kind: "door", ID: "front"}, State: opened, Version: 2,
			Data:  door{Pushes: 1, Colour: "red"},
			Due:   storage.Time(time.Now().Add(time.Minute)),
			Since: storage.Time(time.Now()), Until: storage.Time(time.Now().Add(time.Minute)),
		}
		if diff := cmp.Diff(want, get(t, k, "front")); diff != "" {
			t.Error(diff)
		}
		wantLines := []storage.Line{
			{Version: 1, To: "shut", At: storage.Time(created), Cause: "builder"},
			{Version: 2, From: "shut", Event: "push", To: "open", At: storage.Time(time.Now()), Cause: "fire"},
		}
		if diff := cmp.Diff(wantLines, history(t, k, "front")); diff != "" {
			t.Error(diff)
		}
	})
}

func history(t *testing.T, k *supervision.Kind[door, doorState, doorEvent], id string) []storage.Line {
	t.Helper()
	var lines []storage.Line
	for line, err := range k.History(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestOrderThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	k, _ := newDoors(t, nil)
	mustCreate(t, k, "front", door{Colour: "red"})
	before := get(t, k, "front")
	broken := errors.New("the hinge is broken")

	for name, c := range map[string]struct {
		err  error
		fire func() error
	}{
		"refused event": {fsm.ErrNotPermitted, func() error {
			return k.Fire(t.Context(), "front", pull, func(*doorTurn) error { t.Error("the function ran"); return nil })
		}},
		"function": {broken, func() error {
			return k.Fire(t.Context(), "front", push, func(turn *doorTurn) error { turn.Data.Colour = "blue"; return broken })
		}},
		"second event": {fsm.ErrNotPermitted, func() error {
			return k.Fire(t.Context(), "front", push, func(turn *doorTurn) error { return turn.Fire(push) })
		}},
		"another version": {storage.ErrConflict, func() error {
			return k.Fire(t.Context(), "front", push, nil, supervision.IfVersion(7))
		}},
		"no such record": {storage.ErrNotFound, func() error { return k.Fire(t.Context(), "back", push, nil) }},
		"no data": {nil, func() error {
			return k.Fire(t.Context(), "front", push, func(turn *doorTurn) error { turn.Data = nil; return nil })
		}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.fire()
			var about *supervision.Error
			if err == nil || !errors.As(err, &about) || c.err != nil && !errors.Is(err, c.err) {
				t.Errorf("got %v, want a *supervision.Error that is %v", err, c.err)
			}
			if diff := cmp.Diff(before, get(t, k, "front")); diff != "" {
				t.Error(diff)
			}
		})
	}
	if n := len(history(t, k, "front")); n != 1 {
		t.Errorf("the history has %d lines, want 1", n)
	}
}

func TestErrorNamesOrderRecordAndWhatIsPermitted(t *testing.T) {
	t.Parallel()
	k, _ := newDoors(t, nil)
	mustCreate(t, k, "front", door{})
	err := k.Fire(t.Context(), "front", pull, nil)
	want := `supervision: fire pull door/front: fsm: machine "door": event "pull" is not permitted in state "shut"; permitted: "push", "raze", "wear"`
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSameKeepsTheClockAndReentryRestartsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, _ := newDoors(t, nil)
		mustCreate(t, k, "front", door{}, supervision.At(opened))
		before := get(t, k, "front")
		time.Sleep(10 * time.Second)
		if err := k.Fire(t.Context(), "front", wear, nil); err != nil {
			t.Fatal(err)
		}
		if after := get(t, k, "front"); after.Until != before.Until || after.Since != before.Since {
			t.Errorf("Same moved the clock: %v, was %v", after.Until, before.Until)
		}
		if err := k.Fire(t.Context(), "front", swing, nil); err != nil {
			t.Fatal(err)
		}
		if got, want := get(t, k, "front").Until, storage.Time(time.Now().Add(time.Minute)); got != want {
			t.Errorf("a row to its own state left the clock at %v, want %v", got, want)
		}
	})
}

func TestTimeoutFromDataAndTouch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, store := newDoors(t, &supervision.KindOptions[door, doorState, doorEvent]{
			Timeout: func(s doorState, d *door) time.Duration { return d.Limit },
		})
		mustCreate(t, k, "front", door{Limit: time.Second}, supervision.At(opened))
		if got, want := get(t, k, "front").Until, storage.Time(time.Now().Add(time.Second)); got != want {
			t.Errorf("until %v, want %v", got, want)
		}
		if err := k.Touch(t.Context(), "front", time.Hour); err != nil {
			t.Fatal(err)
		}
		touched := get(t, k, "front")
		if want := storage.Time(time.Now().Add(time.Hour)); touched.Until != want || touched.Version != 2 {
			t.Errorf("after Touch: until %v at version %d, want %v at 2", touched.Until, touched.Version, want)
		}
		if n := len(history(t, k, "front")); n != 1 {
			t.Errorf("Touch wrote history: %d lines", n)
		}
		seen, err := store.Load(t.Context(), []storage.Key{touched.Key})
		if err != nil || seen[0].Due != touched.Until {
			t.Errorf("due %v (%v), want %v", seen[0].Due, err, touched.Until)
		}
		if err := k.Touch(t.Context(), "front", 0); !errors.Is(err, storage.ErrInvalid) {
			t.Errorf("Touch for nothing: %v", err)
		}
	})
}

func TestOrderBeginsAnOperationThatRestEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k, _ := newDoors(t, nil)
		mustCreate(t, k, "front", door{})
		op, err := k.Order(t.Context(), "front", push, 30*time.Second, func(turn *doorTurn) error {
			turn.Step = turn.Operation[:3]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		r := get(t, k, "front")
		if op == "" || r.Operation != op || r.Step != op[:3] || r.Deadline != storage.Time(time.Now().Add(30*time.Second)) {
			t.Errorf("operation %q: the record is %+v", op, r)
		}
		if err := k.Fire(t.Context(), "front", pull, nil); err != nil {
			t.Fatal(err)
		}
		if r := get(t, k, "front"); r.Operation != "" || r.Step != "" || !r.Deadline.IsZero() {
			t.Errorf("at rest: %+v", r)
		}
		lines := history(t, k, "front")
		if lines[1].Operation != op || lines[2].Operation != op {
			t.Errorf("the history forgot the operation: %+v", lines)
		}
		if again, err := k.Order(t.Context(), "front", push, 0, nil); err != nil || again == op {
			t.Errorf("a second order: %q, %v", again, err)
		}
		if r := get(t, k, "front"); !r.Deadline.IsZero() {
			t.Errorf("an order within nothing has the deadline %v", r.Deadline)
		}
	})
}

func TestCreate(t *testing.T) {
	t.Parallel()
	k, _ := newDoors(t, nil)
	mustCreate(t, k, "front", door{})
	if err := k.Create(t.Context(), "front", door{}); !errors.Is(err, storage.ErrExists) {
		t.Errorf("a second creation: %v", err)
	}
	err := k.Create(t.Context(), "back", door{}, supervision.At(gone))
	if !errors.Is(err, fsm.ErrUnknownState) || !strings.Contains(err.Error(), `"shut", "open"`) {
		t.Errorf("a start that is none: %v", err)
	}
	if err := k.Create(t.Context(), "", door{}); !errors.Is(err, storage.ErrInvalid) {
		t.Errorf("an empty id: %v", err)
	}
}

func TestDeleteKeepsHistoryAndVersionsGoOn(t *testing.T) {
	t.Parallel()
	k, _ := newDoors(t, nil)
	mustCreate(t, k, "front", door{})
	if err := k.Delete(t.Context(), "front", supervision.IfVersion(2)); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("delete at another version: %v", err)
	}
	if err := k.Delete(t.Context(), "front", supervision.Cause("fire brigade")); err != nil {
		t.Fatal(err)
	}
	if _, err := k.Get(t.Context(), "front"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("after delete: %v", err)
	}
	mustCreate(t, k, "front", door{})
	if v := get(t, k, "front").Version; v != 3 {
		t.Errorf("the new record is at version %d, want 3", v)
	}
	lines := history(t, k, "front")
	if len(lines) != 3 || lines[1].Cause != "fire brigade" || lines[1].From != "shut" {
		t.Errorf("history: %+v", lines)
	}
}

func TestListByStateGroupAndPage(t *testing.T) {
	t.Parallel()
	k, _ := newDoors(t, &supervision.KindOptions[door, doorState, doorEvent]{Group: func(d *door) string { return d.Colour }})
	for i := range 10 {
		colour, start := "red", shut
		if i%2 == 1 {
			colour = "blue"
		}
		if i >= 6 {
			start = opened
		}
		mustCreate(t, k, fmt.Sprint(i), door{Colour: colour}, supervision.At(start))
	}
	for _, c := range []struct {
		q    *supervision.Query[doorState]
		want string
	}{
		{nil, "0123456789"},
		{&supervision.Query[doorState]{States: []doorState{opened}}, "6789"},
		{&supervision.Query[doorState]{Group: "blue"}, "13579"},
		{&supervision.Query[doorState]{Group: "blue", States: []doorState{shut}, After: "1", Limit: 1}, "3"},
		{&supervision.Query[doorState]{Statuses: []storage.Status{storage.Paused}}, ""},
	} {
		got := ""
		for r, err := range k.List(t.Context(), c.q) {
			if err != nil {
				t.Fatal(err)
			}
			got += r.Key.ID
		}
		if got != c.want {
			t.Errorf("%+v: got %q, want %q", c.q, got, c.want)
		}
	}
}

func TestCompetingOrdersAllCount(t *testing.T) {
	t.Parallel()
	k, _ := newDoors(t, nil)
	mustCreate(t, k, "front", door{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				err := k.Fire(context.Background(), "front", wear, func(turn *doorTurn) error { turn.Data.Pushes++; return nil })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if r := get(t, k, "front"); r.Data.Pushes != 80 || r.Version != 81 {
		t.Errorf("%d pushes at version %d, want 80 at 81", r.Data.Pushes, r.Version)
	}
}

func TestDeliver(t *testing.T) {
	t.Parallel()
	k, store := newDoors(t, nil)
	mustCreate(t, k, "front", door{})
	for range 2 {
		if err := k.Deliver(t.Context(), "front", storage.Message{ID: "ring-1", Name: "ring"}); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for m, err := range store.Messages(t.Context(), storage.MessageQuery{}) {
		if err != nil || m.To.ID != "front" || m.Status != storage.MessageOpen {
			t.Errorf("%+v, %v", m, err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
	if err := k.Deliver(t.Context(), "back", storage.Message{ID: "ring-1", Name: "ring"}); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("to nobody: %v", err)
	}
}

func TestUpgrade(t *testing.T) {
	t.Parallel()
	old, store := newDoors(t, nil)
	mustCreate(t, old, "front", door{Colour: "red"})

	newer, err := supervision.NewKind("door", doors, store, &supervision.KindOptions[door, doorState, doorEvent]{DataVersion: 2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newer.Get(t.Context(), "front"); !errors.Is(err, supervision.ErrData) || !strings.Contains(err.Error(), "Kind.Upgrade") {
		t.Errorf("without an upgrade: %v", err)
	}
	err = newer.Upgrade(0, func(b []byte) (door, error) {
		if string(b) != `{"Pushes":0,"Colour":"red","Limit":0}` {
			return door{}, fmt.Errorf("got %s", b)
		}
		return door{Colour: "RED"}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := get(t, newer, "front"); r.Data.Colour != "RED" {
		t.Errorf("upgraded: %+v", r)
	}
	if err := newer.Fire(t.Context(), "front", push, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := old.Get(t.Context(), "front"); !errors.Is(err, supervision.ErrData) || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("the old program reads what the new one wrote: %v", err)
	}
	for _, from := range []int{-1, 2, 0} {
		if newer.Upgrade(from, func([]byte) (door, error) { return door{}, nil }) == nil {
			t.Errorf("an upgrade from %d was accepted", from)
		}
	}
}

func TestListGoesOnAfterUnreadableData(t *testing.T) {
	t.Parallel()
	k, store := newDoors(t, nil)
	for _, id := range []string{"a", "b", "c"} {
		mustCreate(t, k, id, door{})
	}
	_, err := store.Apply(t.Context(), []storage.Change{{Key: storage.Key{Kind: "door", ID: "b"}, Version: 1, Record: storage.Record{State: "shut", Data: []byte("{")}}})
	if err != nil {
		t.Fatal(err)
	}
	good, bad := "", ""
	for r, err := range k.List(t.Context(), nil) {
		if errors.Is(err, supervision.ErrData) {
			bad += r.Key.ID
		} else if err == nil {
			good += r.Key.ID
		}
	}
	if good != "ac" || bad != "b" {
		t.Errorf("read %q and failed on %q, want ac and b", good, bad)
	}
}

func TestUnknownStoredState(t *testing.T) {
	t.Parallel()
	k, store := newDoors(t, nil)
	mustCreate(t, k, "front", door{})
	_, err := store.Apply(t.Context(), []storage.Change{{Key: storage.Key{Kind: "door", ID: "front"}, Version: 1, Record: storage.Record{State: "ajar"}}})
	if err != nil {
		t.Fatal(err)
	}
	if r := get(t, k, "front"); r.State != "ajar" {
		t.Errorf("got %+v", r)
	}
	if err := k.Fire(t.Context(), "front", push, nil); !errors.Is(err, fsm.ErrUnknownState) || !strings.Contains(err.Error(), `expected "gone", "open", "shut"`) {
		t.Errorf("got %v", err)
	}
}

func TestRunnerGuardsAndActs(t *testing.T) {
	t.Parallel()
	locked := errors.New("it is locked")
	runner, err := fsm.NewRunner(doors, func(b *fsm.Behavior[door, doorState, doorEvent]) {
		b.Guard(shut, push, "lock", func(_ context.Context, s *fsm.Step[door, doorState, doorEvent]) error {
			if s.Subject.Colour == "locked" {
				return locked
			}
			return nil
		})
		b.Entry(opened, "count", func(_ context.Context, s *fsm.Step[door, doorState, doorEvent]) error {
			s.Subject.Pushes++
			s.Fire(wear)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	k, _ := newDoors(t, &supervision.KindOptions[door, doorState, doorEvent]{Runner: runner})
	mustCreate(t, k, "front", door{})
	if err := k.Fire(t.Context(), "front", push, nil); err != nil {
		t.Fatal(err)
	}
	if r := get(t, k, "front"); r.State != opened || r.Data.Pushes != 1 {
		t.Errorf("got %+v", r)
	}
	want := []storage.Line{
		{Version: 1, To: "shut", Cause: "create"},
		{Version: 2, From: "shut", Event: "push", To: "open", Cause: "fire"},
		{Version: 2, N: 1, From: "open", Event: "wear", To: "open", Cause: "fire"},
	}
	if diff := cmp.Diff(want, history(t, k, "front"), cmpopts.IgnoreFields(storage.Line{}, "At")); diff != "" {
		t.Error(diff)
	}
	mustCreate(t, k, "safe", door{Colour: "locked"})
	if err := k.Fire(t.Context(), "safe", push, nil); !errors.Is(err, locked) || !errors.Is(err, fsm.ErrGuard) {
		t.Errorf("got %v", err)
	}
}

func TestNewKindRefusesAtOnce(t *testing.T) {
	t.Parallel()
	_, err := supervision.NewKind[door, doorState, doorEvent]("", nil, nil, &supervision.KindOptions[door, doorState, doorEvent]{DataVersion: -1})
	for _, want := range []string{"no name", "no machine", "no store", "must not be negative"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it to say %q", err, want)
		}
	}
	_, err = supervision.NewKind("door", doors, memory.New(nil), &supervision.KindOptions[door, doorState, doorEvent]{
		Project: func(context.Context, any, *door, *door) error { return nil },
	})
	if err == nil || !strings.Contains(err.Error(), "no transactions to share") {
		t.Errorf("Project on memory: %v", err)
	}
	if _, err := supervision.NewKind[door](storage.EffectKind, doors, memory.New(nil), nil); err == nil {
		t.Error("the kind of effects was accepted")
	}
}

func TestWithOnAStoreWithoutTransactions(t *testing.T) {
	t.Parallel()
	k, _ := newDoors(t, nil)
	inside := k.With(nil)
	if err := inside.Create(t.Context(), "front", door{}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Create: %v", err)
	}
	for _, err := range inside.List(t.Context(), nil) {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("List: %v", err)
		}
	}
	for _, err := range inside.History(t.Context(), "front") {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("History: %v", err)
		}
	}
}

func TestCodec(t *testing.T) {
	t.Parallel()
	k, store := newDoors(t, &supervision.KindOptions[door, doorState, doorEvent]{Codec: rot13{}})
	mustCreate(t, k, "front", door{Colour: "red"})
	seen, err := store.Load(t.Context(), []storage.Key{{Kind: "door", ID: "front"}})
	if err != nil || strings.Contains(string(seen[0].Data), "red") {
		t.Errorf("the store holds %s (%v)", seen[0].Data, err)
	}
	if r := get(t, k, "front"); r.Data.Colour != "red" {
		t.Errorf("got %+v", r)
	}
}

// rot13 stands for a host's encryption.
type rot13 struct{ supervision.JSON }

func (c rot13) Marshal(v any) ([]byte, error) {
	b, err := c.JSON.Marshal(v)
	return turn13(b), err
}

func (c rot13) Unmarshal(b []byte, v any) error { return c.JSON.Unmarshal(turn13(b), v) }

func turn13(b []byte) []byte {
	return []byte(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return 'a' + (r-'a'+13)%26
		case r >= 'A' && r <= 'Z':
			return 'A' + (r-'A'+13)%26
		}
		return r
	}, string(b)))
}
