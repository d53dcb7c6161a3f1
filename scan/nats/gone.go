package nats

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// isGone reports whether an error can come from something that was deleted.
func isGone(err error) bool {
	return slices.ContainsFunc([]error{
		jetstream.ErrStreamNotFound, jetstream.ErrConsumerNotFound, jetstream.ErrConsumerDeleted, jetstream.ErrNoStreamResponse, natsio.ErrNoResponders,
	}, func(is error) bool { return errors.Is(err, is) })
}

// settling is how long one waits before one makes something again: a server says that it is gone while it still clears away, and what
// is made meanwhile goes the same way.
const settling = time.Second

// again makes again what is gone. The error stays one: what was lost must be seen.
func again(ctx context.Context, settling time.Duration, err error, find func() (lost []string, err error)) error {
	select {
	case <-ctx.Done():
		return err
	case <-time.After(settling):
	}
	lost, cannot := find()
	switch {
	case cannot != nil:
		return fmt.Errorf("%w (and %w)", err, cannot)
	case len(lost) == 0: // it is there, or another program has made it
		return err
	}
	return fmt.Errorf("somebody deleted %s; it is made again, and the next call finds it: %w", strings.Join(lost, ", and "), err)
}
