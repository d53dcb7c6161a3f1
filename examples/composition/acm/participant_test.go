package acm

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/supervision"
)

func (f *field) participant(id string, want ParticipantState) {
	f.Helper()
	p, err := f.Participants.Get(f.ctx, id)
	f.must(err)
	if p.State != want {
		f.Errorf("participant %s is %s, not %s", id, p.State, want)
	}
}

func TestParticipantLivesAsLongAsAReplica(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		hear := func(replica string, types ...string) {
			f.must(f.Hear(f.ctx, "P", Life{Replica: replica, Types: types}))
			f.pass()
		}
		hear("a", "x")
		hear("b", "x")
		f.participant("P", Online)
		f.same("what new replicas are told", f.told, "restart P/a", "restart P/b")
		f.told = nil
		f.later(testSilence / 2)
		hear("a", "x")
		f.same("what a replica is told that was heard again", f.told)
		hear("a", "x", "y")
		f.same("what a replica is told that can do more", f.told, "restart P/a")
		f.told = nil
		f.later(testSilence - time.Second)
		f.participant("P", Online)
		f.later(2 * time.Second)
		f.participant("P", Offline)
		hear("b", "x")
		f.participant("P", Online)
		f.same("what a replica is told that came back", f.told, "restart P/b")
	})
}

func TestOrderNeedsLiveParticipants(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.later(testSilence / 2)
		f.beat("P1")
		f.later(testSilence/2 + time.Second)
		_, err := f.Order(f.ctx, "i", Deploy)
		if !errors.Is(err, ErrNoReplica) || !strings.Contains(err.Error(), `"P2" was heard of last 5m1`) || strings.Contains(err.Error(), `"P1"`) {
			f.Errorf("an order whose participant is gone: %v", err)
		}
		f.is(Undeployed)
		_, err = f.OrderDefinition(f.ctx, "shop", Deprime)
		if !says(err, `has instance "i"`) {
			f.Errorf("depriming what has instances: %v", err)
		}
		f.must(f.CreateDefinition(f.ctx, "d", Definition{Nodes: map[string]Node{"n": {}}}, map[string]string{"n": "P9"}))
		_, err = f.OrderDefinition(f.ctx, "d", Prime)
		if !errors.Is(err, ErrNoReplica) || !says(err, `"P9" never registered`) {
			f.Errorf("priming at nobody: %v", err)
		}
		if err := f.CreateInstance(f.ctx, "k", "d", nil); !says(err, "prime it first") {
			f.Errorf("an instance of what is not primed: %v", err)
		}
	})
}

func TestExplainNamesTheParticipantThatVanished(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.newInstance()
		f.order(Deploy)
		f.later(testSilence - testWait)
		f.beat("P2")
		f.later(testWait + time.Second)
		e, err := f.Instances.Explain(f.ctx, "i")
		f.must(err)
		if text := e.String(); !strings.Contains(text, `participant "P1", with 2 open elements, has no live replica`) || strings.Contains(text, "P2") {
			f.Errorf("the explanation is\n%s", text)
		}
	})
}

func TestPrimesAndDeprimes(t *testing.T) {
	t.Parallel()
	onField(t, func(f *field) {
		f.must(f.CreateDefinition(f.ctx, "d", Definition{Nodes: map[string]Node{"a": {}, "b": {}}}, map[string]string{"a": "P1", "b": "P2"}))
		f.beat("P1")
		f.beat("P2")
		f.pass()
		f.told = nil
		first, err := f.OrderDefinition(f.ctx, "d", Prime)
		f.must(err)
		f.pass()
		f.same("who is primed", f.told, "prime a of d at P1", "prime b of d at P2")
		ack := func(operation, participant string, state TypeState, r Result) {
			f.must(PrimeAcked.Deliver(f.ctx, f.Definitions, "d", PrimeAck{Participant: participant, State: state, Result: r}, supervision.About(operation, "all")))
			f.pass()
		}
		is := func(want DefinitionState) {
			d, err := f.Definitions.Get(f.ctx, "d")
			f.must(err)
			if d.State != want {
				f.Errorf("the definition is %q, not %q", d.State, want)
			}
		}
		ack(first, "P1", primed, noError)
		is(Priming)
		ack("", "P2", primed, noError)
		is(Priming)
		f.later(testWait + time.Second)
		is(PrimeTimedOut)
		ack(first, "P2", primed, noError)
		is(Primed)
		var refused *fsm.TransitionError
		if _, err := f.OrderDefinition(f.ctx, "d", Prime); !errors.As(err, &refused) {
			f.Errorf("priming what is primed: %v", err)
		}
		if _, err := f.OrderDefinition(f.ctx, "d", Finished); !says(err, "no order") {
			f.Errorf("what the supervisor alone may say: %v", err)
		}
		second, err := f.OrderDefinition(f.ctx, "d", Deprime)
		f.must(err)
		f.pass()
		ack(first, "P1", primed, failed)
		is(Depriming)
		ack(second, "P1", commissioned, failed)
		is(DeprimeFailed)
		_, err = f.OrderDefinition(f.ctx, "d", Deprime)
		f.must(err)
		f.pass()
		f.same("what participants are told at the ends", f.told[len(f.told)-3:], "d is DEPRIMING FAILED", "deprime a of d at P1", "deprime b of d at P2")
	})
}
