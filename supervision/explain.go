package supervision

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// An Explanation says what a record waits for, until when, who holds it and what was tried. It is a
// copy, true at Now, except that what belongs to the record was read a moment later. Its String is
// for people.
type Explanation struct {
	// Key is the record, State where it is, Mode who has to do something there, and Doc what the
	// definition says of it.
	Key   storage.Key
	State string
	Mode  fsm.Mode
	Doc   string
	// Since is when it entered the state; at Until, if that is not zero, Then is fired.
	Since, Until time.Time
	Then         string
	// Status says whether it gets turns, and Reason why not, or what went wrong last. Failures counts
	// failed turns; before NotBefore there is no other.
	Status    storage.Status
	Reason    string
	Failures  int
	NotBefore time.Time
	// KindPaused says that the whole kind gets none, and KindReason why.
	KindPaused bool
	KindReason string
	// Operation is the order under way, Step how far it is, Deadline when its time is up; zero: never.
	Operation, Step string
	Deadline        time.Time
	// Due is when it next gets a turn; zero: when it is spoken to.
	Due time.Time
	// Holder has the lease on it, until HeldUntil; empty: nobody.
	Holder    string
	HeldUntil time.Time
	// Messages are those that wait for a turn, Dead those that could not be understood, and Effects
	// those that have not ended or were given up, the oldest first, at most a hundred of each, without
	// their bodies.
	Messages []storage.Message
	Dead     []storage.Message
	Effects  []storage.Effect
	// Elements counts its elements by group and state.
	Elements []storage.Tally
	// Permitted are the events that may be fired where it is.
	Permitted []string
	// Notes are the host's own words, from the kind's Explain.
	Notes []string
	// Now is the store's time.
	Now time.Time
}

// Explain says what a record waits for.
func (k *Kind[T, S, E]) Explain(ctx context.Context, id string) (Explanation, error) {
	e, err := k.explanation(ctx, id)
	return e, k.explain("explain", id, err)
}

func (k *Kind[T, S, E]) explanation(ctx context.Context, id string) (Explanation, error) {
	s, kind, err := k.loadWithSwitch(ctx, id)
	if err != nil {
		return Explanation{}, err
	}
	e := Explanation{
		Key: s.Key, State: s.State, Since: s.Since, Until: s.Until,
		Status: s.Status, Reason: s.Reason, Failures: s.Failures, NotBefore: s.NotBefore,
		KindPaused: kind.Status == storage.Paused, KindReason: kind.Reason,
		Operation: s.Operation, Step: s.Step, Deadline: s.Deadline, Due: s.Due,
		Holder: s.Holder, HeldUntil: s.HeldUntil, Elements: s.Tally, Now: s.Now,
	}
	k.describe(&e)
	if err := k.collect(ctx, &e); err != nil {
		return e, err
	}
	return e, k.annotate(ctx, &e, &s.Record)
}

// describe adds what the machine knows.
func (k *Kind[T, S, E]) describe(e *Explanation) {
	state := S(e.State)
	e.Mode, _ = k.machine.Mode(state)
	e.Doc = k.machine.Definition().States[state].Doc
	if _, then, ok := k.machine.Timeout(state); ok {
		e.Then = string(then)
	}
	for _, event := range k.machine.Permitted(state) {
		e.Permitted = append(e.Permitted, string(event))
	}
}

// mostExplained is how many messages, and effects, an explanation shows.
const mostExplained = 100

// collect adds what belongs to the record.
func (k *Kind[T, S, E]) collect(ctx context.Context, e *Explanation) (err error) {
	if e.Messages, err = k.messagesOf(ctx, e.Key, storage.MessageOpen); err != nil {
		return err
	}
	if e.Dead, err = k.messagesOf(ctx, e.Key, storage.MessageDead); err != nil {
		return err
	}
	unended := []storage.EffectStatus{storage.EffectPending, storage.EffectRunning, storage.EffectDead}
	for f, err := range k.store.Effects(ctx, storage.EffectQuery{From: e.Key, Statuses: unended, Limit: mostExplained}) {
		if err != nil {
			return err
		}
		f.Body = nil
		e.Effects = append(e.Effects, f)
	}
	return nil
}

func (k *Kind[T, S, E]) messagesOf(ctx context.Context, key storage.Key, status storage.MessageStatus) (out []storage.Message, err error) {
	q := storage.MessageQuery{To: key, Statuses: []storage.MessageStatus{status}, Limit: mostExplained}
	for m, err := range k.store.Messages(ctx, q) {
		if err != nil {
			return nil, err
		}
		m.Body = nil
		out = append(out, m)
	}
	return out, nil
}

// annotate adds the host's own words.
func (k *Kind[T, S, E]) annotate(ctx context.Context, e *Explanation, r *storage.Record) (err error) {
	if k.options.Explain == nil {
		return nil
	}
	record, err := k.record("explain", r)
	if err != nil {
		e.Notes = []string{err.Error()}
		return nil
	}
	defer recoverTo(&err)
	e.Notes, err = k.options.Explain(ctx, record)
	return err
}

// String says it in a few lines.
func (e Explanation) String() string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("%s is %s for %v%s", e.Key, e.State, e.ago(e.Since), note(e.Doc))
	e.sayStatus(say)
	if e.Operation != "" {
		say("  operation %s%s%s", e.Operation, note(e.Step), e.until(", to end", e.Deadline))
	}
	if !e.Until.IsZero() {
		say("  its time there is up %s; then %s", e.in(e.Until), e.Then)
	}
	if e.Holder != "" {
		say("  held by %s for %v", e.Holder, e.HeldUntil.Sub(e.Now).Round(time.Millisecond))
	}
	for _, m := range e.Messages {
		say("  message %q%s waits for %v", m.Name, note(m.Element), e.ago(m.At))
	}
	for _, m := range e.Dead {
		say("  message %q%s is dead: %s", m.Name, note(m.Element), m.Reason)
	}
	for i := range e.Effects {
		say("  %s", e.effect(&e.Effects[i]))
	}
	for _, t := range e.Elements {
		say("  elements: %d %s in group %d", t.N, t.State, t.Group)
	}
	for _, n := range e.Notes {
		say("  %s", n)
	}
	switch {
	case !e.Due.IsZero():
		say("  its next turn is %s", e.in(e.Due))
	case len(e.Permitted) > 0 && e.Status == storage.OK:
		say("  it waits for one of %s", strings.Join(e.Permitted, ", "))
	}
	return b.String()
}

func (e *Explanation) sayStatus(say func(string, ...any)) {
	if e.KindPaused {
		say("  the whole kind is paused%s", note(e.KindReason))
	}
	switch {
	case e.Status != storage.OK:
		say("  it is %v%s", e.Status, note(e.Reason))
	case e.Failures > 0:
		say("  its last %d turns failed%s", e.Failures, note(e.Reason))
	}
}

func (e *Explanation) effect(f *storage.Effect) string {
	text := fmt.Sprintf("effect %q%s is %v", f.Name, note(f.Element), f.Status)
	switch {
	case f.Status == storage.EffectRunning:
		text += fmt.Sprintf(" by %s, attempt %d", f.Owner, f.Attempt)
	case f.Attempt > 0:
		text += fmt.Sprintf(" after attempt %d: %s", f.Attempt, f.Reason)
	}
	if f.Status == storage.EffectPending && !f.Due.IsZero() {
		text += ", to be tried " + e.in(f.Due)
	}
	return text + e.until(", to end", f.Deadline)
}

func (e *Explanation) ago(t time.Time) time.Duration { return ago(e.Now, t) }

func (e *Explanation) in(t time.Time) string { return in(e.Now, t) }

func (e *Explanation) until(what string, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return what + " " + e.in(t)
}

// note puts a text behind another, if there is one.
func note(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

func ago(now, t time.Time) time.Duration { return now.Sub(t).Round(time.Millisecond) }

func in(now, t time.Time) string {
	if d := t.Sub(now); d > 0 {
		return "in " + d.Round(time.Millisecond).String()
	}
	return "now"
}
