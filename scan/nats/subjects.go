package nats

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// lastOf returns the last message of a subject. Its sequence number is zero if there is none.
func lastOf(ctx context.Context, stream jetstream.Stream, subject string) (jetstream.RawStreamMsg, error) {
	raw, err := stream.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return jetstream.RawStreamMsg{}, nil
	} else if err != nil {
		return jetstream.RawStreamMsg{}, err
	}
	return *raw, nil
}

// subjects yields what look finds about the subjects that a stream had of a pattern when it began, if that is to be yielded, a page at a time. It asks the
// leader of the stream, for the names and then about each: what a consumer yields can be of a server that is behind, and nobody hears of what is lost on the way.
func subjects[T any](
	ctx context.Context, stream jetstream.Stream, pattern string, page int, look func(subject string) (v T, is bool, err error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		info, err := stream.Info(ctx, jetstream.WithSubjectFilter(pattern))
		if err != nil {
			yield(none, err)
			return
		}
		for some := range slices.Chunk(slices.Collect(maps.Keys(info.State.Subjects)), page) {
			found, is, errs := make([]T, len(some)), make([]bool, len(some)), make([]error, len(some))
			var all sync.WaitGroup
			for i, subject := range some {
				all.Go(func() { found[i], is[i], errs[i] = look(subject) })
			}
			all.Wait()
			if err := errors.Join(errs...); err != nil {
				yield(none, err)
				return
			}
			for i := range some {
				if is[i] && !yield(found[i], nil) {
					return
				}
			}
		}
	}
}
