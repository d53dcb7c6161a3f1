package supervision

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// A Turn is one look at one record: what it is, and what is to become of it. It belongs to the
// function that it was given to and is not safe for concurrent use. What its methods say becomes true
// with the turn's one commit, or not at all.
type Turn[T any, S, E ~string] struct {
	// Key is the record, Version what the turn is computed from.
	Key     storage.Key
	Version uint64
	// State is where the record is. [Turn.Fire] moves it.
	State S
	// Data is a copy of the record's data. What it is at the end of the turn is written.
	Data *T
	// Operation is the order under way; empty: none. Deadline is when its time is up; zero: never.
	Operation string
	Deadline  time.Time
	// Step says how far the operation is. It is the host's to set.
	Step string
	// Since is when the record entered its state, Until when its time there is up, as the turn found
	// it; zero: never.
	Since, Until time.Time
	// Messages are what was said to the record, in the store's order. With the turn they are consumed.
	// An order is given none.
	Messages []Message
	// More: there are further messages, or elements that are due, than the turn was given. Another turn
	// follows at once.
	More bool
	// Expired says that the time of the state or of the operation is up, see [Decider].
	Expired Expiry
	// Now is the store's time.
	Now time.Time

	core    core
	machine *fsm.Machine[S, E]
	runner  *fsm.Runner[T, S, E]
	derives bool
	decided bool // by a decider, rather than ordered by the host
	seen    *storage.Snapshot
	touched bool // the limit of the state was set
	entered bool // a state was entered, by a move that was not Same
	begun   bool // an operation was begun or ended
	acted   bool // one of these, since it was told that time is up
	deleted bool
}

func (t *Turn[T, S, E]) outbound() *core {
	t.core.state, t.core.since = string(t.State), t.Since
	t.core.operation, t.core.step, t.core.deadline = t.Operation, t.Step, t.Deadline
	return &t.core
}

func (t *Turn[T, S, E]) toStep(step string, within time.Duration) {
	t.Step = step
	if within > 0 {
		t.Touch(within)
	}
}

// Fire moves the record as the machine says. An event that is not permitted is a
// [*fsm.TransitionError] and changes nothing. With a runner its guards and actions run, and the events
// that they fire follow.
func (t *Turn[T, S, E]) Fire(e E) error {
	if t.derives {
		return fmt.Errorf("event %q cannot be fired: the state of a %s is derived; change its data and elements", e, t.Key.Kind)
	}
	rows, err := t.rows(e)
	if err != nil {
		return err
	}
	for _, row := range rows {
		t.move(row)
	}
	return nil
}

func (t *Turn[T, S, E]) rows(e E) ([]fsm.Row[S, E], error) {
	if t.runner != nil {
		return t.runner.Trace(t.core.ctx, t.State, t.Data, e)
	}
	to, err := t.machine.Step(t.State, e)
	if err != nil {
		return nil, err
	}
	return []fsm.Row[S, E]{{From: t.State, Event: e, To: to, Same: t.machine.Stays(t.State, e)}}, nil
}

func (t *Turn[T, S, E]) move(row fsm.Row[S, E]) {
	t.core.line(storage.Line{From: string(row.From), Event: string(row.Event), To: string(row.To)})
	t.State = row.To
	if !row.Same {
		t.enter()
	}
}

// enter notes that a state was entered. No two stays in states begin at the same time.
func (t *Turn[T, S, E]) enter() {
	after := t.Since.Add(time.Microsecond)
	t.Since = t.Now
	if t.Since.Before(after) {
		t.Since = after
	}
	t.entered, t.touched, t.acted, t.core.wake = true, false, true, time.Time{}
}

// rests reports whether the record is where no operation goes on.
func (t *Turn[T, S, E]) rests() bool {
	mode, _ := t.machine.Mode(t.State)
	return mode == fsm.Resting || mode == fsm.Final
}

// Begin begins a new operation, which may take the given time in all (zero: any), and returns its id.
// What the operation before has not finished is canceled.
func (t *Turn[T, S, E]) Begin(within time.Duration) string {
	t.Operation, t.Step, t.Deadline = t.NewID(), "", time.Time{}
	t.begun, t.acted = true, true
	if within > 0 {
		t.Deadline = t.Now.Add(within)
	}
	return t.Operation
}

// End ends the operation. One that comes to rest, in a resting or final state, ends by itself.
func (t *Turn[T, S, E]) End() {
	t.Operation, t.Step, t.Deadline = "", "", time.Time{}
	t.begun, t.acted = true, true
}

// Touch sets the limit of the state anew: its time is up d from now; zero or less: never. It leaves
// no line in the history.
func (t *Turn[T, S, E]) Touch(d time.Duration) {
	t.touched, t.acted, t.Until = true, true, time.Time{}
	if d > 0 {
		t.Until = t.Now.Add(d)
	}
}

// Wake brings the record to another turn after d, if nothing else does earlier. Each turn says anew
// when it wants the next one.
func (t *Turn[T, S, E]) Wake(d time.Duration) { t.core.wakeAt(t.Now.Add(d)) }

// Ignore has a message kept as stale instead of consumed, and says why.
func (t *Turn[T, S, E]) Ignore(m Message, why string) {
	t.core.fates = append(t.core.fates, storage.Consumption{Seq: m.Seq, As: storage.MessageStale, Reason: why})
}

// Cancel cancels the effects of the lane that have not ended; empty: all of the record that are not
// to be kept. A running one learns of it by the end of its context.
func (t *Turn[T, S, E]) Cancel(lane string) {
	t.core.cancel = append(t.core.cancel, storage.Cancel{Lane: lane})
}

// Delete has the record deleted by this turn, with everything that belongs to it but its history. A
// turn that deletes its record can do nothing else; what it sent or emitted fails the turn.
func (t *Turn[T, S, E]) Delete() { t.deleted, t.acted = true, true }

// NewID returns an id that no other turn returns. It is derived from the record and its version, so
// that a turn decided again from the same version returns the same ids in the same order.
func (t *Turn[T, S, E]) NewID() string { return t.core.newID() }

// Note says in the history what brought about the moves that follow in this turn.
func (t *Turn[T, S, E]) Note(cause string) { t.core.cause = cause }
