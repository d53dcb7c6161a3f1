package nats_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// A request of which the answer is lost takes no more than its own time, however much its caller has.
func TestAnswerLost(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	between := connect(t, s).Conn()
	var deaf atomic.Bool
	_, err := between.Subscribe("far.API.>", func(m *natsio.Msg) {
		if !deaf.Load() {
			_ = between.PublishMsg(&natsio.Msg{Subject: "$JS." + strings.TrimPrefix(m.Subject, "far."), Reply: m.Reply, Header: m.Header, Data: m.Data})
		}
	})
	ok(t, err)
	ok(t, between.Flush())
	js, err := jetstream.NewWithAPIPrefix(connect(t, s).Conn(), "far.API", jetstream.WithDefaultTimeout(time.Second))
	ok(t, err)
	q, b := queue(t, js, fresh(), nats.Options{Wait: moment}), blobs(t, js, fresh(), nats.BlobsOptions{})
	send(t, q, scan.Message{Key: "a"})
	d := put(t, b, []byte("a"))
	held := receive(t, q, 1, time.Minute)[0]
	r, err := b.Open(t.Context(), d)
	ok(t, err)
	deaf.Store(true)
	ctx, cancel := contextFor(t, time.Hour)
	defer cancel()
	var all sync.WaitGroup
	for what, call := range everyCall(q, b, held, r) {
		if what == "Send" || what == "Receive" || what == "Extend" { // they go another way
			continue
		}
		all.Go(func() {
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: the error is %v; want that its time is up", what, err)
			}
		})
	}
	all.Wait()
	deaf.Store(false)
	ok(t, held.Ack(ctx))
}

// everyCall is all that can be asked for.
func everyCall(q *nats.Queue, b *nats.Blobs, held scan.Delivery, r io.Reader) map[string]func(context.Context) error {
	call := func(does func(context.Context, *nats.Queue, scan.Delivery) error) func(context.Context) error {
		return func(ctx context.Context) error { return does(ctx, q, held) }
	}
	return map[string]func(context.Context) error{
		"Send": call(sends), "Receive": call(receives), "Stats": call(stats), "Withdraw": call(withdraws), "Redrive": call(redrives),
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

// Who calls when his context has ended is told so, and nothing has happened.
func TestEndedContext(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	q, b := queue(t, js, fresh(), nats.Options{Wait: moment}), blobs(t, js, fresh(), nats.BlobsOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	send(t, q, scan.Message{Key: "a"})
	r, err := b.Open(ctx, put(t, b, []byte("a")))
	ok(t, err)
	held := receive(t, q, 1, time.Minute)[0]
	cancel()
	for what, call := range everyCall(q, b, held, r) {
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: the error is %v; want that of the context", what, err)
		}
	}
	ok(t, held.Ack(t.Context()))
	has(t, q, scan.QueueStats{})
}

// When the server has no room nothing is lost, and who sends or puts is told what is wrong. What is settled makes room again.
func TestServerFull(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir())
	ok(t, p.now().GlobalAccount().UpdateJetStreamLimits(map[string]server.JetStreamAccountLimits{"": {
		MaxMemory: 64 << 10, MaxStore: 64 << 10, MaxStreams: -1, MaxConsumers: -1,
	}}))
	js := connect(t, p)
	q, b := queue(t, js, fresh(), nats.Options{Wait: moment}), blobs(t, js, fresh(), nats.BlobsOptions{})
	const room = "there is no room for it; a stream, an account or a server with higher limits is right"
	body := make([]byte, 10_000)
	sent := 0
	var err error
	for err == nil && sent < 20 {
		if err = q.Send(t.Context(), scan.Message{Key: strings.Repeat("k", sent+1), Body: body}); err == nil {
			sent++
		}
	}
	says(t, "Send", err, room)
	_, _, err = b.Put(t.Context(), strings.NewReader(strings.Repeat("b", 10_000)))
	says(t, "Put", err, room)
	if sent == 0 {
		t.Fatal("nothing could be sent")
	}
	for _, d := range receive(t, q, sent, time.Minute) {
		ok(t, d.Ack(t.Context()))
	}
	has(t, q, scan.QueueStats{})
	send(t, q, scan.Message{Key: "again", Body: body})
}
