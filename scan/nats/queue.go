package nats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// Options for [NewQueue]. Nil is the same as the zero value. Storage, Replicas and MaxBytes count only where the streams are not there yet.
type Options struct {
	// Wait is how long a Receive waits at most when there is nothing. Default: 20 seconds. Negative: it does not wait, and what was sent a moment
	// ago may not be found yet.
	Wait time.Duration
	// Tries is how often a message is handed out at most; when it is due once more it is buried instead. Zero: there is no limit.
	Tries int
	// Hidden is for how long a message is hidden whose receiver ended before it could say for how long. Default: one minute. It counts only where
	// the consumer is not there yet.
	Hidden time.Duration
	// Storage is where the server keeps the messages. Default: in files.
	Storage jetstream.StorageType
	// Replicas is on how many servers of a cluster. Default: 1.
	Replicas int
	// MaxBytes is how many bytes wait at most; more are refused with an error. Default: no limit.
	MaxBytes int64
}

// A Queue is a [scan.Queue] on a work-queue stream of JetStream, and a [scan.Gauge], a [scan.Graveyard] and a [scan.Withdrawer]. It is safe for concurrent use; all queues
// of one name on one account, in whatever programs, are one. The package says what is made on the server, and what it costs.
//
// A key has 1 to 512 bytes. A body has as many bytes as the server takes in one message (max_payload, by default 1 MiB), less 16 KiB for what is
// said beside it.
type Queue struct {
	js      jetstream.JetStream
	name    string
	o       Options
	todo    jetstream.Stream
	ledger  jetstream.Stream
	workers jetstream.Consumer
	opened  time.Time // by our clock, and
	server  time.Time // by that of the server
}

var (
	_ scan.Queue      = (*Queue)(nil)
	_ scan.Gauge      = (*Queue)(nil)
	_ scan.Graveyard  = (*Queue)(nil)
	_ scan.Withdrawer = (*Queue)(nil)
)

const (
	maxKey      = 512
	maxName     = 64
	maxReplicas = 5
	// beside is what a message has beside its body: the longest reason, and what the protocol adds.
	beside = 16 << 10
	// workers is the name of the consumer that all programs share.
	workers = "workers"
)

var validName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// NewQueue returns the queue of that name, of letters, digits, "-" and "_". Its streams and their consumer are made if they are not there, and else are left as they are; it
// is an error if they cannot be a queue. Connect with nats.MaxReconnects(-1), so that a server that is away for long is found again.
func NewQueue(ctx context.Context, js jetstream.JetStream, name string, o *Options) (*Queue, error) {
	q := &Queue{js: js, name: name}
	if o != nil {
		q.o = *o
	}
	q.o.Wait = cmp.Or(q.o.Wait, 20*time.Second)
	q.o.Hidden = cmp.Or(q.o.Hidden, time.Minute)
	q.o.Replicas = cmp.Or(q.o.Replicas, 1)
	q.o.MaxBytes = cmp.Or(q.o.MaxBytes, -1)
	err := q.check()
	if err == nil {
		err = q.open(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("nats: queue %.100q: %w", name, err)
	}
	return q, nil
}

func (q *Queue) check() error {
	switch o := &q.o; {
	case q.js == nil:
		return errors.New("there is no JetStream; it needs one")
	case len(q.name) > maxName || !validName.MatchString(q.name):
		return fmt.Errorf("the name is wrong; 1 to %d letters, digits, - and _ are right", maxName)
	case o.Tries < 0:
		return fmt.Errorf("the option Tries is %d; it must not be negative", o.Tries)
	case o.Hidden < time.Millisecond:
		return fmt.Errorf("the option Hidden is %v; a millisecond or more is right", o.Hidden)
	case o.Replicas < 1 || o.Replicas > maxReplicas:
		return fmt.Errorf("the option Replicas is %d; 1 to %d are right", o.Replicas, maxReplicas)
	}
	return nil
}

// open finds or makes what the queue is on the server.
func (q *Queue) open(ctx context.Context) (err error) {
	q.todo, err = stream(ctx, q.js, jetstream.StreamConfig{
		Name: q.name, Description: "messages that wait", Subjects: []string{q.todoSubject("*")}, Retention: jetstream.WorkQueuePolicy,
		Discard: jetstream.DiscardNew, MaxBytes: q.o.MaxBytes, Storage: q.o.Storage, Replicas: q.o.Replicas,
	}, func(c *jetstream.StreamConfig) bool { return c.Retention == jetstream.WorkQueuePolicy })
	if err != nil {
		return err
	}
	q.ledger, err = stream(ctx, q.js, jetstream.StreamConfig{
		Name: q.name + "_ledger", Description: "who has which message, and what was buried", Subjects: []string{q.noteSubject("*"), q.deadSubject("*")},
		MaxMsgsPerSubject: 1, AllowMsgTTL: true, Storage: q.o.Storage, Replicas: q.o.Replicas,
	}, func(c *jetstream.StreamConfig) bool { return c.MaxMsgsPerSubject == 1 && c.AllowMsgTTL })
	if err != nil {
		return err
	}
	q.workers, err = q.todo.Consumer(ctx, workers)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		q.workers, err = q.todo.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
			Durable: workers, AckPolicy: jetstream.AckExplicitPolicy, AckWait: q.o.Hidden, MaxDeliver: -1, MaxAckPending: -1,
		})
	}
	if err != nil {
		return fmt.Errorf("consumer %q: %w", workers, err)
	}
	if c := q.workers.CachedInfo().Config; c.AckPolicy != jetstream.AckExplicitPolicy || c.MaxDeliver > 0 || len(c.BackOff) > 0 {
		return fmt.Errorf("consumer %q is another's; one that acks explicitly, any number of times and without a back-off, is right", workers)
	}
	asked := time.Now()
	info, err := q.todo.Info(ctx)
	if err != nil {
		return err
	}
	q.opened, q.server = asked.Add(time.Since(asked)/2), info.TimeStamp
	return nil
}

// stream finds or makes a stream, which must be as is says.
func stream(ctx context.Context, js jetstream.JetStream, c jetstream.StreamConfig, is func(*jetstream.StreamConfig) bool) (jetstream.Stream, error) {
	s, err := js.Stream(ctx, c.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = js.CreateStream(ctx, c)
	}
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another program has just made it, with other options
		s, err = js.Stream(ctx, c.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("stream %q: %w", c.Name, err)
	}
	if !is(&s.CachedInfo().Config) {
		return nil, fmt.Errorf("stream %q is another's, or its server is older than 2.11; one that is made here is right", c.Name)
	}
	return s, nil
}

func (q *Queue) todoSubject(key string) string { return q.name + ".todo." + key }
func (q *Queue) noteSubject(seq string) string { return q.name + ".note." + seq }
func (q *Queue) deadSubject(key string) string { return q.name + ".dead." + key }
func (q *Queue) maxBody() int                  { return int(q.js.Conn().MaxPayload()) - beside }

// serverNow goes on from the server's clock, whatever ours is set to meanwhile.
func (q *Queue) serverNow() time.Time { return q.server.Add(time.Since(q.opened)) }

// bounded gives a call that has no deadline the one that calls of JetStream have.
func (q *Queue) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, q.js.Options().DefaultTimeout)
}

func (q *Queue) failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("nats: queue %q: %s: %w", q.name, what, err)
}
