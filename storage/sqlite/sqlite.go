package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Options for [New]. Nil is the same as the zero value.
type Options struct {
	// Prefix begins the names of the tables: letters, digits and underscores, not beginning with a
	// digit. Empty: [DefaultPrefix].
	Prefix string
	// Readers is a second handle on the same file, for reads. Nil: reads go through the first.
	Readers *sql.DB
	// Synchronous is how much safety against a loss of power is asked for. [Options.DSN] opens
	// connections with as much.
	Synchronous Synchronous
	// Limits bounds what is accepted.
	Limits storage.Limits
	// Tables are the host's own tables for the data of some kinds, by kind.
	Tables map[string]Table
}

// Synchronous says what a commit waits for.
type Synchronous uint8

const (
	// Full: a commit is on the disk before it is answered.
	Full Synchronous = iota
	// Normal accepts synchronous=NORMAL, which is many times faster. The database stays whole, but
	// when the power fails or the system crashes, the last commits may be gone although they were
	// answered: an effect may then be performed twice under different keys, and a message that was
	// accepted may be forgotten. A crash of the program alone loses nothing.
	Normal
)

// level is what a connection must have at least.
func (s Synchronous) level() level {
	if s == Normal {
		return levelNormal
	}
	return levelFull
}

// Store is a [storage.Store], a [storage.Transactor] and a [storage.Notifier] on an SQLite database, and a
// [storage.Inventory] of the host's tables in it. It is safe for concurrent use, and so are several on the
// same file. It reads the process's clock.
//
// It has nothing to close: what it prepared ends with the handle.
type Store struct {
	language *language
	limits   storage.Limits
	tables   map[string]Table

	writer, reader *pool
	turn           chan struct{} // holds a value while somebody writes
	migrated       *atomic.Bool
	shapes         *shapes

	listeners *storage.Listeners

	host Tx // a transaction of the host that the store is inside of; nil: none
}

var (
	_ storage.Store      = (*Store)(nil)
	_ storage.Transactor = (*Store)(nil)
	_ storage.Notifier   = (*Store)(nil)
	_ storage.Inventory  = (*Store)(nil)
)

// New returns a store on db. It refuses a handle that cannot keep what a store promises: one that is
// not SQLite or too old, that has no write-ahead log or no busy timeout, that does not wait for the
// disk as o says, that cannot be written, or that has several connections to separate databases in
// memory. It creates no tables, see [Store.Migrate], but refuses those of a newer program with
// [storage.ErrSchema].
//
// A connection's settings are its own: give db a data source name that sets them on each, such as
// that of [DSN] or [Options.DSN].
func New(ctx context.Context, db *sql.DB, o *Options) (*Store, error) {
	if db == nil {
		return nil, errors.New("sqlite: the handle is nil; open a database first")
	}
	if o == nil {
		o = &Options{}
	}
	s, err := newStore(db, *o)
	if err != nil {
		return nil, err
	}
	if err := checkHandle(ctx, db, s.language.prefix, *o); err != nil {
		return nil, err
	}
	if err := s.checkSchema(ctx); err != nil && !errors.Is(err, errNoTables) {
		return nil, failed("open", err)
	}
	return s, nil
}

func newStore(db *sql.DB, o Options) (*Store, error) {
	if o.Prefix == "" {
		o.Prefix = DefaultPrefix
	}
	if err := checkPrefix(o.Prefix); err != nil {
		return nil, err
	}
	if o.Synchronous > Normal {
		return nil, fmt.Errorf("sqlite: %d is no Synchronous; Full or Normal is", o.Synchronous)
	}
	for kind, table := range o.Tables {
		if err := table.check(kind); err != nil {
			return nil, err
		}
	}
	s := &Store{
		language: &language{prefix: o.Prefix},
		limits:   o.Limits,
		tables:   o.Tables,
		writer:   newPool(db),
		turn:     make(chan struct{}, 1),
		migrated: new(atomic.Bool),
		shapes:   new(shapes),

		listeners: new(storage.Listeners),
	}
	s.reader = s.writer
	if o.Readers != nil {
		s.reader = newPool(o.Readers)
	}
	return s, nil
}

func checkPrefix(prefix string) error {
	for i, c := range prefix {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return fmt.Errorf("sqlite: the prefix is %q; letters, digits and underscores are right, not beginning with a digit", prefix)
		}
	}
	if strings.HasPrefix(strings.ToLower(prefix), "sqlite_") {
		return fmt.Errorf("sqlite: the prefix is %q; names that begin so belong to SQLite", prefix)
	}
	return nil
}

// now is the time at which all of a call happens.
func now() time.Time { return storage.Time(time.Now()) }
