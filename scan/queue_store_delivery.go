package scan

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A storeDelivery is a lease on the record of a message.
type storeDelivery struct {
	queue   *StoreQueue
	record  storage.Record
	lease   storage.Lease
	attempt int

	mu      sync.Mutex
	expires time.Time
}

// attemptOf counts the leases on a message. They are numbered one by one ([storage.Token]), and what was written under one uses up a number, too; what
// was counted until then is in the record. While nothing was, its numbers began with its version.
func attemptOf(s *storage.Snapshot) int {
	before := s.Version - 1
	if s.Fence > 0 {
		before = uint64(s.Fence) + 1
	}
	since := uint64(s.Lease.Token) - before
	if uint64(s.Lease.Token) <= before || since > 1<<20 {
		since = 1 // a host's own store may number otherwise
	}
	return s.Failures + int(since)
}

func (d *storeDelivery) Message() Message { return Message{Key: d.record.Key.ID, Body: d.record.Data} }

func (d *storeDelivery) Attempt() int { return d.attempt }

func (d *storeDelivery) Expires() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.expires
}

func (d *storeDelivery) Extend(ctx context.Context, lease time.Duration) error {
	asked, wanted := time.Now(), d.lease
	wanted.TTL = lease
	answers, err := d.queue.store.Extend(ctx, []storage.Lease{wanted})
	if err = d.answer("extend", answers, err); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expires = asked.Add(lease)
	return nil
}

func (d *storeDelivery) Ack(ctx context.Context) error {
	return d.apply(ctx, "ack", storage.Change{Delete: true})
}

func (d *storeDelivery) Retry(ctx context.Context, after time.Duration) error {
	now, err := d.queue.now(ctx)
	if err != nil {
		return d.answer("retry", nil, err)
	}
	back := waiting(d.record.Data, now.Add(max(after, 0)))
	back.Failures = d.attempt
	return d.apply(ctx, "retry", storage.Change{Record: back})
}

func (d *storeDelivery) Bury(ctx context.Context, reason string) error {
	return d.apply(ctx, "bury", storage.Change{Record: storage.Record{
		State: queueDead, Data: d.record.Data, Failures: d.attempt, Reason: storableText(reason),
	}})
}

// storableText is what a store takes of a text that comes from anywhere.
func storableText(s string) string {
	s = strings.ReplaceAll(s[:min(len(s), storage.MaxText)], "\x00", "")
	return strings.ToValidUTF8(s, "")
}

// apply does something to the message, if it is still this delivery's.
func (d *storeDelivery) apply(ctx context.Context, what string, c storage.Change) error {
	c.Key, c.Version, c.Token = d.record.Key, d.record.Version, d.lease.Token
	answers, err := d.queue.store.Apply(ctx, []storage.Change{c})
	return d.answer(what, answers, err)
}

func (d *storeDelivery) answer(what string, answers []error, err error) error {
	if err == nil {
		err = answers[0]
	}
	if isLost(err) {
		err = fmt.Errorf("%w: %w", ErrLeaseLost, err)
	}
	return d.queue.failed(fmt.Sprintf("%s message %q", what, d.record.Key.ID), err)
}

// isLost reports whether another has done something to a message meanwhile.
func isLost(err error) bool {
	return errors.Is(err, storage.ErrLeaseLost) || errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound)
}
