package storage

import (
	"context"
	"time"
)

// EffectKind is the kind in the key of an effect's lease; no record may have it. The ID is the
// effect's.
const EffectKind = "effect"

// A Lease is the right to move a record, or to perform an effect, for a while. It is a value: what
// it allows is decided by the store, at each write.
type Lease struct {
	// Key is the record, or the effect under [EffectKind].
	Key Key
	// Owner says who holds it, for people to read; nothing is decided by it.
	Owner string
	// Token is the fence: a write with an older one than the newest is refused.
	Token Token
	// TTL is for how long it was given, from when the store gave or extended it.
	TTL time.Duration
}

// A Claim asks for leases on what is due.
type Claim struct {
	// Names are the kinds of the records, or the names of the effects, each of which counts once.
	// Required.
	Names []string
	// Owner says who asks. Required.
	Owner string
	// Limit is the most to return. Required.
	Limit int
	// TTL is how long the leases last. Required.
	TTL time.Duration
	// Most is the most messages and the most due elements to return with a record; zero: 100.
	Most int
}

// DefaultMost is what Most is in a [Claim] that leaves it zero.
const DefaultMost = 100

// A Locker is a host's own lock on records, taken in addition to the store's leases: the seat of a
// lock that other programs share. It is safe for concurrent use.
type Locker interface {
	// TryLock locks the record for ttl without waiting. Its token is newer than after, the newest one
	// known to have written, so that a locker that forgot everything cannot block a record for ever.
	// If another holds the lock, the error is ErrLocked.
	TryLock(ctx context.Context, key Key, after Token, ttl time.Duration) (Held, error)
}

// Held is a lock that is held.
type Held interface {
	// Lease is the lock as a value.
	Lease() Lease
	// Context ends when the lock is, or can be, lost, with the cause ErrLeaseLost, and when it is
	// unlocked.
	Context() context.Context
	// Extend makes it last for ttl from now. After ErrLeaseLost it is lost.
	Extend(ctx context.Context, ttl time.Duration) error
	// Unlock gives it up. Unlocking a lost lock is no error.
	Unlock(ctx context.Context) error
}
