package supervision_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// spied plans a yard with a spy between the supervisor and the store. The host goes past it.
func spied(p plan, into **spy) plan {
	p.wrap = func(s *memory.Store) storage.Store {
		*into = spyOn(s)
		return *into
	}
	return p
}

// An order that comes while a turn is under way wins. The record is decided again at once, and that
// is no failure.
func TestAnOrderDuringATurnWins(t *testing.T) {
	t.Parallel()
	var store *spy
	var y *yard
	turns := 0
	p := spied(plan{decide: func(t *kilnTurn) error {
		turns++
		t.Data.N++ // what the turn that lost counted is not there
		if t.State == heating && t.Data.N == 1 {
			return t.Fire(giveUp)
		}
		return nil
	}}, &store)
	inYard(t, p, func(yard *yard) {
		y = yard
		y.create("a", supervision.At(heating))
		once := true
		store.applying = func([]storage.Change) {
			if once {
				once = false
				y.ok(y.kilns.Fire(context.Background(), "a", hot, func(t *kilnTurn) error { t.Wake(0); return nil }))
			}
		}
		y.run()
		y.pass(instant)
		r := y.wants("a", firing)
		if turns != 2 || r.Data.N != 1 || r.Failures != 0 {
			y.Errorf("%d turns, and it is %+v", turns, r)
		}
		if got := y.path("a"); got != "heating firing" {
			y.Errorf("it went %s", got)
		}
		events := y.turns.of("a")
		if len(events) != 2 || !errors.Is(events[0].Answer, storage.ErrConflict) || events[1].Answer != nil || events[0].Err != nil {
			y.Errorf("the observer was told %+v", events)
		}
		if y.log.lines("") != 0 {
			y.Errorf("the log says\n%s", y.log)
		}
	})
}

func TestARecordIsDeletedDuringItsTurn(t *testing.T) {
	t.Parallel()
	var store *spy
	inYard(t, spied(plan{}, &store), func(y *yard) {
		y.create("a", supervision.At(heating))
		y.create("b", supervision.At(heating))
		store.applying = func([]storage.Change) {
			store.applying = nil
			y.ok(y.kilns.Delete(context.Background(), "a"))
		}
		y.run()
		y.pass(time.Minute)
		if _, err := y.kilns.Get(y.Context(), "a"); !errors.Is(err, storage.ErrNotFound) {
			y.Errorf("the deleted record: %v", err)
		}
		if r := y.get("b"); r.Version != 2 {
			y.Errorf("its neighbour is %+v", r)
		}
		if y.log.lines("") != 0 {
			y.Errorf("the log says\n%s", y.log)
		}
	})
}

var errAway = errors.New("the store is away")

// A record that another supervisor took over is not written, and the log says why.
func TestALeaseIsLostDuringATurn(t *testing.T) {
	t.Parallel()
	var store *spy
	var turns atomic.Int32
	inYard(t, spied(plan{decide: func(*kilnTurn) error { turns.Add(1); return nil }}, &store), func(y *yard) {
		y.create("a", supervision.At(heating))
		store.applying = func(changes []storage.Change) {
			store.applying = nil
			lease := storage.Lease{Key: changes[0].Key, Token: changes[0].Token}
			y.ok(y.memory.Release(y.Context(), []storage.Lease{lease}, 0))
			seen, err := y.memory.Claim(y.Context(), storage.Claim{Names: []string{"kiln"}, Owner: "another", Limit: 1, TTL: time.Minute})
			if err != nil || len(seen) != 1 {
				y.Errorf("another claims %d, %v", len(seen), err)
			}
		}
		y.run()
		y.pass(supervision.DefaultLease)
		if r := y.get("a"); r.Version != 1 || turns.Load() != 1 {
			y.Errorf("%d turns, and it is %+v", turns.Load(), r)
		}
		if y.log.lines("another has the record") != 1 {
			y.Errorf("the log says\n%s", y.log)
		}
		y.pass(time.Minute + time.Second) // the other one died
		if r := y.get("a"); r.Version != 2 || turns.Load() != 2 || r.Failures != 0 {
			y.Errorf("%d turns, and it is %+v", turns.Load(), r)
		}
	})
}

// A decider may take longer than a lease lasts. Nobody else gets the record meanwhile, and the others
// get their turns.
func TestADeciderHangsForAMinute(t *testing.T) {
	t.Parallel()
	running, most := 0, 0
	decide := func(t *kilnTurn) error {
		if t.Key.ID == "slow" && t.Data.N == 0 {
			running++
			most = max(most, running)
			time.Sleep(time.Minute)
			running--
		}
		t.Data.N++
		return nil
	}
	inYard(t, plan{decide: decide, options: supervision.Options{Batch: 2}}, func(y *yard) {
		y.create("slow", supervision.At(heating))
		y.start(y.sup)
		y.start(y.supervisor(plan{decide: decide}))
		y.pass(time.Second)
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			y.create(id, supervision.At(heating))
		}
		y.pass(2 * time.Second)
		for _, id := range []string{"a", "b", "c", "d", "e"} {
			if r := y.get(id); r.Data.N != 1 {
				y.Errorf("%s waits for the slow one: %+v", id, r)
			}
		}
		y.pass(time.Minute)
		if r := y.get("slow"); r.Data.N != 1 || r.Version != 2 || most != 1 {
			y.Errorf("%d at once decide it, and it is %+v", most, r)
		}
	})
}

// What an active state is entered for begins at once, however many states there are on the way.
func TestTurnsFollowEachOtherAtOnce(t *testing.T) {
	t.Parallel()
	var store *spy
	inYard(t, spied(plan{decide: func(t *kilnTurn) error {
		if t.State == heating && t.Data.N < 20 {
			t.Data.N++
			return errors.Join(t.Fire(hot), t.Fire(light))
		}
		return nil
	}}, &store), func(y *yard) {
		y.run()
		y.pass(instant)
		y.create("a", supervision.At(heating))
		y.pass(supervision.DefaultPoll)
		if r := y.wants("a", heating); r.Data.N != 20 {
			y.Errorf("it is %+v", r)
		}
	})
}

// No two stays begin at the same time, not even in one turn.
func TestEachStayBeginsAtATimeOfItsOwn(t *testing.T) {
	t.Parallel()
	inYard(t, plan{}, func(y *yard) {
		y.create("a", supervision.At(heating))
		sinces := map[time.Time]bool{y.get("a").Since: true}
		for range 3 {
			y.ok(y.kilns.Fire(y.Context(), "a", hot, func(t *kilnTurn) error {
				sinces[t.Since] = true
				if err := t.Fire(light); err != nil {
					return err
				}
				sinces[t.Since] = true
				return nil
			}))
		}
		if len(sinces) != 7 {
			y.Errorf("7 stays began at %d times", len(sinces))
		}
		if until := y.get("a").Until; !until.Equal(time.Now().Add(heats)) {
			y.Errorf("its time is up at %v", until)
		}
	})
}

// A record that is created again under the same id is another one: nothing outside takes what it wants
// for what the first one wanted.
func TestARecordThatIsCreatedAgainIsAnother(t *testing.T) {
	t.Parallel()
	inYard(t, plan{}, func(y *yard) {
		ids := map[string]bool{}
		for range 3 {
			y.create("a", supervision.At(heating), supervision.Operating(time.Hour), supervision.SetUp(func(t supervision.Outbound) error {
				ids[fuel.Emit(t, 1)] = true
				ids[fuel.Emit(t, 1, supervision.Once())] = true
				return nil
			}))
			ids[y.get("a").Operation] = true
			for _, e := range y.effects("a") {
				ids[e.Key] = true
			}
			y.ok(y.kilns.Delete(y.Context(), "a"))
			y.pass(instant)
		}
		if len(ids) != 9 {
			y.Errorf("%d ids, want 9", len(ids))
		}
	})
}

// A decider can end its record. What it wants done beside that would be lost, and is refused.
func TestADeciderDeletesItsRecord(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: func(t *kilnTurn) error {
		if t.Key.ID == "b" {
			fuel.Emit(t, 1)
		}
		t.Delete()
		return nil
	}, options: supervision.Options{Elsewhere: []string{fuel.Name()}, Failures: 1}}, func(y *yard) {
		y.create("a", supervision.At(heating))
		y.create("b", supervision.At(heating))
		y.ok(word.Deliver(y.Context(), y.kilns, "a", "x"))
		y.run()
		y.pass(instant)
		if _, err := y.kilns.Get(y.Context(), "a"); !errors.Is(err, storage.ErrNotFound) {
			y.Errorf("the deleted record: %v", err)
		}
		if got := y.causes("a"); got != "create; message word" {
			y.Errorf("the causes are %q", got)
		}
		if r := y.get("b"); r.Status != storage.Quarantined || len(y.effects("b")) != 0 {
			y.Errorf("what wants to go and to speak is %+v", r)
		}
	})
}
