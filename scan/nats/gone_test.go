package nats_test

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// says demands that something failed, and what the error has in it.
func says(t testing.TB, what string, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: the error is %v; want %q in it", what, err, text)
	}
}

// What an operator deletes under a running program is made again. The first call that finds it gone says what went with it, and then all goes on.
func TestDeleted(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	consumer := func(name string) error { return js.DeleteConsumer(t.Context(), name, "workers") }
	todo := func(name string) error { return js.DeleteStream(t.Context(), name) }
	ledger := func(name string) error { return js.DeleteStream(t.Context(), name+"_ledger") }
	both := func(name string) error { return errors.Join(todo(name), ledger(name)) }
	const (
		leases   = `somebody deleted consumer "workers" with all leases and attempts; it is made again`
		messages = `" with all messages that waited; it is made again`
		dead     = `_ledger" with all dead messages and some leases; it is made again`
	)
	for what, c := range map[string]struct {
		deletes func(name string) error
		call    func(ctx context.Context, q *nats.Queue, held scan.Delivery) error
		says    string
		dead    int // how many are so still
	}{
		"consumer, Receive": {consumer, receives, leases, 1},
		"consumer, Extend":  {consumer, extends, leases, 1},
		"consumer, Retry":   {consumer, retries, leases, 1},
		"stream, Receive":   {todo, receives, messages, 1},
		"stream, Send":      {todo, sends, messages, 1},
		"stream, Withdraw":  {todo, withdraws, messages, 1},
		"stream, Waiting":   {todo, lists, messages, 1},
		"stream, Ack":       {todo, acks, messages, 1},
		"stream, Bury":      {todo, buries, messages, 1},
		"ledger, Extend":    {ledger, extends, dead, 0},
		"ledger, Ack":       {ledger, acks, dead, 0},
		"ledger, Redrive":   {ledger, redrives, dead, 0},
		"both, Stats":       {both, stats, messages[:len(messages)-len("; it is made again")] + ", and stream", 0},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			name := fresh()
			q := queue(t, js, name, nats.Options{Wait: moment})
			nats.Settled(q)
			send(t, q, scan.Message{Key: "dead"})
			ok(t, receive(t, q, 1, time.Minute)[0].Bury(t.Context(), "no"))
			send(t, q, scan.Message{Key: "held"})
			held := receive(t, q, 1, time.Minute)[0]
			for range 3 { // more often than it will be soon
				ok(t, nats.Expire(t.Context(), held))
				held = receive(t, q, 1, time.Minute)[0]
			}
			ok(t, c.deletes(name))
			says(t, what, c.call(t.Context(), q, held), c.says)
			send(t, q, scan.Message{Key: "held"}, scan.Message{Key: "new"})
			ok(t, nats.Expire(t.Context(), held))
			for _, d := range receive(t, q, 2, time.Minute) {
				ok(t, d.Extend(t.Context(), time.Minute))
				ok(t, d.Ack(t.Context()))
			}
			has(t, q, scan.QueueStats{Dead: c.dead})
		})
	}
}

// Who waits when the consumer is deleted is told at once.
func TestDeletedWhileWaiting(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	name := fresh()
	q := queue(t, js, name, nats.Options{Wait: time.Hour})
	waits := make(chan error, 1)
	go func() {
		_, err := q.Receive(t.Context(), 1, time.Minute)
		waits <- err
	}()
	c, err := js.Consumer(t.Context(), name, "workers")
	ok(t, err)
	eventually(t, "it waits", func() bool {
		info, err := c.Info(t.Context())
		ok(t, err)
		return info.NumWaiting > 0
	})
	ok(t, js.DeleteStream(t.Context(), name))
	says(t, "Receive", <-waits, "with all messages that waited; it is made again")
	send(t, q, scan.Message{Key: "a"})
	ok(t, receive(t, q, 1, time.Minute)[0].Ack(t.Context()))
}

// Blobs whose bucket was deleted are gone, which is said, and others can be put.
func TestBucketDeleted(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	text := []byte("some bytes")
	for what, call := range map[string]func(*nats.Blobs, io.Reader) error{
		"Put": func(b *nats.Blobs, _ io.Reader) error {
			_, _, err := b.Put(t.Context(), strings.NewReader("other bytes"))
			return err
		},
		"Open": func(b *nats.Blobs, _ io.Reader) error {
			_, err := b.Open(t.Context(), scan.DigestOf(text))
			return err
		},
		"Read": func(_ *nats.Blobs, r io.Reader) error {
			_, err := io.ReadAll(r)
			return err
		},
		"Delete": func(b *nats.Blobs, _ io.Reader) error { return b.Delete(t.Context(), scan.DigestOf(text)) },
		"List": func(b *nats.Blobs, _ io.Reader) error {
			for _, err := range b.List(t.Context()) {
				return err
			}
			return nil
		},
	} {
		bucket := fresh()
		b := blobs(t, js, bucket, nats.BlobsOptions{Storage: jetstream.MemoryStorage})
		nats.BlobsSettled(b)
		put(t, b, text)
		r, err := b.Open(t.Context(), scan.DigestOf(text))
		ok(t, err)
		ok(t, js.DeleteStream(t.Context(), "OBJ_"+bucket))
		says(t, what, call(b, r), `somebody deleted stream "OBJ_`+bucket+`" with all blobs; it is made again`)
		if _, err := b.Open(t.Context(), scan.DigestOf(text)); !errors.Is(err, scan.ErrNoBlob) {
			t.Errorf("after %s: Open of what is lost: %v; want ErrNoBlob", what, err)
		}
		put(t, b, text)
	}
}
