package nats_test

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

func sends(ctx context.Context, q *nats.Queue, _ scan.Delivery) error {
	return q.Send(ctx, scan.Message{Key: "held"}, scan.Message{Key: "more"})
}

func receives(ctx context.Context, q *nats.Queue, _ scan.Delivery) error {
	_, err := q.Receive(ctx, 1, time.Minute)
	return err
}

func withdraws(ctx context.Context, q *nats.Queue, _ scan.Delivery) error {
	return q.Withdraw(ctx, "more")
}

func redrives(ctx context.Context, q *nats.Queue, _ scan.Delivery) error {
	_, err := q.Redrive(ctx)
	return err
}

func stats(ctx context.Context, q *nats.Queue, _ scan.Delivery) error {
	_, err := q.Stats(ctx)
	return err
}

func lists(ctx context.Context, q *nats.Queue, _ scan.Delivery) error {
	for _, err := range q.Waiting(ctx) {
		return err
	}
	return nil
}

func acks(ctx context.Context, _ *nats.Queue, held scan.Delivery) error { return held.Ack(ctx) }

func retries(ctx context.Context, _ *nats.Queue, held scan.Delivery) error {
	return held.Retry(ctx, time.Minute)
}

func extends(ctx context.Context, _ *nats.Queue, held scan.Delivery) error {
	return held.Extend(ctx, time.Minute)
}

func buries(ctx context.Context, _ *nats.Queue, held scan.Delivery) error {
	return held.Bury(ctx, "no")
}

// everyCall is all that can be asked for.
func everyCall(q *nats.Queue, b *nats.Blobs, held scan.Delivery, r io.Reader) map[string]func(context.Context) error {
	call := func(does func(context.Context, *nats.Queue, scan.Delivery) error) func(context.Context) error {
		return func(ctx context.Context) error { return does(ctx, q, held) }
	}
	return map[string]func(context.Context) error{
		"Send": call(sends), "Receive": call(receives), "Waiting": call(lists), "Stats": call(stats), "Withdraw": call(withdraws), "Redrive": call(redrives),
		"Extend": call(extends), "Bury": call(buries),
		"Dead": func(ctx context.Context) error {
			for _, err := range q.Dead(ctx) {
				return err
			}
			return nil
		},
		"List": func(ctx context.Context) error {
			for _, err := range b.List(ctx) {
				return err
			}
			return nil
		},
		"Open": func(ctx context.Context) error {
			_, err := b.Open(ctx, scan.DigestOf([]byte("a")))
			return err
		},
		"Read": func(context.Context) error {
			_, err := io.ReadAll(r)
			return err
		},
		"Delete": func(ctx context.Context) error { return b.Delete(ctx, scan.DigestOf([]byte("b"))) },
		"Put": func(ctx context.Context) error {
			_, _, err := b.Put(ctx, strings.NewReader("b"))
			return err
		},
		"Sweep": func(ctx context.Context) error {
			_, err := b.Sweep(ctx)
			return err
		},
	}
}
