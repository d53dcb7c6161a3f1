package supervision

import (
	"context"
	"errors"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Await waits until the record is as the caller wants it, and returns it as it was then. It looks when
// the store hints that something has happened, and a few times a second. The errors are those of
// [Kind.Get], and the cause of ctx when that ends first.
func (k *Kind[T, S, E]) Await(ctx context.Context, id string, wanted func(r Record[T, S]) bool) (Record[T, S], error) {
	const interval = 200 * time.Millisecond
	look, stop := k.listen(ctx)
	defer stop()
	for {
		r, err := k.Get(ctx, id)
		if err != nil || wanted(r) {
			return r, err
		}
		if !look.wait(ctx, interval) {
			return r, k.explain("await", id, context.Cause(ctx))
		}
	}
}

// listen returns a bell that the store's hints ring, if it has any.
func (k *Kind[T, S, E]) listen(ctx context.Context) (b bell, stop func()) {
	b = newBell()
	notifier, ok := k.store.(storage.Notifier)
	if !ok {
		return b, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = notifier.Listen(ctx, b.ring) // without hints there is the interval
	}()
	return b, func() {
		cancel(errAwaited)
		<-ended
	}
}

var errAwaited = errors.New("it has come")
