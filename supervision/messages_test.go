package supervision_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// listening is a decider that notes what it hears.
func listening(t *kilnTurn) error {
	for _, m := range t.Messages {
		if body, ok := word.Body(m); ok {
			t.Data.Log = append(t.Data.Log, body)
		}
	}
	return nil
}

func (y *yard) say(id, body string, o ...supervision.MessageOption) {
	y.Helper()
	y.ok(word.Deliver(y.Context(), y.kilns, id, body, append([]supervision.MessageOption{supervision.MessageID(body)}, o...)...))
}

func (y *yard) heard(id string, want ...string) {
	y.Helper()
	if diff := cmp.Diff(want, y.get(id).Data.Log); diff != "" {
		y.Errorf("what %s heard (-want +got):\n%s", id, diff)
	}
}

func (y *yard) became(id string, as storage.MessageStatus, want string) {
	y.Helper()
	if got := y.messages(id, as); got != want {
		y.Errorf("%v are %q, want %q", as, got, want)
	}
}

func TestStaleMessagesAreRecordedAndNotHeard(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: func(t *kilnTurn) error {
		if t.Operation != "" && t.Step == "" {
			t.Step = "two"
		}
		return listening(t)
	}}, func(y *yard) {
		y.run()
		y.create("a")
		y.say("a", "before any", supervision.About("some operation", ""))
		op := y.order("a", light, time.Hour)
		y.pass(instant)
		y.say("a", "this one", supervision.About(op, ""))
		y.say("a", "this step", supervision.About(op, "two"))
		y.say("a", "an earlier step", supervision.About(op, "one"))
		y.say("a", "another operation", supervision.About("x", "two"))
		y.say("a", "none")
		y.say("a", "a step of none", supervision.About("", "one"))
		y.pass(instant)
		y.heard("a", "this one", "this step", "none", "a step of none")
		y.became("a", storage.MessageStale, "before any an earlier step another operation")
		y.order("a", hot, time.Hour)
		y.say("a", "too late", supervision.About(op, ""))
		y.pass(instant)
		y.became("a", storage.MessageStale, "before any an earlier step another operation too late")
		y.became("a", storage.MessageOpen, "")
		for m, err := range y.memory.Messages(y.Context(), storage.MessageQuery{To: y.kilns.Key("a"), Statuses: []storage.MessageStatus{storage.MessageStale}}) {
			y.ok(err)
			if !strings.HasPrefix(m.Reason, "it is about another ") {
				y.Errorf("%s is stale because of %q", m.ID, m.Reason)
			}
		}
	})
}

func TestIgnoredMessagesAreStaleWithTheReason(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: func(t *kilnTurn) error {
		for _, m := range t.Messages {
			if m.ID == "noise" {
				t.Ignore(m, "nobody asked")
			}
		}
		return nil
	}}, func(y *yard) {
		y.run()
		y.create("a")
		y.say("a", "noise")
		y.say("a", "signal")
		y.pass(instant)
		y.became("a", storage.MessageConsumed, "signal")
		y.became("a", storage.MessageStale, "noise")
		for m, err := range y.memory.Messages(y.Context(), storage.MessageQuery{Statuses: []storage.MessageStatus{storage.MessageStale}}) {
			y.ok(err)
			if m.Reason != "nobody asked" {
				y.Errorf("the reason is %q", m.Reason)
			}
		}
	})
}

// What cannot be decoded is set aside with the reason, costs no turn, and is heard when it is redriven
// to a program that understands it.
func TestAMessageThatCannotBeDecodedIsDead(t *testing.T) {
	t.Parallel()
	numbers := supervision.NewMessage[int]("word") // another program's idea of the same message
	understands := false
	inYard(t, plan{decide: func(t *kilnTurn) error {
		for _, m := range t.Messages {
			if !understands {
				if n, ok := numbers.Body(m); ok || n != 0 {
					return fmt.Errorf("%q is the number %d", m.Body, n)
				}
			}
		}
		if understands {
			return listening(t)
		}
		return nil
	}}, func(y *yard) {
		stop := y.run()
		y.create("a")
		y.say("a", "seven")
		y.pass(instant)
		y.became("a", storage.MessageDead, "seven")
		if r := y.get("a"); r.Failures != 0 || r.Status != storage.OK {
			y.Errorf("the record suffers: %+v", r)
		}
		y.ok(stop())
		understands = true
		y.start(y.sup)
		for m, err := range y.memory.Messages(y.Context(), storage.MessageQuery{Statuses: []storage.MessageStatus{storage.MessageDead}}) {
			y.ok(err)
			if !strings.HasPrefix(m.Reason, "it cannot be decoded: ") {
				y.Errorf("it is dead because of %q", m.Reason)
			}
			answers, err := y.memory.RedriveMessages(y.Context(), []uint64{m.Seq})
			y.ok(errors.Join(append(answers, err)...))
		}
		y.pass(instant)
		y.heard("a", "seven")
	})
}

func TestAMessageIsHeardOnce(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: listening}, func(y *yard) {
		y.run()
		y.create("a")
		for range 3 {
			y.say("a", "hello")
			y.pass(instant)
		}
		y.heard("a", "hello")
	})
}

func TestASlotHoldsTheNewest(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: listening}, func(y *yard) {
		y.create("a")
		for i := range 5 {
			y.say("a", fmt.Sprint("beat ", i), supervision.Slot("heart"))
		}
		y.say("a", "other", supervision.Slot("other"))
		y.run()
		y.pass(instant)
		y.heard("a", "beat 4", "other")
		y.became("a", storage.MessageReplaced, "beat 0 beat 1 beat 2 beat 3")
	})
}

// What is said to a final record is kept and gives no turn. What is said to none is refused.
func TestMessagesThatNobodyHears(t *testing.T) {
	t.Parallel()
	inYard(t, plan{decide: listening}, func(y *yard) {
		y.run()
		y.create("a")
		y.fire("a", rubble)
		y.say("a", "goodbye")
		y.pass(time.Minute)
		y.became("a", storage.MessageStale, "goodbye")
		if n := len(y.turns.of("a")); n != 0 {
			y.Errorf("a final record had %d turns", n)
		}
		if err := word.Deliver(y.Context(), y.kilns, "nobody", "x"); !errors.Is(err, storage.ErrNotFound) {
			y.Errorf("a message to nobody: %v", err)
		}
	})
}

// However many messages there are, all are heard in their order, and before time is up for a record
// that they came in time for.
func TestManyMessagesComeBeforeTheLimit(t *testing.T) {
	t.Parallel()
	const n = 250
	inYard(t, plan{decide: func(t *kilnTurn) error {
		if err := listening(t); err != nil {
			return err
		}
		if slices.Contains(t.Data.Log, fmt.Sprint(n-1)) && t.State == firing {
			return t.Fire(cool)
		}
		return nil
	}}, func(y *yard) {
		y.create("a", supervision.At(firing))
		y.create("b", supervision.At(firing))
		var want []string
		for i := range n {
			want = append(want, fmt.Sprint(i))
			y.say("a", want[i])
		}
		y.pass(burns)
		for i := range n {
			y.say("b", want[i]) // too late
		}
		y.run()
		y.pass(supervision.DefaultPoll)
		y.wants("a", cold)
		y.wants("b", cracked)
		y.heard("a", want...)
		y.heard("b", want...)
		if events := y.turns.of("a"); len(events) != 3 {
			y.Errorf("%d turns, want 3", len(events))
		}
	})
}

// What is said while a turn is being written is heard in the next one.
func TestAMessageDuringATurnIsNotLost(t *testing.T) {
	t.Parallel()
	var store *spy
	inYard(t, spied(plan{decide: listening}, &store), func(y *yard) {
		said := 0
		store.applying = func([]storage.Change) {
			if said++; said <= 5 {
				y.ok(word.Deliver(context.Background(), y.kilns, "a", fmt.Sprint(said)))
			}
		}
		y.create("a", supervision.At(heating))
		y.run()
		y.pass(6 * supervision.DefaultPoll)
		y.heard("a", "1", "2", "3", "4", "5")
	})
}

// A turn that fails consumes nothing.
func TestMessagesOfAFailedTurnStayOpen(t *testing.T) {
	t.Parallel()
	fails := 3
	inYard(t, plan{decide: func(t *kilnTurn) error {
		_ = listening(t)
		if fails--; fails >= 0 {
			return errNotNow
		}
		return nil
	}}, func(y *yard) {
		y.create("a")
		y.say("a", "hello")
		y.run()
		y.pass(instant)
		y.became("a", storage.MessageOpen, "hello")
		y.pass(time.Minute)
		y.heard("a", "hello")
		if r := y.get("a"); r.Failures != 0 || r.Reason != "" {
			y.Errorf("after a good turn it is %+v", r)
		}
	})
}

// Records speak to each other in the commits of their turns, also to themselves.
func TestRecordsSendInTheirTurns(t *testing.T) {
	t.Parallel()
	var kilns *kilnKind
	inYard(t, plan{decide: func(t *kilnTurn) error {
		if t.State == heating {
			word.Send(t, kilns.Key("b"), "from "+t.Key.ID, supervision.MessageID("greeting"))
			word.Send(t, kilns.Key("nobody"), "are you there?")
			word.Send(t, t.Key, "note to self")
			return t.Fire(hot)
		}
		for _, m := range t.Messages {
			t.Data.Log = append(t.Data.Log, m.From.ID)
		}
		return nil
	}}, func(y *yard) {
		kilns = y.kilns
		y.create("b")
		y.run()
		y.create("a", supervision.At(heating))
		y.pass(instant)
		y.heard("a", "a")
		y.heard("b", "a")
		dead := y.messages("nobody", storage.MessageDead)
		if dead == "" || strings.Contains(dead, " ") {
			y.Errorf("messages to nobody are %q, want one that is dead", dead)
		}
	})
}

// What cannot be sent fails the turn that wants it, or the call.
func TestMessagesThatCannotBeSent(t *testing.T) {
	t.Parallel()
	functions := supervision.NewMessage[func()]("function")
	nameless := supervision.NewMessage[int]("")
	for name, err := range map[string]error{
		"no form":           functions.Deliver(t.Context(), nil, "a", func() {}),
		"no name":           nameless.Deliver(t.Context(), nil, "a", 1),
		"an outcome's name": supervision.NewMessage[int]("outcome of x").Deliver(t.Context(), nil, "a", 1),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "supervision: message ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	inYard(t, plan{options: supervision.Options{Failures: 1}, decide: func(t *kilnTurn) error {
		functions.Send(t, t.Key, func() {})
		return nil
	}}, func(y *yard) {
		y.create("a", supervision.At(heating))
		y.run()
		y.pass(instant)
		if r := y.get("a"); r.Status != storage.Quarantined || !strings.Contains(r.Reason, `message "function"`) {
			y.Errorf("it is %+v", r)
		}
	})
}
