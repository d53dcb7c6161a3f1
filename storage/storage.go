package storage

import (
	"context"
	"iter"
	"time"
)

// A Store keeps records and everything that belongs to them. It is five roles; all are mandatory.
// A Store is safe for concurrent use, by goroutines and, where its database is shared, by processes.
//
// Methods that take several things answer each: the slice of errors has one entry a thing, nil where
// it succeeded, and the last result is an error of the store itself. If that is not nil, nothing was
// written, unless it is [ErrUnknown]. Where others can lock rows of the database, one of several things
// may be answered with [ErrLocked], so that the rest need not wait; nothing of it was written.
type Store interface {
	Records
	Leases
	Inbox
	Outbox
	Journal
}

// Records reads and changes records.
type Records interface {
	// Load returns a snapshot a key, in the order of the keys, without messages and elements and
	// without a lease. A record that does not exist has version zero; its Now is set all the same. A
	// key that is given twice has two snapshots, and what is done to one does not show in the other.
	Load(ctx context.Context, keys []Key) ([]Snapshot, error)

	// Elements yields the elements of a record that match q, by name. The sequence ends with the
	// first error.
	Elements(ctx context.Context, key Key, q ElementQuery) iter.Seq2[Element, error]

	// Apply makes changes true, each atomically and in their order. The answer to a change is nil
	// or one of
	//
	//   - ErrInvalid, ErrTooLarge: the change breaks the rules of [Limits.CheckChange];
	//   - ErrNotFound: there is no such record;
	//   - ErrLeaseLost: a newer lease than Token was given out, or has written;
	//   - ErrConflict: the record is not at Version, or an earlier change of the batch was to it;
	//   - ErrExists: Version is zero, and there is such a record;
	//   - an error of the change's own Project.
	//
	// After an answer other than nil nothing of that change is there. After nil all of it is: the
	// version is one higher, the lease of Token has ended, and the record is due now if it has an
	// unconsumed message, else at the earliest of Record.Due and the Due of its elements; but not
	// before Record.NotBefore, and never while it is paused, quarantined or final.
	Apply(ctx context.Context, changes []Change) ([]error, error)

	// List yields the records that match q, by id. It reads in pages and holds nothing open between
	// them, so that the caller may write while it iterates; what is written meanwhile may or may not
	// be seen. The sequence ends with the first error.
	List(ctx context.Context, q Query) iter.Seq2[Record, error]

	// Count returns how many records of the kind are in each state.
	Count(ctx context.Context, kind string) (map[string]int, error)
}

// Leases gives out the right to move records and to perform effects.
type Leases interface {
	// Claim returns up to c.Limit records of the kinds in c.Names that are due, those due longest
	// first whatever their kind, and of those due since the same time by kind and id. Each is under a
	// new lease and hidden from every other claim until the lease ends. With each come its
	// unconsumed messages, the elements that those name and the elements that are due, at most
	// c.Most of the messages and of the due elements.
	Claim(ctx context.Context, c Claim) ([]Snapshot, error)

	// Take does the same for effects whose name is in c.Names: those that can be taken for longest
	// first whatever their name, and of the same time by number. It returns an effect whose deadline
	// has passed too, so that it can be settled as dead.
	Take(ctx context.Context, c Claim) ([]Taken, error)

	// Extend makes leases last for their TTL from now. The answer to a lease is nil, ErrLeaseLost,
	// or ErrCanceled for an effect that was canceled meanwhile.
	Extend(ctx context.Context, leases []Lease) ([]error, error)

	// Release ends leases whose work was not done. A record is due after the given time, or now if
	// it has an unconsumed message; an effect can be taken after that time. A lease that has been
	// lost is passed over. Afterwards the token is no longer good for a write.
	Release(ctx context.Context, leases []Lease, after time.Duration) error
}

// Inbox takes what is said to records.
type Inbox interface {
	// Deliver stores messages and makes their records due, now or at NotBefore, unless they are
	// paused, quarantined or final; to a final record a message is stored as [MessageStale]. The answer to a message is nil or one
	// of
	//
	//   - ErrInvalid, ErrTooLarge: it breaks the rules of [Limits.CheckMessage];
	//   - ErrNotFound: there is no such record; nothing is stored;
	//   - ErrDuplicate: a message of this ID was accepted before; nothing changes.
	Deliver(ctx context.Context, messages []Message) ([]error, error)

	// Messages yields the messages that match q, in the order of their numbers. The sequence ends
	// with the first error.
	Messages(ctx context.Context, q MessageQuery) iter.Seq2[Message, error]

	// RedriveMessages opens dead messages again and makes their records due as Deliver does. The
	// answer to a number is nil, or ErrNotFound if no dead message has it.
	RedriveMessages(ctx context.Context, seqs []uint64) ([]error, error)
}

// Outbox keeps what records want done.
type Outbox interface {
	// Settle ends attempts at effects: done, dead, or to be tried again. In the same transaction the
	// outcome is delivered to the effect's record. The answer to a settlement is nil or one of
	//
	//   - ErrInvalid, ErrTooLarge: it breaks the rules of [Limits.CheckSettlement];
	//   - ErrNotFound: there is no such effect any more;
	//   - ErrLeaseLost: a newer lease was given out; nothing is written.
	//
	// An effect that was canceled meanwhile stays canceled, and its outcome is delivered: what the
	// world answered is not lost.
	Settle(ctx context.Context, settlements []Settlement) ([]error, error)

	// Effects yields the effects that match q, in the order of their numbers. The sequence ends with
	// the first error.
	Effects(ctx context.Context, q EffectQuery) iter.Seq2[Effect, error]

	// RedriveEffects makes dead effects pending again, with no attempts behind them and deadline as
	// their new deadline from now (zero: none). The answer to an ID is nil or one of
	//
	//   - ErrNotFound: no dead effect has it;
	//   - ErrExists: another effect of the record with the same Key is pending or running, so that
	//     what it was for is being done. It stays dead.
	RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) ([]error, error)
}

// Journal keeps what was.
type Journal interface {
	// History yields the lines of a record whose version is above after, in their order: none if after
	// is the newest, or any number above it. It goes on after the record was deleted. The sequence ends
	// with the first error.
	History(ctx context.Context, key Key, after uint64) iter.Seq2[Line, error]

	// Prune removes up to limit rows that r no longer keeps and returns how many. Fewer than limit
	// means that nothing is left to remove.
	Prune(ctx context.Context, r Retention, limit int) (int, error)
}

// A Transactor is a Store that can take part in a transaction of the host. It is optional.
type Transactor interface {
	// With returns the store as it is inside tx: what it writes is there after tx commits and not
	// before, and is gone after a rollback; nothing wakes before the commit. The type of tx is the
	// backend's (*sql.Tx or *sql.Conn, pgx.Tx); another one is an error. The store is good until the
	// transaction ends, and as safe for concurrent use as tx is.
	With(tx any) (Store, error)
}
