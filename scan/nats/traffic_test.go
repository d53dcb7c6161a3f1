package nats_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// A load is what programs do to a queue while something happens to it, and what became of their messages.
type load struct {
	testing.TB

	queues  []*nats.Queue
	enough  chan struct{} // is closed when no more is to be sent
	sent    atomic.Int64
	mu      sync.Mutex
	is      map[string]bool // was accepted
	settled map[string]int
	unknown map[string]bool // an Ack has failed, and may have done it
}

// traffic has programs send, receive and settle while something happens, which calls more to wait until some more was sent. Then nothing that was
// accepted may be lost, nothing may be settled twice, and nothing left.
func traffic(t testing.TB, queues []*nats.Queue, happens func(more func())) {
	t.Helper()
	l := &load{TB: t, queues: queues, enough: make(chan struct{}), is: map[string]bool{}, settled: map[string]int{}, unknown: map[string]bool{}}
	ctx, cancel := contextFor(t, time.Minute)
	defer cancel()
	var senders, receivers sync.WaitGroup
	for i, q := range queues {
		senders.Go(func() { l.send(ctx, i, q) })
		receivers.Go(func() { l.receive(ctx, q) })
	}
	happens(func() {
		before := l.sent.Load()
		eventually(t, "more is sent", func() bool { return l.sent.Load() > before+20 })
	})
	close(l.enough)
	senders.Wait()
	receivers.Wait()
	has(t, queues[0], scan.QueueStats{})
	for key := range l.is {
		if l.settled[key] == 0 && !l.unknown[key] {
			t.Errorf("%s was accepted, and never settled", key)
		}
	}
	for key, n := range l.settled {
		if n > 1 {
			t.Errorf("%s was settled %d times", key, n)
		}
	}
	t.Logf("%d were accepted, %d settled, of %d the senders of acks heard nothing", len(l.is), len(l.settled), len(l.unknown))
}

// over reports whether no more is to be sent.
func (l *load) over() bool {
	select {
	case <-l.enough:
		return true
	default:
		return false
	}
}

func (l *load) send(ctx context.Context, program int, q *nats.Queue) {
	for i := 0; !l.over(); i++ {
		keys := []string{fmt.Sprint(program, "-", i, "a"), fmt.Sprint(program, "-", i, "b")}
		try, cancel := context.WithTimeout(ctx, time.Second)
		err := q.Send(try, scan.Message{Key: keys[0]}, scan.Message{Key: keys[1]})
		cancel()
		if err != nil {
			continue
		}
		l.sent.Add(1)
		l.mu.Lock()
		l.is[keys[0]], l.is[keys[1]] = true, true
		l.mu.Unlock()
	}
}

// receive receives until the queue is empty.
func (l *load) receive(ctx context.Context, q *nats.Queue) {
	for ctx.Err() == nil {
		got, err := q.Receive(ctx, 10, 3*time.Second)
		if err != nil {
			<-time.After(10 * time.Millisecond)
		}
		for _, d := range got {
			l.ack(ctx, d)
		}
		if l.over() {
			if stats, err := q.Stats(ctx); err == nil && stats == (scan.QueueStats{}) {
				return
			}
		}
	}
}

func (l *load) ack(ctx context.Context, d scan.Delivery) {
	var err error
	for range 3 {
		try, cancel := context.WithTimeout(ctx, time.Second)
		err = d.Ack(try)
		cancel()
		if err == nil || errors.Is(err, scan.ErrLeaseLost) {
			break
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if key := d.Message().Key; err == nil {
		l.settled[key]++
	} else if !errors.Is(err, scan.ErrLeaseLost) {
		l.unknown[key] = true
	}
}

// Connections that break again and again, and a server that is started again, cost nothing but time.
func TestReconnects(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	all := []jetstream.JetStream{connect(t, s), connect(t, s)}
	name := fresh()
	o := nats.Options{Wait: 100 * time.Millisecond, Hidden: 500 * time.Millisecond}
	traffic(t, []*nats.Queue{queue(t, all[0], name, o), queue(t, all[1], name, o)}, func(more func()) {
		for range 10 {
			for _, js := range all {
				_ = js.Conn().ForceReconnect() // it is just connecting if this fails
				<-time.After(10 * time.Millisecond)
			}
		}
		more()
		s.restart(t, all[0], func() {})
		more()
	})
}
