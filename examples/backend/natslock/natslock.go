// Package natslock locks records in a key-value bucket of NATS JetStream: it is a [storage.Locker] for
// estates on which other programs work as well, which take the same locks.
//
// A lock is a key, and its value says by which token and for how long it is held. Taking, extending and
// giving it up is each one write that names the revision it was decided from, so that of two who want
// the same the server lets one through. Revisions guard the writes, but are not the tokens: they begin
// again in a bucket that was made again, and know nothing of what has been written to the store. So the
// token is in the value, and the next is newer than it and than the one that the store has seen.
//
// Whether a lock has ended is decided by the server alone: when it wrote the key, and what time it has
// now. (Time to live, which a key can have too, is kept in whole seconds, too coarse for a lease.) The
// holder's context ends by its own clock, counted from before its request and a margin earlier, so that
// it has let go before another can have the lock: also when the connection is cut and nobody tells it.
package natslock

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/storage"
)

// Locker is a [storage.Locker] on a bucket. It is safe for concurrent use, and so are several on the same
// bucket.
type Locker struct{ bucket jetstream.KeyValue }

var _ storage.Locker = (*Locker)(nil)

// New returns a locker on a bucket that the host made and that holds nothing but locks. It may be in
// memory: a locker that forgets everything blocks nobody, and the store's own guards stay. Connect with
// nats.ReconnectBufSize(-1), so that what cannot be sent now is an error rather than sent later.
func New(bucket jetstream.KeyValue) (*Locker, error) {
	if bucket == nil {
		return nil, errors.New("natslock: the bucket is nil; make one first")
	}
	return &Locker{bucket}, nil
}

// A lock is the value of a key.
type lock struct {
	Token storage.Token `json:"token"`
	// TTL is for how long it is held, from when the server wrote it, in nanoseconds. Zero: it is free.
	TTL time.Duration `json:"ttl"`
}

// TryLock implements [storage.Locker]. The lock's context is derived from ctx.
func (l *Locker) TryLock(ctx context.Context, key storage.Key, after storage.Token, ttl time.Duration) (storage.Held, error) {
	if ttl < time.Millisecond {
		return nil, storage.Errorf(storage.ErrInvalid, key, "a lock for %v was asked for; a millisecond or more is right", ttl)
	}
	last, revision, err := l.free(ctx, key)
	if err != nil {
		return nil, err
	}
	to := lock{Token: max(last, after) + 1, TTL: ttl}
	asked := time.Now()
	if revision, err = l.write(ctx, key, to, revision); err != nil {
		return nil, err
	}
	return newHeld(ctx, l, storage.Lease{Key: key, Token: to.Token, TTL: ttl}, revision, asked), nil
}

// free returns the newest token of a lock that nobody holds, and the revision of its key; zeros if there
// is none.
func (l *Locker) free(ctx context.Context, key storage.Key) (storage.Token, uint64, error) {
	entry, err := l.bucket.Get(ctx, keyOf(key))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("natslock: %s: %w", key, err)
	}
	var last lock
	if err := json.Unmarshal(entry.Value(), &last); err != nil {
		return 0, 0, fmt.Errorf("natslock: %s: the bucket holds %q, which is no lock; use one for locks alone: %w", key, entry.Value(), err)
	}
	if last.TTL == 0 {
		return last.Token, entry.Revision(), nil
	}
	now, err := l.now(ctx)
	if err != nil {
		return 0, 0, fmt.Errorf("natslock: %s: %w", key, err)
	}
	if left := entry.Created().Add(last.TTL).Sub(now); left > 0 {
		return 0, 0, storage.Errorf(storage.ErrLocked, key, "another holds it for %v more", left)
	}
	return last.Token, entry.Revision(), nil
}

// now returns the server's time.
func (l *Locker) now(ctx context.Context) (time.Time, error) {
	status, err := l.bucket.Status(ctx)
	if err != nil {
		return time.Time{}, err
	}
	s, ok := status.(*jetstream.KeyValueBucketStatus)
	if !ok {
		return time.Time{}, fmt.Errorf("the status is a %T, which has no time; %T has", status, s)
	}
	return s.StreamInfo().TimeStamp, nil
}

// write writes a key that is at a revision, zero for none, and returns the new one. If it is at another,
// the error is ErrLocked: somebody else was quicker.
func (l *Locker) write(ctx context.Context, key storage.Key, to lock, revision uint64) (uint64, error) {
	value, err := json.Marshal(to)
	if err != nil {
		return 0, fmt.Errorf("natslock: %s: %w", key, err)
	}
	if revision == 0 {
		revision, err = l.bucket.Create(ctx, keyOf(key), value)
	} else {
		revision, err = l.bucket.Update(ctx, keyOf(key), value, revision)
	}
	switch {
	case errors.Is(err, jetstream.ErrKeyExists) || errors.Is(err, jetstream.ErrKeyRevisionMismatch):
		return 0, storage.Errorf(storage.ErrLocked, key, "another has taken it meanwhile")
	case err != nil:
		return 0, fmt.Errorf("natslock: %s: %w", key, err)
	}
	return revision, nil
}

// keyOf returns the bucket's key of a record. Few characters are allowed in one, so all are encoded.
func keyOf(k storage.Key) string {
	encode := base64.RawURLEncoding.EncodeToString
	return encode([]byte(k.Kind)) + "." + encode([]byte(k.ID))
}
