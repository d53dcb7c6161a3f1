package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// errInside is why a store inside a transaction of the host is no inventory.
var errInside = errors.New("the store is inside a transaction of the host; a save is a transaction of its own")

const (
	claimScope = `INSERT INTO reeve.scope AS s (scope, token, saves) VALUES ($1, $2, 1)
ON CONFLICT (scope) DO UPDATE SET token = excluded.token, saves = s.saves + 1 WHERE s.token <= excluded.token`

	selectScope = `SELECT token, saves FROM reeve.scope WHERE scope = $1`

	// beginInventory makes the server fix what a view sees. And what a program has locked that is gone without the server's
	// learning of it is not to stay so: it is given longer than in planByIndex, because it thinks between its statements, and
	// in the middle of a COPY, when no timeout counts, the server asks the other machine whether it is there.
	beginInventory = `SELECT set_config('idle_in_transaction_session_timeout', coalesce(nullif(current_setting('idle_in_transaction_session_timeout'), '0'), '60s'), true),
	set_config('tcp_keepalives_idle', least(nullif(current_setting('tcp_keepalives_idle')::integer, 0), 30)::text, true),
	set_config('tcp_keepalives_interval', least(nullif(current_setting('tcp_keepalives_interval')::integer, 0), 10)::text, true),
	set_config('tcp_keepalives_count', least(nullif(current_setting('tcp_keepalives_count')::integer, 0), 3)::text, true)`
)

// Saves implements [storage.Inventory].
func (s *Store) Saves(ctx context.Context, scope string) (saves uint64, err error) {
	if err := s.checkSchema(ctx); err != nil {
		return 0, failed("saves", err)
	}
	err = s.look(ctx, func(tx *session) error {
		tx.queryScope(scope, new(storage.Token), &saves)
		return tx.flush(ctx)
	})
	return saves, failed("saves", err)
}

func (s *session) queryScope(scope string, token *storage.Token, saves *uint64) {
	s.query(selectScope, func(rows pgx.Rows) error { return rows.Scan(token, saves) }, scope)
}

// look reads by fn, which may be called again.
func (s *Store) look(ctx context.Context, fn func(*session) error) error {
	if s.host != nil {
		return fn(s.inHost())
	}
	return s.again(ctx, func() error {
		conn, err := s.connect(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		return early(fn(s.session(conn)))
	})
}

// View implements [storage.Inventory]. It holds a connection of the pool until it is closed.
func (s *Store) View(ctx context.Context) (storage.InventoryView, error) {
	v, err := s.open(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(*session) {})
	if err != nil {
		return nil, failed("view", err)
	}
	return v, nil
}

// Begin implements [storage.Inventory]. It holds a connection of the pool until the save has ended, also while it
// waits for another one. Saves of several scopes go side by side. A save of which nothing is heard for a minute,
// or for idle_in_transaction_session_timeout where that is set, is rolled back by the server.
//
// Its Handle is a [pgx.Tx] at read committed, which [Store.With] takes. It cannot be used while a call is under way.
// What is sent about the host's tables goes below pgx, so that a tracer of the pool does not see it.
func (s *Store) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	if err := f.Check(); err != nil {
		return nil, failed("begin", err)
	}
	var newest storage.Token
	tx := &inventoryTx{fence: f, reserved: map[string]bool{}, last: map[string]int64{}}
	v, err := s.open(ctx, readCommitted, func(own *session) {
		own.exec(claimScope, f.Scope, integer(f.Token))
		own.queryScope(f.Scope, &newest, &tx.number)
	})
	if err != nil {
		return nil, failed("begin", err)
	}
	if err := f.Guard(newest); err != nil {
		v.end(ctx)
		return nil, failed("begin", err)
	}
	tx.inventoryView = v
	return tx, nil
}

// An inventoryView is a transaction that reads the host's tables, on a connection of its own.
type inventoryView struct {
	store *Store
	conn  *pgxpool.Conn
	own   *session // for the tables of this package
	use   adapter.Use
}

// open begins a transaction with what is collected.
func (s *Store) open(ctx context.Context, o pgx.TxOptions, collect func(*session)) (*inventoryView, error) {
	if s.host != nil {
		return nil, errInside
	}
	if err := s.checkSchema(ctx); err != nil {
		return nil, err
	}
	var v *inventoryView
	err := s.again(ctx, func() error {
		conn, err := s.connect(ctx)
		if err != nil {
			return err
		}
		v = &inventoryView{store: s, conn: conn, own: s.session(conn)}
		v.own.batch.BeginTx(o)
		v.own.exec(beginInventory)
		collect(v.own)
		if err := v.own.flush(ctx); err != nil {
			v.end(ctx)
			return early(err)
		}
		return nil
	})
	return v, err
}

// end ends the transaction, if it has not ended, and gives the connection back.
func (v *inventoryView) end(ctx context.Context) {
	rollBack(ctx, v.conn)
	v.conn.Release()
}

// do runs a call. What is known of tables may be why one fails.
func (v *inventoryView) do(ctx context.Context, call string, fn func() error) error {
	err := v.use.Begin(ctx)
	if err == nil {
		defer func() { v.use.Done(err) }()
		if err = fn(); err != nil {
			v.store.shapes.Clear()
		}
	}
	return failed(call, ended(err))
}

// shape returns what is known of a table. It is asked when nothing is.
func (v *inventoryView) shape(ctx context.Context, table string) (*shape, error) {
	if found, ok := v.store.shapes.Load(table); ok {
		return found.(*shape), nil //nolint:forcetypeassert // nothing else is stored
	}
	found, err := v.own.describe(ctx, table)
	if err == nil {
		v.store.shapes.Store(table, found)
	}
	return found, err
}

// Close implements [storage.InventoryView].
func (v *inventoryView) Close() error {
	first, err := v.use.End()
	if err == nil && first {
		v.end(context.Background())
	}
	return failed("close", err)
}
