package scantest

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/recordtest"
	"github.com/reeve-go/reeve/internal/trialtest"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage/memory"
)

// A brokenQueue is a queue of which each method can be replaced.
type brokenQueue struct {
	send    func(ctx context.Context, messages []scan.Message) error
	receive func(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error)
	handed  func(*brokenDelivery) // breaks what is handed out
	stats   func(ctx context.Context) (scan.QueueStats, error)
	dead    func(ctx context.Context) iter.Seq2[scan.DeadMessage, error]
	redrive func(ctx context.Context, keys []string) (int, error)

	withdraw func(ctx context.Context, keys []string) error
	waiting  func(ctx context.Context) iter.Seq2[string, error]
}

func (q *brokenQueue) Send(ctx context.Context, messages ...scan.Message) error {
	return q.send(ctx, messages)
}

func (q *brokenQueue) Receive(ctx context.Context, most int, lease time.Duration) ([]scan.Delivery, error) {
	got, err := q.receive(ctx, most, lease)
	for i, right := range got {
		d := &brokenDelivery{
			Delivery: right, message: right.Message(), attempt: right.Attempt(), expires: right.Expires,
			extend: right.Extend, ack: right.Ack, retry: right.Retry, bury: right.Bury,
		}
		q.handed(d)
		got[i] = d
	}
	return got, err
}

func (q *brokenQueue) Stats(ctx context.Context) (scan.QueueStats, error) { return q.stats(ctx) }

func (q *brokenQueue) Dead(ctx context.Context) iter.Seq2[scan.DeadMessage, error] {
	return q.dead(ctx)
}

func (q *brokenQueue) Redrive(ctx context.Context, keys ...string) (int, error) {
	return q.redrive(ctx, keys)
}

// A brokenDelivery is a delivery of which each method can be replaced.
type brokenDelivery struct {
	scan.Delivery

	message scan.Message
	attempt int
	expires func() time.Time
	extend  func(ctx context.Context, lease time.Duration) error
	ack     func(ctx context.Context) error
	retry   func(ctx context.Context, after time.Duration) error
	bury    func(ctx context.Context, reason string) error
}

func (d *brokenDelivery) Message() scan.Message { return d.message }
func (d *brokenDelivery) Attempt() int          { return d.attempt }
func (d *brokenDelivery) Expires() time.Time    { return d.expires() }

func (d *brokenDelivery) Ack(ctx context.Context) error { return d.ack(ctx) }

func (d *brokenDelivery) Extend(ctx context.Context, lease time.Duration) error {
	return d.extend(ctx, lease)
}

func (d *brokenDelivery) Retry(ctx context.Context, after time.Duration) error {
	return d.retry(ctx, after)
}

func (d *brokenDelivery) Bury(ctx context.Context, reason string) error { return d.bury(ctx, reason) }

// newBrokenQueue returns one that breaks nothing yet.
func newBrokenQueue(t testing.TB) *brokenQueue {
	t.Helper()
	right, err := scan.NewStoreQueue(memory.New(nil), "requests", &scan.StoreQueueOptions{Wait: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return &brokenQueue{
		send:    func(ctx context.Context, messages []scan.Message) error { return right.Send(ctx, messages...) },
		receive: right.Receive,
		handed:  func(*brokenDelivery) {},
		stats:   right.Stats,
		dead:    right.Dead,
		redrive: func(ctx context.Context, keys []string) (int, error) { return right.Redrive(ctx, keys...) },

		withdraw: func(ctx context.Context, keys []string) error { return right.Withdraw(ctx, keys...) },
		waiting:  right.Waiting,
	}
}

// sends has it send something else.
func (q *brokenQueue) sends(what func(*scan.Message)) {
	send := q.send
	q.send = func(ctx context.Context, messages []scan.Message) error {
		messages = slices.Clone(messages)
		for i := range messages {
			what(&messages[i])
		}
		return send(ctx, messages)
	}
}

// A queueMutant breaks one thing.
type queueMutant struct {
	name string
	// law is the one that must tell. Others may.
	law    string
	breaks func(*brokenQueue)
}

// TestQueueMutants shows that the suite is worth something: each thing that a queue can get wrong is told by the law that is
// named for it.
func TestQueueMutants(t *testing.T) {
	t.Parallel()
	var byRandom atomic.Int32
	t.Cleanup(func() { t.Logf("of %d mutants random operations told %d", len(queueMutants()), byRandom.Load()) })
	for _, m := range queueMutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(queueLaws(), func(l queueLaw) bool { return l.name == m.law })
			if i < 0 {
				t.Fatalf("there is no law %q", m.law)
			}
			synctest.Test(t, func(t *testing.T) {
				r, k := &recordtest.Recorder{TB: t}, m.kit()
				r.Run(func() { queueLaws()[i].check(k.scene(r)) })
				if !r.Failed() {
					t.Errorf("%q finds nothing wrong; it must", m.law)
				}
				t.Log(strings.Join(r.Lines(), "\n"))
			})
			synctest.Test(t, func(t *testing.T) {
				r, k := &recordtest.Recorder{TB: t}, m.kit()
				r.Run(func() { rapid.Check(r, func(rt *rapid.T) { k.scene(trialtest.New(r, rt)).compare(rt) }) })
				if r.Failed() {
					byRandom.Add(1)
				}
			})
		})
	}
}

func (m queueMutant) kit() queueKit {
	return queueKit{
		QueueOptions: QueueOptions{Virtual: true, Lease: time.Minute, Body: 64 << 10},
		open: func(t testing.TB) Queues {
			q := newBrokenQueue(t)
			m.breaks(q)
			return Queues{Queue: q}
		},
	}
}

// Nothing is told of what breaks nothing.
func TestUnbrokenQueue(t *testing.T) {
	t.Parallel()
	m := queueMutant{breaks: func(*brokenQueue) {}}
	TestQueue(t, m.kit().open, &QueueOptions{Virtual: true})
}

func TestEveryQueueLawTells(t *testing.T) {
	t.Parallel()
	for _, l := range queueLaws() {
		if !slices.ContainsFunc(queueMutants(), func(m queueMutant) bool { return m.law == l.name }) {
			t.Errorf("no mutant breaks %q; one must", l.name)
		}
	}
}
