package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/storage"
)

// Options for [New]. Nil is the same as the zero value.
type Options struct {
	// Schema is where the tables are. Any name that PostgreSQL accepts is right; it is quoted. Empty:
	// [DefaultSchema].
	Schema string
	// Pooled says that the connections go through a pooler in transaction mode, such as PgBouncer. Then
	// the store listens to no notifications of other processes, and the pool must not name prepared
	// statements: set default_query_exec_mode=cache_describe in its URL.
	Pooled bool
	// Limits bounds what is accepted.
	Limits storage.Limits
	// Tables are the host's own tables for the data of some kinds, by kind.
	Tables map[string]Table
}

// Store is a [storage.Store], a [storage.Transactor], a [storage.Notifier] and a [storage.Inventory] on a PostgreSQL database.
// It is safe for concurrent use, and so is any number of them on the same tables.
//
// It has nothing to close: what it uses ends with the pool. Each [Store.Listen] has a connection beyond the pool's
// MaxConns.
type Store struct {
	*language
	pool     *pgxpool.Pool
	limits   storage.Limits
	tables   tables
	pooled   bool
	plain    bool // pgx goes by the types of Go
	migrated *atomic.Bool

	claiming, taking *claimer
	notifier         *notifier
	witnesses        *witnesses
	shapes           *sync.Map // of the host's tables, by name, as an inventory last saw them

	// Small calls that come at the same time go together.
	loads    *gatherer[storage.Key, storage.Snapshot]
	applies  *gatherer[*storage.Change, error]
	delivers *gatherer[*storage.Message, error]
	settles  *gatherer[*storage.Settlement, error]
	extends  *gatherer[storage.Lease, error]

	host pgx.Tx // a transaction of the host that the store is inside of; nil: none
}

var (
	_ storage.Store      = (*Store)(nil)
	_ storage.Transactor = (*Store)(nil)
	_ storage.Notifier   = (*Store)(nil)
	_ storage.Inventory  = (*Store)(nil)
)

// New returns a store on a pool. It refuses one that cannot keep what a store promises: on a server
// older than PostgreSQL 13, on a standby, or whose settings get in the way. It creates no tables, see
// [Store.Migrate], but refuses those of a newer program with [storage.ErrSchema].
func New(ctx context.Context, pool *pgxpool.Pool, o *Options) (*Store, error) {
	if pool == nil {
		return nil, errors.New("postgres: the pool is nil; make one with pgxpool.New")
	}
	if o == nil {
		o = &Options{}
	}
	s, err := newStore(pool, *o)
	if err != nil {
		return nil, err
	}
	if err := s.checkServer(ctx); err != nil {
		return nil, err
	}
	if err := s.checkSchema(ctx); err != nil && !errors.Is(err, errNoTables) {
		return nil, failed("open", err)
	}
	return s, nil
}

func newStore(pool *pgxpool.Pool, o Options) (*Store, error) {
	if o.Schema == "" {
		o.Schema = DefaultSchema
	}
	const longest = 63 // what is longer, the server cuts off
	if len(o.Schema) > longest {
		return nil, fmt.Errorf("postgres: the schema %q has %d bytes; at most %d are right", o.Schema, len(o.Schema), longest)
	}
	if err := checkMode(pool.Config().ConnConfig.DefaultQueryExecMode, o.Pooled); err != nil {
		return nil, err
	}
	for kind, table := range o.Tables {
		if err := table.check(kind); err != nil {
			return nil, err
		}
	}
	s := &Store{
		language: &language{schema: o.Schema},
		pool:     pool,
		limits:   o.Limits,
		tables:   o.Tables,
		pooled:   o.Pooled,
		plain:    goesByGo(pool.Config().ConnConfig.DefaultQueryExecMode),
		migrated: new(atomic.Bool),
		claiming: newClaimer(),
		taking:   newClaimer(),
		notifier: newNotifier(o.Schema),

		witnesses: newWitnesses(),
		shapes:    new(sync.Map),
	}
	s.loads = &gatherer[storage.Key, storage.Snapshot]{one: s.load, many: s.load}
	s.applies = &gatherer[*storage.Change, error]{one: s.applyAll, many: impatiently(s.apply)}
	s.delivers = &gatherer[*storage.Message, error]{one: s.deliverAll, many: impatiently(s.deliver)}
	s.settles = &gatherer[*storage.Settlement, error]{one: s.settleAll, many: impatiently(s.settle)}
	s.extends = &gatherer[storage.Lease, error]{one: s.leasePieces(s.extend).answer, many: s.extend}
	return s, nil
}

// gathers reports whether a call of a size goes together with others. What is to be in a transaction of the
// host's does not.
func (s *Store) gathers(size int) bool { return s.host == nil && size <= smallCall }

// inside returns the store as it is inside a transaction of the host.
func (s *Store) inside(host pgx.Tx) *Store {
	inside := *s
	inside.host = host
	inside.claiming, inside.taking = newClaimer(), newClaimer()
	return &inside
}
