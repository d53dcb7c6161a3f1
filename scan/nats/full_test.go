package nats_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

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

// Where there is not even room to settle a message it stays whose it is, until there is.
func TestNoRoomToSettle(t *testing.T) {
	t.Parallel()
	p := serve(t, t.TempDir())
	js := connect(t, p)
	q := queue(t, js, fresh(), nats.Options{Wait: moment, Storage: jetstream.MemoryStorage})
	calls := map[string]func(context.Context, *nats.Queue, scan.Delivery) error{"ack": acks, "bury": buries, "extend": extends, "retry": retries, "withdraw": func(ctx context.Context, q *nats.Queue, _ scan.Delivery) error {
		return q.Withdraw(ctx, "withdraw")
	}}
	for key := range calls {
		send(t, q, scan.Message{Key: key})
	}
	held := receive(t, q, len(calls), time.Hour)
	room := func(bytes int64) {
		ok(t, p.now().GlobalAccount().UpdateJetStreamLimits(map[string]server.JetStreamAccountLimits{"": {
			MaxMemory: bytes, MaxStore: -1, MaxStreams: -1, MaxConsumers: -1,
		}}))
	}
	room(1)
	for _, d := range held {
		key := d.Message().Key
		says(t, key, calls[key](t.Context(), q, d), "there is no room for it; a stream, an account or a server with higher limits is right")
	}
	none(t, q)
	has(t, q, scan.QueueStats{Leased: len(calls)})
	room(-1)
	for _, d := range held {
		ok(t, calls[d.Message().Key](t.Context(), q, d))
	}
	none(t, q)
	has(t, q, scan.QueueStats{Leased: 2, Dead: 1})
}
