package scan

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// StoreQueueOptions for [NewStoreQueue]. Nil is the same as the zero value.
type StoreQueueOptions struct {
	// Owner says in leases who receives, for people to read. Empty: the host and the process.
	Owner string
	// Wait is how long a Receive waits at most when there is nothing. Default: 20 seconds. Negative: it does not wait.
	Wait time.Duration
	// Poll is how often it looks meanwhile for what has become ready by itself, as its delay or its lease has ended. A store that is a
	// [storage.Notifier] tells at once of what is sent. Default: one second.
	Poll time.Duration
}

// A StoreQueue is a [Queue] on a store, and a [Gauge], a [Graveyard], a [Withdrawer] and a [Lister]: each message is a record that is due when it can
// be received, and a delivery is a lease on it. So it does all that a queue can: what is sent under a key that is in the queue and not dead is left
// out, whoever has it, and once it was acked, or buried, the key can be sent again. Who has lost a message cannot ack, retry, bury or extend it any
// more. Time is the store's. It is safe for concurrent use; all queues of one name on one store, in whatever programs, are one.
//
// A key has 1 to [storage.MaxID] bytes of UTF-8, and a body as many bytes as the store's limits allow for data. Sending costs two requests to the
// store for as many as 500 messages, receiving and acking one, giving back two.
//
// Each message that was acked or withdrawn leaves a line in the store's history, for ever unless somebody prunes it: hosts want
// [storage.Retention.Lines], such as a day, in the Retention of their supervisors. It has to be longer than anybody may hang with a message that he has
// lost: with the line it is forgotten how far the key's leases were numbered.
type StoreQueue struct {
	store storage.Store
	name  string
	kind  string
	o     StoreQueueOptions
	ear   ear
}

var (
	_ Queue     = (*StoreQueue)(nil)
	_ Gauge     = (*StoreQueue)(nil)
	_ Graveyard = (*StoreQueue)(nil)
)

const queueKind = "scan.queue."

// The states of a message's record.
const (
	queueWaiting = "waiting"
	queueDead    = "dead"
)

// NewStoreQueue returns the queue of that name on a store.
func NewStoreQueue(store storage.Store, name string, o *StoreQueueOptions) (*StoreQueue, error) {
	q := &StoreQueue{store: store, name: name, kind: queueKind + name}
	if o != nil {
		q.o = *o
	}
	q.o.Owner = cmp.Or(q.o.Owner, ownName())
	q.o.Wait = cmp.Or(q.o.Wait, 20*time.Second)
	q.o.Poll = cmp.Or(q.o.Poll, time.Second)
	switch {
	case store == nil:
		return nil, errors.New("scan: a queue has no store; it needs one")
	case name == "" || len(q.kind) > storage.MaxName:
		return nil, fmt.Errorf("scan: the name of queue %s has %d bytes; 1 to %d are right", quote(name), len(name), storage.MaxName-len(queueKind))
	case len(q.o.Owner) > storage.MaxName:
		return nil, fmt.Errorf("scan: queue %q: the owner has %d bytes; at most %d are right", name, len(q.o.Owner), storage.MaxName)
	case q.o.Poll < 0:
		return nil, fmt.Errorf("scan: queue %q: Poll is %v; it must not be negative", name, q.o.Poll)
	}
	q.ear.notifier, _ = store.(storage.Notifier)
	return q, nil
}

func ownName() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown host"
	}
	return fmt.Sprintf("%.100s/%d", host, os.Getpid())
}

// Send implements [Queue].
func (q *StoreQueue) Send(ctx context.Context, messages ...Message) error {
	for some := range slices.Chunk(messages, 500) {
		for len(some) > 0 {
			var err error
			if some, err = q.send(ctx, some); err != nil {
				return q.failed("send", err)
			}
		}
	}
	return nil
}

// send keeps what is not in the queue yet, and returns what somebody else was just doing something to.
func (q *StoreQueue) send(ctx context.Context, messages []Message) (again []Message, err error) {
	keys := make([]storage.Key, len(messages))
	for i, m := range messages {
		keys[i] = q.key(m.Key)
	}
	there, err := q.store.Load(ctx, keys)
	if err != nil {
		return nil, err
	}
	var changes []storage.Change
	var sent []Message
	for i, m := range messages {
		if there[i].Version > 0 && there[i].State != queueDead {
			continue
		}
		// Those of one call are some microseconds apart, so that they are received in their order.
		due := there[i].Now.Add(max(m.Delay, 0) - time.Duration(len(messages)-1-i)*time.Microsecond)
		changes = append(changes, storage.Change{Key: keys[i], Version: there[i].Version, Record: waiting(m.Body, due)})
		sent = append(sent, m)
	}
	if len(changes) == 0 {
		return nil, nil
	}
	answers, err := q.store.Apply(ctx, changes)
	for i, answer := range answers {
		if isLost(answer) || errors.Is(answer, storage.ErrExists) {
			again = append(again, sent[i])
		} else {
			err = cmp.Or(err, answer)
		}
	}
	return again, err
}

// waiting is the record of a message that nobody has received yet.
func waiting(body []byte, due time.Time) storage.Record {
	return storage.Record{State: queueWaiting, Data: body, Due: due}
}

// Receive implements [Queue].
func (q *StoreQueue) Receive(ctx context.Context, max int, lease time.Duration) ([]Delivery, error) {
	out, err := q.claim(ctx, max, lease)
	if err != nil || len(out) > 0 || q.o.Wait < 0 {
		return out, err
	}
	over, poll, breath := time.NewTimer(q.o.Wait), time.NewTicker(q.o.Poll), time.NewTimer(q.o.Poll)
	defer over.Stop()
	defer poll.Stop()
	defer breath.Stop()
	hints, leave := q.ear.join(ctx)
	defer leave()
	heard := hints
	for {
		select {
		case <-ctx.Done():
			return nil, q.failed("receive", context.Cause(ctx))
		case <-over.C:
			return nil, nil
		case <-breath.C:
			heard = hints
			continue
		case <-poll.C:
		case <-heard: // it may be about anything in the store, so that the next hint has to wait for a moment
			heard = nil
			breath.Reset(q.o.Poll / 20)
		}
		if out, err := q.claim(ctx, max, lease); err != nil || len(out) > 0 {
			return out, err
		}
	}
}

func (q *StoreQueue) claim(ctx context.Context, max int, lease time.Duration) ([]Delivery, error) {
	asked := time.Now()
	claimed, err := q.store.Claim(ctx, storage.Claim{Names: []string{q.kind}, Owner: q.o.Owner, Limit: max, TTL: lease})
	if err != nil {
		return nil, q.failed("receive", err)
	}
	out := make([]Delivery, len(claimed))
	for i := range claimed {
		out[i] = &storeDelivery{queue: q, record: claimed[i].Record, lease: claimed[i].Lease, attempt: attemptOf(&claimed[i]), expires: asked.Add(lease)}
	}
	return out, nil
}

func (q *StoreQueue) key(key string) storage.Key { return storage.Key{Kind: q.kind, ID: key} }

func (q *StoreQueue) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("scan: queue %q: %s: %w", q.name, what, err)
}
