package main

import (
	"errors"

	"github.com/reeve-go/reeve/supervision"
)

// What nodes want done. It is done by whichever run on the store is free to, at least once, and its
// outcome comes back to the node.
var (
	gathering  = supervision.NewEffect[Options, *Facts]("gather")
	processing = supervision.NewEffect[stored, *Properties]("process")
	powerOff   = supervision.NewEffect[struct{}, struct{}]("power-off")
)

// Stored facts are what is processed.
type stored struct {
	Facts   *Facts  `json:"facts"`
	Options Options `json:"options"`
}

// found is what a run says to a node that it finds in the middle: who it is.
var found = supervision.NewMessage[string]("found")

// The words of ironic-inspector.
const (
	timeout  = "Introspection timeout"
	canceled = "Canceled by operator"
)

// decide says what becomes of a node: what it was told moves it on, and then it wants done what its
// state is for. It is a pure function of its turn, and its turn is one commit.
func decide(t *Turn) error {
	if t.Expired != supervision.NotExpired {
		return timeUp(t)
	}
	t.Note("inspector")
	for _, m := range t.Messages {
		if err := hear(t, m); err != nil {
			return err
		}
	}
	return want(t)
}

// hear takes in one thing that the node was told. What is about an introspection that is over, such
// as the facts of one that was aborted, the supervisor has sorted out.
func hear(t *Turn, m supervision.Message) error {
	if run, ok := found.Body(m); ok {
		t.Data.Attributes.FoundBy = run
	}
	if facts, err, ok := gathering.Outcome(m); ok && err == nil { // else its time will be up
		t.Data.Facts, t.Data.Properties = facts, nil
		t.Data.Options.Pause = 0 // it was in the middle
		t.Note("facts")
		return t.Fire(Process)
	}
	if properties, err, ok := processing.Outcome(m); ok {
		if err != nil {
			t.Note(reason(err))
			return end(t, Error, reason(err)) // the facts stay: they can be processed again
		}
		t.Data.Properties = properties
		return end(t, Finish, "")
	}
	if _, err, ok := powerOff.Outcome(m); ok {
		t.Note("power is off")
		if err != nil {
			t.Note("power-off failed: " + reason(err))
		}
		return end(t, AbortEnd, canceled)
	}
	return nil
}

// want has done what the node's state is for. A node has a turn whenever something happens to it;
// what is wanted once is done once in its stay in a state.
func want(t *Turn) error {
	switch t.State {
	case Starting:
		gathering.Emit(t, t.Data.Options)
		return t.Fire(Wait)
	case Enrolling:
		gathering.Emit(t, t.Data.Options, supervision.Once())
	case Processing, Reapplying:
		processing.Emit(t, stored{t.Data.Facts, t.Data.Options}, supervision.Once())
	case Aborting:
		powerOff.Emit(t, struct{}{}, supervision.Once())
	}
	return nil
}

// timeUp ends an introspection whose state has lasted for as long as it may. What is still being done
// for it is canceled.
func timeUp(t *Turn) error {
	if t.Data.Attributes.FoundBy != "" {
		t.Note("found at the next run")
	}
	return end(t, TimedOut, timeout)
}

// end ends an introspection: the state, when and why it ended, its results, and the removal of what
// was there on the way are one commit, so nobody ever sees half of it.
func end(t *Turn, event Event, why string) error {
	t.Data.FinishedAt, t.Data.Error = t.Now, why
	t.Data.Attributes, t.Data.Options = Attributes{}, Options{}
	return t.Fire(event)
}

// reason is what went wrong the last time that an effect was tried.
func reason(err error) string {
	if failed, ok := errors.AsType[*supervision.EffectError](err); ok {
		return failed.Text
	}
	return err.Error()
}
