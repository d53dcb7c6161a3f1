package supervision

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// An Effect is a sort of thing that records want done outside, with the type of what it is done with,
// and of what comes of it. A decider emits it, [Perform] says how it is done, and its outcome comes
// back to the record as a message. It is done at least once: whoever performs it, or the outside, goes
// by the idempotency key. It is safe for concurrent use.
type Effect[A, R any] struct {
	name  string
	codec Codec
}

// NewEffect returns the sort of effect of that name. The name is what is stored.
func NewEffect[A, R any](name string) *Effect[A, R] { return &Effect[A, R]{name: name, codec: JSON{}} }

// WithCodec returns the same sort of effect with another form of what is stored. Without it that is
// [JSON].
func (e *Effect[A, R]) WithCodec(c Codec) *Effect[A, R] { return &Effect[A, R]{e.name, c} }

// Name returns the name.
func (e *Effect[A, R]) Name() string { return e.name }

// Emit has the effect performed once the turn is committed, and returns its id. It belongs to the
// operation under way: the next operation cancels it, and without [Within] it is given up when the
// operation's time is up.
func (e *Effect[A, R]) Emit(t Outbound, args A, options ...EmitOption) (id string) {
	o := t.outbound()
	out := emission{Effect: storage.Effect{Name: e.name, Operation: o.operation, Step: o.step, Deadline: o.deadline}, now: o.now}
	for _, option := range options {
		option.applyEmit(&out)
	}
	var err error
	if out.Body, err = e.codec.Marshal(args); err != nil {
		o.fail(fmt.Errorf("effect %q: %w: its arguments cannot be written: %w", e.name, ErrData, err))
	}
	out.ID = out.id(o)
	if out.Key == "" {
		out.Key = out.ID
	}
	if out.stepKey {
		out.Key = o.stepKey(e.name, out.Element)
	}
	o.emit = append(o.emit, out.Effect)
	return out.ID
}

// An emission is an effect as the options of Emit shape it.
type emission struct {
	storage.Effect
	now           time.Time
	once, stepKey bool
}

func (e *emission) id(o *core) string {
	if e.once {
		return o.onceID(e.Name, e.Element, e.Key)
	}
	return o.newID()
}

// An EmitOption varies one effect.
type EmitOption interface{ applyEmit(e *emission) }

type emitOption func(*emission)

func (f emitOption) applyEmit(e *emission) { f(e) }

// Lane puts the effect in a queue of the record: the effects of a lane are performed one after
// another, in the order in which they were emitted.
func Lane(name string) EmitOption { return emitOption(func(e *emission) { e.Effect.Lane = name }) }

// IdempotencyKey is what the outside sees, equal over tries and for every emission that means the
// same. While an effect of the record with this key has not ended, another is left out. The default is
// the id.
func IdempotencyKey(key string) EmitOption {
	return emitOption(func(e *emission) { e.Key = key })
}

// StepKey makes the idempotency key of the operation, its step, the effect and the element: a step
// that is sent again has the same one. Where no operation is under way, the stay in the state stands
// for it.
func StepKey() EmitOption { return emitOption(func(e *emission) { e.stepKey = true }) }

// Once has an operation emit the effect once in this stay of the record in its state, however often a
// decider says so, and for as long as the store keeps what has ended. Several in one state need different
// elements or idempotency keys.
func Once() EmitOption { return emitOption(func(e *emission) { e.once = true }) }

// ForElement says which element of the record the effect is for. Its outcome says so, too.
func ForElement(name string) EmitOption { return emitOption(func(e *emission) { e.Element = name }) }

// Within has the effect given up after this time; zero or less: never.
func Within(d time.Duration) EmitOption {
	return emitOption(func(e *emission) {
		e.Deadline = time.Time{}
		if d > 0 {
			e.Deadline = e.now.Add(d)
		}
	})
}

// Keep has the effect outlive its operation. Its outcome names none, so that it is not stale when it
// comes late.
func Keep() EmitOption {
	return emitOption(func(e *emission) { e.Effect.Keep, e.Operation, e.Step, e.Deadline = true, "", "", time.Time{} })
}

// Quiet leaves the outcome out if the effect succeeds: nobody waits for it.
func Quiet() EmitOption { return emitOption(func(e *emission) { e.Effect.Quiet = true }) }

// InGroup puts the effect in a group, for [Caps]. The default is none.
func InGroup(group string) EmitOption { return emitOption(func(e *emission) { e.Group = group }) }

// Outcome returns what came of the effect, if m says so: ok is false if m is another message. Err is
// an [*EffectError] if the effect was given up.
func (e *Effect[A, R]) Outcome(m Message) (result R, err error, ok bool) {
	if m.Name != outcomePrefix+e.name {
		return result, nil, false
	}
	out, err := readOutcome(m.Body)
	if err == nil && out.Error == nil {
		err = e.codec.Unmarshal(out.Result, &result)
	}
	if err != nil {
		m.dead(err)
		return result, nil, false
	}
	if out.Error != nil {
		out.Error.Effect, out.Error.Element = e.name, m.Element
		return result, out.Error, true
	}
	return result, nil, true
}

// outcomePrefix begins the name of a message that tells what came of an effect.
const outcomePrefix = "outcome of "

// outcome is the body of such a message.
type outcome struct {
	Result []byte       `json:"result,omitempty"`
	Error  *EffectError `json:"error,omitempty"`
}

func readOutcome(body []byte) (out outcome, err error) {
	err = json.Unmarshal(body, &out)
	return out, err
}

// An EffectError says why an effect was given up.
type EffectError struct {
	// Effect is its name, Element the one that it was for.
	Effect  string `json:"-"`
	Element string `json:"-"`
	// ID is the emission.
	ID string `json:"id"`
	// Attempts is how often it was tried.
	Attempts int `json:"attempts"`
	// Overdue: its deadline passed.
	Overdue bool `json:"overdue,omitempty"`
	// Text says what went wrong the last time.
	Text string `json:"text"`
}

// Error says what was given up, and why.
func (e *EffectError) Error() string {
	why := "given up"
	if e.Overdue {
		why = "its time is up"
	}
	return fmt.Sprintf("effect %q: %s after %d attempts: %s", e.Effect, why, e.Attempts, e.Text)
}
