package bolt

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/storage"
)

// Options for [New]. Nil is the same as the zero value.
type Options struct {
	// Limits bounds what is accepted.
	Limits storage.Limits
}

// Store is a [storage.Store] and a [storage.Notifier] on a bbolt database. It is safe for concurrent use,
// and reads the process's clock. It has nothing to close.
type Store struct {
	db        *bbolt.DB
	limits    storage.Limits
	listeners storage.Listeners
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Notifier = (*Store)(nil)
)

// New returns a store in a database that the host opened, and makes its buckets there, beneath one of
// the name "reeve". It refuses a database that cannot keep what a store promises, and with
// [storage.ErrSchema] one that a newer program laid out.
func New(db *bbolt.DB, o *Options) (*Store, error) {
	switch {
	case db == nil:
		return nil, errors.New("bolt: the database is nil; open one first")
	case db.IsReadOnly():
		return nil, errors.New("bolt: the database can only be read; open it for writing")
	case db.NoSync:
		return nil, errors.New("bolt: the database does not wait for the disk, so that what was answered could be lost; leave NoSync false")
	}
	if err := db.Update(makeBuckets); err != nil {
		return nil, fmt.Errorf("bolt: open: %w", err)
	}
	s := &Store{db: db}
	if o != nil {
		s.limits = o.Limits
	}
	return s, nil
}

// Listen implements [storage.Notifier], for what is written through this store.
func (s *Store) Listen(ctx context.Context, hint func(storage.Hint)) error {
	return s.listeners.Listen(ctx, hint)
}

// view calls do with a transaction that reads.
func (s *Store) view(ctx context.Context, what string, do func(*tx)) error {
	return s.in(ctx, what, false, do)
}

// update calls do with a transaction that writes, and commits it unless something failed in it. One in
// which nothing was written costs the disk nothing.
func (s *Store) update(ctx context.Context, what string, do func(*tx)) error {
	return s.in(ctx, what, true, do)
}

func (s *Store) in(ctx context.Context, what string, writable bool, do func(*tx)) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("bolt: %s: %w", what, err)
		}
	}()
	if err := ctx.Err(); err != nil {
		return err
	}
	handle, err := s.db.Begin(writable)
	if err != nil {
		return err
	}
	defer func() { _ = handle.Rollback() }() // does nothing after a commit
	if err := ctx.Err(); err != nil {        // others may have been waited for
		return err
	}
	t := newTx(handle, storage.Time(time.Now()))
	do(t)
	if t.err != nil || !t.wrote {
		return t.err
	}
	if err := handle.Commit(); err != nil {
		return err
	}
	s.listeners.Hint(t.due)
	return nil
}
