package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// What one Receive takes from the server is bounded: it cuts off whom more than that waits for (max_pending, by default 64 MiB).
const (
	maxReceive      = 256
	maxReceiveBytes = 32 << 20
)

const (
	// slice is how long one request to the server waits. When the connection was lost meanwhile, the next one is heard.
	slice = 2 * time.Second
	// shortWait is how long one waits that cannot be broken off.
	shortWait = time.Second
)

// Receive implements [scan.Queue].
func (q *Queue) Receive(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
	if most < 1 || lease < time.Millisecond {
		return nil, q.failed(ctx, "receive", fmt.Errorf("%d messages were asked for, each for %v; one or more, for a millisecond or more, are right", most, lease))
	}
	if ctx.Err() != nil {
		return nil, q.failed(ctx, "receive", context.Cause(ctx))
	}
	over := time.Now().Add(q.o.Wait)
	for looked := false; ; {
		left := time.Until(over)
		fetched, err := q.fetch(ctx, q.atOnce(most), min(left, slice), looked)
		if err != nil {
			return nil, q.failed(ctx, "receive", err)
		}
		if ctx.Err() != nil {
			q.giveBack(ctx, fetched)
			return nil, q.failed(ctx, "receive", context.Cause(ctx))
		}
		out, err := q.claimAll(ctx, fetched, lease)
		if len(out) > 0 || err != nil {
			return out, q.failed(ctx, "receive", err)
		}
		if looked = len(fetched) == 0; looked && left <= slice {
			return nil, q.failed(ctx, "receive", q.hears(ctx))
		}
	}
}

// hears says whether the server answers: of what nobody has answered the library says that there was nothing.
func (q *Queue) hears(ctx context.Context) error {
	ctx, cancel := q.bounded(ctx)
	defer cancel()
	return q.js.Conn().FlushWithContext(ctx)
}

// atOnce returns how many messages are asked for, each of which may be as large as any.
func (q *Queue) atOnce(most int) int {
	return max(1, min(most, maxReceive, maxReceiveBytes/int(max(1, q.js.Conn().MaxPayload()))))
}

// fetch takes what there is, unless that was just looked for; if there is nothing it waits for the first.
func (q *Queue) fetch(ctx context.Context, most int, wait time.Duration, looked bool) (got []jetstream.Msg, err error) {
	if !looked {
		got, err = collect(q.js.Conn())(q.workers.FetchNoWait(most))
	}
	if err != nil || len(got) > 0 || wait < time.Millisecond {
		return got, err
	}
	// The server has to say that time is up before we stop to listen, or what it sends in between would be hidden from everybody for a while. A
	// context with a deadline has a tenth for that, which is too little if the wait is short; then the context's end is noticed after it.
	until := jetstream.FetchMaxWait(wait)
	if wait > shortWait {
		waiting, cancel := context.WithTimeout(ctx, wait)
		defer cancel()
		until = jetstream.FetchContext(waiting)
	}
	got, err = collect(q.js.Conn())(q.workers.Fetch(1, until))
	if ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) { // that one is ours
		err = nil
	}
	if err != nil || len(got) == 0 || most == 1 {
		return got, err
	}
	more, err := collect(q.js.Conn())(q.workers.FetchNoWait(most - 1))
	if err != nil {
		more = nil // the next Receive finds out
	}
	return append(got, more...), nil
}

// collect returns a function that waits for all that was asked for, and not for its context: what comes after somebody has left is lost for a while.
func collect(conn *natsio.Conn) func(jetstream.MessageBatch, error) ([]jetstream.Msg, error) {
	return func(batch jetstream.MessageBatch, err error) ([]jetstream.Msg, error) {
		if err != nil {
			return nil, err
		}
		var got []jetstream.Msg
		for msg := range batch.Messages() {
			got = append(got, msg)
		}
		switch {
		case len(got) > 0:
			return got, nil
		case batch.Error() != nil:
			return nil, batch.Error()
		case !conn.IsConnected():
			return nil, natsio.ErrDisconnected
		}
		return nil, nil
	}
}

// giveBack has others receive what came when nobody waited for it any more. Else they would after a while.
func (q *Queue) giveBack(ctx context.Context, fetched []jetstream.Msg) {
	for _, msg := range fetched {
		if err := msg.Nak(); err != nil {
			return
		}
	}
	ctx, cancel := q.bounded(context.WithoutCancel(ctx))
	defer cancel()
	_ = q.js.Conn().FlushWithContext(ctx)
}
