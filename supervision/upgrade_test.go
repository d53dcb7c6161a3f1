package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// command says by name which event is to be fired, as by an older or a newer program.
var command = supervision.NewMessage[kilnEvent]("command")

func obeying(t *kilnTurn) error {
	t.Data.N++
	for _, m := range t.Messages {
		if e, ok := command.Body(m); ok {
			if err := t.Fire(e); err != nil {
				return err
			}
		}
	}
	return nil
}

// What a program does not know is left to one that does: the record waits, longer each time, says why,
// and is never quarantined. A program that knows takes it up by itself.
func TestWhatAProgramDoesNotKnowIsParked(t *testing.T) {
	t.Parallel()
	stored := func(state string, version int) func(y *yard) {
		return func(y *yard) {
			r := storage.Record{Key: y.kilns.Key("odd"), State: state, Data: []byte(`{"N":1}`), DataVersion: version, Due: time.Now()}
			answers, err := y.memory.Apply(y.Context(), []storage.Change{{Key: r.Key, Record: r}})
			y.ok(errors.Join(append(answers, err)...))
		}
	}
	told := func(y *yard) {
		y.create("odd")
		y.ok(command.Deliver(y.Context(), y.kilns, "odd", "kindle"))
	}
	later, err := kilnMachine.Definition().Derive("kiln of another program", func(e *fsm.Edit[kilnState, kilnEvent]) {
		e.AddState("melting", fsm.State[kilnState, kilnEvent]{Mode: fsm.Waiting, After: time.Hour, Then: giveUp})
		e.AddRow("melting", giveUp, cracked)
		e.AddRow(firing, "overheat", "melting")
		e.AddRow(cold, "kindle", heating)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		make   func(y *yard)
		reason string
		unread bool // also by Get
	}{
		{name: "a state", make: stored("melting", 1), reason: `unknown state "melting" in machine "kiln"; this program does not know it`},
		{name: "an event", make: told, reason: `"kindle" is no event of it`},
		{name: "newer data", make: stored("heating", 3), reason: "unreadable data of version 3: a newer program wrote it; this one knows version 1", unread: true},
		{name: "older data", make: stored("heating", 0), reason: "unreadable data of version 0: there is no upgrade to version 1; give one with Kind.Upgrade", unread: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := plan{decide: obeying, kind: &kilnO{DataVersion: 1}, options: supervision.Options{Failures: 3, Backoff: exactly(10 * time.Second)}}
			inYard(t, p, func(y *yard) {
				y.create("even", supervision.At(heating))
				c.make(y)
				y.run()
				y.pass(10 * time.Minute)
				r := y.record("odd")
				if r.Status != storage.OK || r.Failures != 11 || !strings.HasPrefix(r.Reason, "parked: ") || !strings.Contains(r.Reason, c.reason) {
					y.Errorf("after ten minutes it is %+v", r)
				}
				for i, e := range y.turns.of("odd") {
					if !errors.Is(e.Err, supervision.ErrParked) || e.Quarantined || e.Failures != i+1 {
						y.Errorf("the observer was told %+v", e)
					}
				}
				if r := y.get("even"); r.Data.N == 0 || r.Failures > 0 {
					y.Errorf("the other one is %+v", r)
				}
				if _, err := y.kilns.Get(y.Context(), "odd"); c.unread != errors.Is(err, supervision.ErrData) {
					y.Errorf("read by the host it is %v", err)
				}
				e, err := y.kilns.Explain(y.Context(), "odd")
				if err != nil || !strings.Contains(e.String(), "its last 11 turns failed (parked: ") || !strings.Contains(e.String(), "its next turn is in ") {
					y.Errorf("it is explained by (%v)\n%s", err, e)
				}

				k, err := supervision.NewKind("kiln", fsm.MustCompile(later), storage.Store(y.memory), &kilnO{DataVersion: 3})
				y.ok(err)
				for from := range 3 {
					y.ok(k.Upgrade(from, func(old []byte) (data kiln, err error) { return data, supervision.JSON{}.Unmarshal(old, &data) }))
				}
				s, err := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
				y.ok(err)
				supervision.Supervise(s, k, obeying)
				before, err := k.Get(y.Context(), "odd")
				y.ok(err)
				y.start(s)
				// The old one still runs, and which of the two is the first at a claim is a matter of luck.
				var after supervision.Record[kiln, kilnState]
				for range 50 {
					y.pass(10 * time.Minute)
					after, err = k.Get(y.Context(), "odd")
					y.ok(err)
					if after.Data.N > before.Data.N {
						break
					}
				}
				if after.Data.N <= before.Data.N || after.Status != storage.OK {
					y.Errorf("with a program that knows it is %+v", after)
				}
			})
		})
	}
}

// A state that the decider itself names is a mistake of this program, not news from another.
func TestAMistakeIsNotParked(t *testing.T) {
	t.Parallel()
	for name, decide := range map[string]supervision.Decider[kiln, kilnState, kilnEvent]{
		"a state by hand": func(t *kilnTurn) error { t.State = "melting"; return nil },
		"data of its own": func(*kilnTurn) error { return supervision.ErrData },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inYard(t, plan{decide: decide, options: supervision.Options{Failures: 2}}, func(y *yard) {
				y.create("a", supervision.At(heating))
				y.run()
				y.pass(time.Minute)
				if r := y.record("a"); r.Status != storage.Quarantined || r.State != string(heating) {
					y.Errorf("it is %+v", r)
				}
			})
		})
	}
}

// An order cannot write a record whose state it does not understand.
func TestOrdersLeaveUnknownStatesAlone(t *testing.T) {
	t.Parallel()
	k, store := newDoors(t, nil)
	mustCreate(t, k, "front", door{})
	odd := storage.Change{Key: k.Key("front"), Version: 1, Record: storage.Record{State: "bricked up", Final: true, Data: []byte("{}")}}
	if answers, err := store.Apply(t.Context(), []storage.Change{odd}); errors.Join(append(answers, err)...) != nil {
		t.Fatal(answers, err)
	}
	_, operate := k.Order(t.Context(), "front", push, 0, nil)
	for what, err := range map[string]error{
		"change": k.Change(t.Context(), "front", func(*supervision.Turn[door, doorState, doorEvent]) error { return nil }),
		"fire":   k.Fire(t.Context(), "front", push, nil),
		"order":  operate,
	} {
		if !errors.Is(err, fsm.ErrUnknownState) {
			t.Errorf("%s: %v", what, err)
		}
	}
	seen, err := store.Load(t.Context(), []storage.Key{k.Key("front")})
	if err != nil || seen[0].Version != 2 || !seen[0].Final {
		t.Errorf("it is %+v, %v", seen, err)
	}
}

// The forms of a pot's data, from version to version.
type (
	pot1 struct{ Heard string }
	pot2 struct{ Heard []string }
	pot3 struct {
		Count int
		Words map[string]bool
	}
)

func pot2From1(old []byte) (pot2, error) {
	var p pot1
	err := supervision.JSON{}.Unmarshal(old, &p)
	return pot2{strings.Fields(p.Heard)}, err
}

func pot3From2(old []byte) (pot3, error) {
	var p pot2
	if err := (supervision.JSON{}).Unmarshal(old, &p); err != nil {
		return pot3{}, err
	}
	return pot3Of(p), nil
}

func pot3Of(p pot2) pot3 {
	out := pot3{len(p.Heard), map[string]bool{}}
	for _, w := range p.Heard {
		out.Words[w] = true
	}
	return out
}

func pot3From1(old []byte) (pot3, error) {
	p, err := pot2From1(old)
	return pot3Of(p), err
}

// potsOf returns the kind of pots as one version of the program has it, and a supervisor for them.
func potsOf[T any](t *testing.T, store storage.Store, version int, hear func(pot *T, word string), book *turnBook) (*supervision.Kind[T, string, string], *supervision.Supervisor) {
	t.Helper()
	pots, err := supervision.NewKind("pot", potMachine, store, &supervision.KindOptions[T, string, string]{DataVersion: version})
	must(t, err)
	s, err := supervision.New(&supervision.Options{
		Logger: slog.New(slog.DiscardHandler), Observer: &supervision.Observer{Turned: book.add}, Failures: 3, Batch: 5,
	})
	must(t, err)
	supervision.Supervise(s, pots, hearing(hear))
	return pots, s
}

// hearing is a decider that puts what is said to a pot into its data.
func hearing[T any](hear func(pot *T, word string)) supervision.Decider[T, string, string] {
	return func(turn *supervision.Turn[T, string, string]) error {
		for _, m := range turn.Messages {
			if w, ok := word.Body(m); ok {
				hear(turn.Data, w)
			}
		}
		return nil
	}
}

var potMachine = fsm.MustCompile(fsm.Definition[string, string]{
	Name: "pot", Initial: "raw", States: fsm.States[string, string]{"raw": {Mode: fsm.Resting}, "done": {Mode: fsm.Final}},
	Table: fsm.Table[string, string]{"raw": {"burn": "done"}},
})

// Data goes from version to version while programs of all of them run and records are in use. What an
// old program cannot read it leaves to the new ones, no message is lost or heard twice, nothing has to
// be retried by hand, and readers see the new form before it is written.
func TestDataIsUpgradedWhileOldProgramsRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const pots, words = 12, 60
		store, book := memory.New(nil), &turnBook{}
		first, old := potsOf(t, store, 1, func(p *pot1, w string) { p.Heard = strings.TrimSpace(p.Heard + " " + w) }, book)
		second, newer := potsOf(t, store, 2, func(p *pot2, w string) { p.Heard = append(p.Heard, w) }, book)
		third, newest := potsOf(t, store, 3, func(p *pot3, w string) { p.Count++; p.Words[w] = true }, book)
		must(t, errors.Join(second.Upgrade(1, pot2From1), third.Upgrade(1, pot3From1), third.Upgrade(2, pot3From2)))
		for i := range pots {
			must(t, first.Create(t.Context(), fmt.Sprint(i), pot1{}))
		}
		said := 0
		say := func() {
			for range words {
				for i := range pots {
					must(t, word.Deliver(t.Context(), third, fmt.Sprint(i), fmt.Sprint(said)))
				}
				said++
				time.Sleep(rand.N(3 * time.Second))
			}
		}
		untilHeard := func(version int) {
			t.Helper()
			time.Sleep(30 * time.Minute) // the longest wait of what was parked is five minutes
			for r, err := range store.List(t.Context(), storage.Query{Kind: "pot"}) {
				if err != nil || r.DataVersion != version || r.Status != storage.OK || r.Failures > 0 {
					t.Errorf("all programs below version %d have gone, and a pot is %+v, %v", version, r, err)
				}
			}
			for r, err := range third.List(t.Context(), nil) {
				if err != nil || r.Data.Count != said || len(r.Data.Words) != said {
					t.Errorf("of %d words a pot heard %d, %d different ones, %v", said, r.Data.Count, len(r.Data.Words), err)
				}
			}
		}

		stopOld := running(t, old)
		say()
		untilHeard(1)
		stopNewer := running(t, newer)
		say() // both run
		stopOld()
		say()
		untilHeard(2)
		if _, err := first.Get(t.Context(), "0"); !errors.Is(err, supervision.ErrData) {
			t.Errorf("the old program reads what the new one wrote: %v", err)
		}
		if n := onlyErrors(t.Context(), first); n != pots {
			t.Errorf("the old program lists %d pots that it cannot read, want all", n)
		}
		stopNewer()
		stopOld = running(t, old)
		say() // only the old one runs, and understands no pot
		stopNewer, stopNewest := running(t, newer), running(t, newest)
		say() // all three run
		stopNewer()
		stopOld()
		say()
		untilHeard(3)
		stopNewest()

		parked := 0
		for _, e := range book.events {
			if errors.Is(e.Err, supervision.ErrParked) {
				parked++
			} else if e.Err != nil {
				t.Errorf("a turn failed: %+v", e)
			}
		}
		if parked < pots {
			t.Errorf("the old program alone parked %d pots of %d", parked, pots)
		}
	})
}

func onlyErrors(ctx context.Context, k *supervision.Kind[pot1, string, string]) (n int) {
	for _, err := range k.List(ctx, nil) {
		if errors.Is(err, supervision.ErrData) {
			n++
		}
	}
	return n
}

// program returns a kind of kilns with another definition, and a supervisor for them.
func (y *yard) program(d fsm.Definition[kilnState, kilnEvent], decide supervision.Decider[kiln, kilnState, kilnEvent]) (*kilnKind, *supervision.Supervisor) {
	y.Helper()
	k, err := supervision.NewKind[kiln]("kiln", fsm.MustCompile(d), y.memory, nil)
	y.ok(err)
	s, err := supervision.New(&supervision.Options{Logger: slog.New(slog.DiscardHandler)})
	y.ok(err)
	supervision.Supervise(s, k, decide)
	return k, s
}

// A state is taken out of the definition while records are in it. They stay where they are until a
// program has the state again, with a way out of it.
func TestAStateIsRemovedWithRecordsInIt(t *testing.T) {
	t.Parallel()
	without, err := kilnMachine.Definition().Derive("kiln of another program", func(e *fsm.Edit[kilnState, kilnEvent]) {
		e.SetRow(heating, hot, cold)
		for _, event := range []kilnEvent{cool, light, refuel, giveUp} {
			e.RemoveRow(firing, event)
		}
		e.RemoveStart(firing)
		e.RemoveState(firing)
	})
	if err != nil {
		t.Fatal(err)
	}
	wayOut, err := without.Derive("kiln with a way out", func(e *fsm.Edit[kilnState, kilnEvent]) {
		e.AddState(firing, fsm.State[kilnState, kilnEvent]{Mode: fsm.Waiting, After: burns, Then: giveUp})
		e.AddRow(firing, giveUp, cracked)
		e.AddStart(firing) // nothing else leads there
	})
	if err != nil {
		t.Fatal(err)
	}
	inYard(t, plan{}, func(y *yard) {
		y.create("a", supervision.At(firing))
		y.create("b", supervision.At(heating))
		k, s := y.program(without, obeying)
		stop := y.start(s)
		y.pass(2 * burns)
		if r := y.record("a"); r.State != string(firing) || r.Status != storage.OK || !strings.HasPrefix(r.Reason, "parked: ") {
			y.Errorf("in a state that is no more it is %+v", r)
		}
		if r, err := k.Get(y.Context(), "a"); r.State != firing || err != nil {
			y.Errorf("read by the host it is %+v, %v", r, err)
		}
		y.wants("b", cracked)
		y.ok(stop())
		_, s = y.program(wayOut, obeying)
		y.start(s)
		y.pass(10 * time.Minute)
		if r := y.wants("a", cracked); r.Failures > 0 || r.Reason != "" {
			y.Errorf("out of the state it is %+v", r)
		}
	})
}

// An effect gets another name while one of the old name is pending, and the outcome of another has not
// been heard. A program that still knows the old name for those loses neither.
func TestAnEffectIsRenamed(t *testing.T) {
	t.Parallel()
	coal := supervision.NewEffect[int, string]("coal")
	burn := func(_ context.Context, c supervision.Call, n int) (string, error) {
		return fmt.Sprint(c.From.ID, n), nil
	}
	s := &stove{burn: burn}
	inYard(t, s.fueled(plan{}, nil), func(y *yard) {
		y.create("heard of")
		y.create("pending")
		y.emit("heard of", 1)
		y.ok(y.kilns.Pause(y.Context(), "heard of", "so that nobody hears the outcome"))
		stop := y.run()
		y.pass(time.Second)
		y.ok(stop())
		y.emit("pending", 2)
		y.ok(y.kilns.Resume(y.Context(), "heard of"))

		decide := func(t *kilnTurn) error {
			for _, m := range t.Messages {
				if ash, err, ok := coal.Outcome(m); ok && err == nil {
					t.Data.Log = append(t.Data.Log, "coal "+ash)
				}
			}
			return burning(t)
		}
		_, newer := y.program(kilnMachine.Definition(), decide)
		supervision.Perform(newer, coal, burn, nil)
		if err := newer.Run(y.Context()); err == nil || !strings.Contains(err.Error(), `effect "fuel" of kiln/pending waits in the store, and nobody performs it`) {
			y.Fatalf("a program that does not know the old name any more runs: %v", err)
		}
		_, newer = y.program(kilnMachine.Definition(), decide)
		supervision.Perform(newer, coal, burn, nil)
		supervision.Perform(newer, fuel, burn, nil)
		y.start(newer)
		y.pass(time.Second)
		y.heard("heard of", "heard of1")
		y.heard("pending", "pending2")
	})
}
