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

// A Queue is a [scan.Queue] on a work-queue stream of JetStream, and a [scan.Gauge], a [scan.Graveyard], a [scan.Withdrawer] and a [scan.Lister]. It is safe for concurrent
// use; all queues of one name on one account, in whatever programs, are one. The package says what is made on the server, and what it costs.
//
// A key has 1 to 512 bytes. A body has as many bytes as the server takes in one message (max_payload, by default 1 MiB), less 16 KiB for what is
// said beside it.
type Queue struct {
	place

	js       jetstream.JetStream
	name     string
	o        Options
	opened   time.Time // by our clock, and
	server   time.Time // by that of the server
	settling time.Duration
}

var (
	_ scan.Queue      = (*Queue)(nil)
	_ scan.Gauge      = (*Queue)(nil)
	_ scan.Graveyard  = (*Queue)(nil)
	_ scan.Withdrawer = (*Queue)(nil)
	_ scan.Lister     = (*Queue)(nil)
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
	q := &Queue{js: js, name: name, settling: settling}
	if o != nil {
		q.o = *o
	}
	q.o.Wait = cmp.Or(q.o.Wait, 20*time.Second)
	q.o.Hidden = cmp.Or(q.o.Hidden, time.Minute)
	q.o.Replicas = cmp.Or(q.o.Replicas, 1)
	q.o.MaxBytes = cmp.Or(q.o.MaxBytes, -1)
	err := q.check()
	if err == nil {
		q.place, _, err = q.find(perRequest(ctx))
	}
	if err == nil {
		err = q.setClock(perRequest(ctx))
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

func (q *Queue) todoSubject(key string) string { return q.name + ".todo." + key }
func (q *Queue) noteSubject(seq string) string { return q.name + ".note." + seq }
func (q *Queue) deadSubject(key string) string { return q.name + ".dead." + key }
func (q *Queue) maxBody() int                  { return int(q.js.Conn().MaxPayload()) - beside }

func (q *Queue) setClock(ctx context.Context) error {
	asked := time.Now()
	info, err := q.todo.Info(ctx)
	if err != nil {
		return err
	}
	q.opened, q.server = asked.Add(time.Since(asked)/2), info.TimeStamp
	return nil
}

// serverNow goes on from the server's clock, whatever ours is set to meanwhile.
func (q *Queue) serverNow() time.Time { return q.server.Add(time.Since(q.opened)) }

// bounded gives a call the time that calls of JetStream have, or less if that is what is left.
func (q *Queue) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, q.js.Options().DefaultTimeout)
}

// failed says what failed. What somebody has deleted is made again, so that another try finds it.
func (q *Queue) failed(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if isGone(err) {
		err = again(ctx, q.settling, err, func() (lost []string, err error) {
			_, lost, err = q.find(perRequest(ctx))
			return lost, err
		})
	}
	return fmt.Errorf("nats: queue %q: %s: %w", q.name, what, roomFor(err))
}
