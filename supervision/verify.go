package supervision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// ErrImpure: a decider decided differently the second time.
var ErrImpure = errors.New("the decider is not pure")

// verified decides twice, a moment apart, and compares.
func (w *worker) verified(ctx context.Context, c *claimed) (storage.Change, error) {
	first, err := w.decideAs(ctx, c)
	pause(ctx, time.Millisecond)
	second, again := w.decideAs(ctx, c)
	what := difference(&first, &second)
	if fmt.Sprint(err) != fmt.Sprint(again) {
		what = "errors"
	}
	if errors.Is(again, errUnread) || what != "" && w.moved(ctx, c) {
		return first, cmp.Or(err, again)
	}
	if what != "" {
		return storage.Change{}, fmt.Errorf("%w: decided twice from the same record, messages and time, it came to different %s; it must take the time from its turn, ids from NewID, and order from something sorted", ErrImpure, what)
	}
	return first, err
}

// moved reports whether an order was faster than the turn, or it cannot be told: then the elements that
// a decider read may well differ.
func (w *worker) moved(ctx context.Context, c *claimed) bool {
	now, err := w.store.Load(ctx, []storage.Key{c.Key})
	return err != nil || now[0].Version != c.Version
}

// difference names what differs in two changes; empty: nothing.
func difference(a, b *storage.Change) string {
	for _, part := range []struct {
		name string
		a, b any
	}{
		{"records", a.Record, b.Record},
		{"elements", a.Elements, b.Elements},
		{"removed elements", a.Gone, b.Gone},
		{"fates of messages", a.Consume, b.Consume},
		{"cancellations", a.Cancel, b.Cancel},
		{"effects", a.Emit, b.Emit},
		{"messages", a.Send, b.Send},
		{"spawned records", a.Spawn, b.Spawn},
		{"moves", a.Lines, b.Lines},
	} {
		if !reflect.DeepEqual(part.a, part.b) {
			return part.name
		}
	}
	return ""
}
