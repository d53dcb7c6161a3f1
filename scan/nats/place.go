package nats

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// A place is what a queue is on the server. It is known by names, and stays good when something was deleted and made again.
type place struct {
	todo    jetstream.Stream
	ledger  jetstream.Stream
	workers jetstream.Consumer
}

// find finds the place, and makes what is not there. Lost says, for people, what went with that if it had been there before.
func (q *Queue) find(ctx context.Context) (p place, lost []string, err error) {
	var made, forgot bool
	p.todo, made, err = stream(ctx, q.js, jetstream.StreamConfig{
		Name: q.name, Description: "messages that wait", Subjects: []string{q.todoSubject("*")}, Retention: jetstream.WorkQueuePolicy, FirstSeq: firstSeq(),
		Discard: jetstream.DiscardNew, MaxBytes: q.o.MaxBytes, Storage: q.o.Storage, Replicas: q.o.Replicas,
	}, func(c *jetstream.StreamConfig) bool { return c.Retention == jetstream.WorkQueuePolicy && keeps(c) })
	if err != nil {
		return place{}, nil, err
	}
	p.ledger, forgot, err = stream(ctx, q.js, jetstream.StreamConfig{
		Name: q.name + "_ledger", Description: "who has which message, and what was buried", Subjects: []string{q.noteSubject("*"), q.deadSubject("*")},
		MaxMsgsPerSubject: 1, AllowMsgTTL: true, FirstSeq: firstSeq(), Discard: jetstream.DiscardNew, Storage: q.o.Storage, Replicas: q.o.Replicas,
	}, func(c *jetstream.StreamConfig) bool { return c.MaxMsgsPerSubject == 1 && c.AllowMsgTTL && keeps(c) })
	if err != nil {
		return place{}, nil, err
	}
	var anew bool
	p.workers, anew, err = q.consumer(ctx, p)
	if err != nil {
		return place{}, nil, fmt.Errorf("consumer %q: %w", workers, err)
	}
	switch {
	case made:
		lost = append(lost, fmt.Sprintf("stream %q with all messages that waited", q.name))
	case anew:
		lost = append(lost, fmt.Sprintf("consumer %q with all leases and attempts", workers))
	}
	if forgot {
		lost = append(lost, fmt.Sprintf("stream %q with all dead messages and some leases", q.name+"_ledger"))
	}
	return p, lost, nil
}

// consumer finds or makes the consumer. One that is made counts deliveries from one, so nothing may be noted of those that another one counted.
func (q *Queue) consumer(ctx context.Context, p place) (c jetstream.Consumer, made bool, err error) {
	c, err = p.todo.Consumer(ctx, workers)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		made = true
		before := p.ledger.CachedInfo().State.LastSeq + 1
		err = p.ledger.Purge(ctx, jetstream.WithPurgeSubject(q.noteSubject("*")), jetstream.WithPurgeSequence(before))
		if err == nil {
			c, err = p.todo.CreateOrUpdateConsumer(ctx, jetstream.ConsumerConfig{
				Durable: workers, AckPolicy: jetstream.AckExplicitPolicy, AckWait: q.o.Hidden, MaxDeliver: -1, MaxAckPending: -1,
			})
		}
	}
	if err != nil {
		return nil, false, err
	}
	if is := c.CachedInfo().Config; is.AckPolicy != jetstream.AckExplicitPolicy || is.MaxDeliver > 0 || len(is.BackOff) > 0 {
		return nil, false, errors.New("it is another's; one that acks explicitly, any number of times and without a back-off, is right")
	}
	return c, made, nil
}

// stream finds or makes a stream, which must be as is says.
func stream(
	ctx context.Context, js jetstream.JetStream, c jetstream.StreamConfig, is func(*jetstream.StreamConfig) bool,
) (s jetstream.Stream, made bool, err error) {
	s, err = js.Stream(ctx, c.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = js.CreateStream(ctx, c)
		made = err == nil
	}
	if errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) { // another program has just made it
		s, err = js.Stream(ctx, c.Name)
	}
	if err != nil {
		return nil, false, fmt.Errorf("stream %q: %w", c.Name, err)
	}
	if !is(&s.CachedInfo().Config) {
		return nil, false, fmt.Errorf("stream %q is another's, throws away what it has when it is full, is read from any replica, or has a server older than 2.11; one that is made here is right", c.Name)
	}
	return s, made, nil
}

// keeps reports whether a stream throws nothing away when it is full, and tells what it has at once: of several servers the leader must be asked.
func keeps(c *jetstream.StreamConfig) bool {
	return (c.Discard == jetstream.DiscardNew || c.MaxMsgs <= 0 && c.MaxBytes <= 0) && (c.Replicas <= 1 || !c.AllowDirect)
}

// firstSeq is where a stream begins to count: after all that was counted in one of the same name that was deleted. Who held something of that can
// do nothing by its number to what is there now.
func firstSeq() uint64 { return uint64(time.Now().UnixMicro()) }
