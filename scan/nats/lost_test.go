package nats_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// A mute place is one to which nothing gets through any more, as over a network that is gone: the connection stands.
type mutePlace struct {
	*place

	is atomic.Bool
}

func (p *mutePlace) InProcessConn() (net.Conn, error) {
	c, err := p.place.InProcessConn()
	return muteConn{c, p}, err
}

type muteConn struct {
	net.Conn

	place *mutePlace
}

func (c muteConn) Write(p []byte) (int, error) {
	if c.place.is.Load() {
		return len(p), nil
	}
	return c.Conn.Write(p)
}

// A request that is never answered takes no more than its own time, however much its caller has.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	p := &mutePlace{place: serve(t, t.TempDir())}
	js, err := jetstream.New(connect(t, p).Conn(), jetstream.WithDefaultTimeout(time.Second))
	ok(t, err)
	q, b := queue(t, js, fresh(), nats.Options{Wait: moment}), blobs(t, js, fresh(), nats.BlobsOptions{})
	send(t, q, scan.Message{Key: "a"})
	d := put(t, b, []byte("a"))
	held := receive(t, q, 1, time.Minute)[0]
	ctx, cancel := contextFor(t, time.Hour)
	defer cancel()
	r, err := b.Open(ctx, d)
	ok(t, err)
	p.is.Store(true)
	var all sync.WaitGroup
	for what, call := range everyCall(q, b, held, r) {
		all.Go(func() {
			if err := call(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: the error is %v; want that its time is up", what, err)
			}
		})
	}
	all.Wait()
	p.is.Store(false)
	ok(t, held.Ack(ctx))
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
