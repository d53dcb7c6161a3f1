package supervision

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// A Decider says what is to become of a record. It is a pure function of its turn: the same record,
// messages, elements and time give the same decision, so it reads no clock, draws no lots and calls
// nobody. What it wants done outside it emits as effects.
//
// It is called with the messages, and without any when the record is due for another reason. If the
// time of the record's state or operation is up and the decider did nothing about that limit, it is
// called again in the same turn, with no messages and Expired set. If it then neither moves the
// record, nor calls Touch, Begin or End, the event that the state's limit names is fired. A limit that
// it leaves as it was ends.
//
// An error, or a panic, makes the turn fail: nothing of it is written, the record waits and is tried
// again, and after too many failures it is quarantined.
type Decider[T any, S, E ~string] func(t *Turn[T, S, E]) error

// Decide returns what decide makes of a record as it was seen: the change that a supervisor applies.
// It writes nothing. The store is read for what [KindOptions.Reads] names, and for elements that decide
// asks for and that are not in the snapshot.
func (k *Kind[T, S, E]) Decide(ctx context.Context, seen *storage.Snapshot, decide Decider[T, S, E]) (storage.Change, error) {
	if k.broken != nil {
		return storage.Change{}, k.broken
	}
	reads, err := k.read(ctx, seen)
	if err != nil {
		return storage.Change{}, k.explain("decide", seen.Key.ID, err)
	}
	c, err := k.decide(ctx, seen, reads, decide)
	return c, k.explain("decide", seen.Key.ID, err)
}

// read loads what the record reads.
func (k *Kind[T, S, E]) read(ctx context.Context, seen *storage.Snapshot) (reads, error) {
	keys, err := k.readsOf(seen)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	loaded, err := k.store.Load(ctx, keys)
	if err != nil {
		return nil, err
	}
	return readsFrom(loaded), nil
}

func readsFrom(loaded []storage.Snapshot) reads {
	out := make(reads, len(loaded))
	for i := range loaded {
		out[loaded[i].Key] = &loaded[i].Record
	}
	return out
}

func (k *Kind[T, S, E]) readsOf(seen *storage.Snapshot) ([]storage.Key, error) {
	if k.options.Reads == nil {
		return nil, nil
	}
	data, err := k.decode(&seen.Record)
	if err != nil {
		return nil, err
	}
	return k.options.Reads(S(seen.State), data), nil
}

// decide runs the decider as often as the turn needs it, and returns the change.
func (k *Kind[T, S, E]) decide(ctx context.Context, seen *storage.Snapshot, reads reads, decide Decider[T, S, E]) (storage.Change, error) {
	t, err := k.open(ctx, seen, reads)
	if err != nil {
		return storage.Change{}, err
	}
	c, err := k.conclude(t, decide)
	if errors.Is(err, errInputs) && len(seen.Messages) > 1 {
		fewer := *seen // the others stay open for the next turn
		fewer.Messages, fewer.More = seen.Messages[:len(seen.Messages)/2], true
		return k.decide(ctx, &fewer, reads, decide)
	}
	return c, err
}

// open returns the supervisor's turn of a record.
func (k *Kind[T, S, E]) open(ctx context.Context, seen *storage.Snapshot, reads reads) (*Turn[T, S, E], error) {
	if _, known := k.machine.Mode(S(seen.State)); !known {
		return nil, fmt.Errorf("%w %q in machine %q; this program does not know it", fsm.ErrUnknownState, seen.State, k.machine.Name())
	}
	t, err := k.turn(ctx, seen)
	if err != nil {
		return nil, err
	}
	t.decided, t.core.reads = true, reads
	t.takeMessages()
	return t, nil
}

// conclude has a turn decided.
func (k *Kind[T, S, E]) conclude(t *Turn[T, S, E], decide Decider[T, S, E]) (_ storage.Change, err error) {
	defer func() {
		if err != nil && errors.Is(t.core.err, errUnread) {
			err = t.core.err // what a decider makes of a part of its elements says nothing
		}
	}()
	defer recoverTo(&err)
	if err := t.run(decide, t.about()); err != nil {
		return storage.Change{}, err
	}
	if err := t.timeUp(decide); err != nil {
		return storage.Change{}, err
	}
	t.expireElements()
	c, err := k.outcome(t)
	c.Token = t.seen.Lease.Token
	return c, err
}

// expireElements sees to the elements whose time is up and that the decider left alone.
func (t *Turn[T, S, E]) expireElements() {
	if t.deleted {
		return
	}
	cause := t.core.cause
	t.core.cause = "limit of an element"
	t.core.parts.expire(t.outbound())
	t.core.cause = cause
}

// run calls the decider for one reason.
func (t *Turn[T, S, E]) run(decide Decider[T, S, E], cause string) error {
	t.core.cause = cause
	err := decide(t)
	if t.core.err != nil {
		return t.core.err // what came first
	}
	return err
}

// timeUp does what a turn has to do if the time of its state or operation is up.
func (t *Turn[T, S, E]) timeUp(decide Decider[T, S, E]) error {
	messages := t.Messages
	if t.Expired = t.expired(); t.Expired == NotExpired {
		return nil
	}
	t.Messages, t.acted = nil, false
	before := len(t.core.emit)
	cause := "limit of the state"
	if t.Expired == OperationExpired {
		cause = "deadline of the operation"
	}
	err := t.run(decide, cause)
	if err == nil {
		t.core.cause = cause
		err = t.expire()
	}
	if t.over() {
		t.dropEmitted(before)
	}
	t.Messages = messages
	return err
}

// over reports whether the operation that the turn found has ended.
func (t *Turn[T, S, E]) over() bool {
	mode, _ := t.machine.Mode(t.State)
	return t.seen.Operation != "" && (t.Operation != t.seen.Operation || mode == fsm.Resting || mode == fsm.Final)
}

// dropEmitted takes back the first n effects, which the decider emitted for an operation before it was
// told that time is up.
func (t *Turn[T, S, E]) dropEmitted(n int) {
	kept := t.core.emit[:0]
	for i, e := range t.core.emit {
		if i >= n || e.Keep || e.Operation != t.seen.Operation {
			kept = append(kept, e)
		}
	}
	t.core.emit = kept
}

// takeMessages gives the turn the messages that are its business. The others are stale: they name an
// operation or a step that is not under way any more.
func (t *Turn[T, S, E]) takeMessages() {
	for i := range t.seen.Messages {
		m := &t.seen.Messages[i]
		if why := t.stale(m); why != "" {
			t.core.fates = append(t.core.fates, storage.Consumption{Seq: m.Seq, As: storage.MessageStale, Reason: why})
			continue
		}
		t.Messages = append(t.Messages, Message{Message: *m, core: &t.core})
	}
}

func (t *Turn[T, S, E]) stale(m *storage.Message) string {
	switch {
	case m.Operation != "" && m.Operation != t.seen.Operation:
		return "it is about another operation"
	case m.Operation != "" && m.Step != "" && m.Step != t.seen.Step:
		return "it is about another step of the operation"
	}
	return ""
}

// about says for the history what a turn is about.
func (t *Turn[T, S, E]) about() string {
	if len(t.Messages) == 0 {
		return "turn"
	}
	const most = 3
	var names []string
	for _, m := range t.Messages {
		if !slices.Contains(names, m.Name) {
			names = append(names, m.Name)
		}
	}
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return "message " + strings.Join(names, ", ")
}

// A PanicError is a panic in the host's code, kept as the error of the turn or effect that it ended.
type PanicError struct {
	// Value is what the code panicked with, Stack where.
	Value any
	Stack []byte
}

// Error says what the code panicked with.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

func recoverTo(err *error) {
	if v := recover(); v != nil {
		*err = &PanicError{Value: v, Stack: debug.Stack()}
	}
}

var errNoData = errors.New("the turn's data was set to nil; change what it points to instead")
