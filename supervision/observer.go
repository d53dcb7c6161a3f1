package supervision

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// An Observer is told what a supervisor does: the seat of metrics and traces. Nil functions are not
// called. They are called from many goroutines and must be quick.
type Observer struct {
	// Turned: a turn has ended.
	Turned func(e TurnEvent)
	// Performing: an effect is about to be performed. The context that it returns is the performer's.
	Performing func(ctx context.Context, c Call, effect string) context.Context
	// Performed: one try at an effect has ended.
	Performed func(ctx context.Context, e EffectEvent)
	// Claimed and Taken: the store was asked for records, or for effects.
	Claimed, Taken func(e ClaimEvent)
	// Applied: decisions were written.
	Applied func(e ApplyEvent)
}

// A TurnEvent is a turn that has ended.
type TurnEvent struct {
	Key      storage.Key
	From, To string
	// Messages is how many it was given, Lag how long the oldest of them had waited.
	Messages int
	Lag      time.Duration
	// Took is the time from its claim to its end.
	Took time.Duration
	// Err is why the turn failed; nil: it did not. Failures counts those in a row, and Quarantined says
	// that this was the last one.
	Err         error
	Failures    int
	Quarantined bool
	// Answer is the store's, if it was not nil: [storage.ErrConflict] where an order was faster,
	// [storage.ErrLeaseLost] where another supervisor took the record over.
	Answer error
}

// An EffectEvent is one try at an effect that has ended.
type EffectEvent struct {
	Call Call
	Name string
	// As is what becomes of it, if Settled; else the lease was lost, or the supervisor stopped.
	As      storage.EffectStatus
	Settled bool
	Took    time.Duration
	Err     error
}

// A ClaimEvent is a question to the store for work.
type ClaimEvent struct {
	Records, Effects int
	Took             time.Duration
	Err              error
}

// An ApplyEvent is a batch of decisions that was written.
type ApplyEvent struct {
	Changes int
	Took    time.Duration
	Err     error
}

// fill gives an observer that can be called.
func (o *Observer) fill() {
	if o.Turned == nil {
		o.Turned = func(TurnEvent) {}
	}
	if o.Performing == nil {
		o.Performing = func(ctx context.Context, _ Call, _ string) context.Context { return ctx }
	}
	if o.Performed == nil {
		o.Performed = func(context.Context, EffectEvent) {}
	}
	if o.Claimed == nil {
		o.Claimed = func(ClaimEvent) {}
	}
	if o.Taken == nil {
		o.Taken = func(ClaimEvent) {}
	}
	if o.Applied == nil {
		o.Applied = func(ApplyEvent) {}
	}
}

// stackOf is where a panic was, for the log.
func stackOf(err error) slog.Attr {
	if p, ok := errors.AsType[*PanicError](err); ok {
		return slog.String("stack", string(p.Stack))
	}
	return slog.Attr{}
}
