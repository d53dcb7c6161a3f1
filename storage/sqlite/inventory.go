package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// errInside is why a store inside a transaction of the host is no inventory.
var errInside = errors.New("the store is inside a transaction of the host; a save is a transaction of its own")

// Describe implements [storage.Inventory]. A column's type is taken from the words in its declaration:
// BOOL, UUID, JSON, DATETIME or TIMESTAMP, INT, CHAR, CLOB or TEXT, BLOB, REAL, FLOAT or DOUBLE, NUMERIC or
// DECIMAL; any other is [storage.AnyType].
func (s *Store) Describe(ctx context.Context, table string) (*storage.Table, error) {
	var found *shape
	err := s.read(ctx, func(tx *session) (err error) {
		found, err = describe(ctx, tx.handle, table)
		return err
	})
	if err != nil {
		return nil, failed("describe", err)
	}
	return &found.Table, nil
}

const selectScope = `SELECT token, saves, mark FROM reeve_scope WHERE scope = ?`

// A scopeRow is what is kept of a scope.
type scopeRow struct {
	token storage.Token
	saves uint64
	mark  string
}

func (s *session) scope(ctx context.Context, name string) (r scopeRow, err error) {
	err = s.queryWhole(ctx, selectScope, values{}, func(rows *sql.Rows) error {
		return rows.Scan(numberColumn[storage.Token]{&r.token}, numberColumn[uint64]{&r.saves}, &r.mark)
	}, name)
	return r, err
}

// Saves implements [storage.Inventory].
func (s *Store) Saves(ctx context.Context, scope string) (uint64, error) {
	r, err := s.scopeNow(ctx, scope)
	return r.saves, failed("saves", err)
}

func (s *Store) scopeNow(ctx context.Context, scope string) (r scopeRow, err error) {
	err = s.read(ctx, func(tx *session) (err error) {
		r, err = tx.scope(ctx, scope)
		return err
	})
	return r, err
}

// View implements [storage.Inventory]. It holds a connection until it is closed.
func (s *Store) View(ctx context.Context) (storage.InventoryView, error) {
	v, err := s.view(ctx)
	if err != nil {
		return nil, failed("view", err)
	}
	return v, nil
}

// lookAtSchema makes SQLite fix what a transaction sees.
const lookAtSchema = `SELECT max(version) FROM reeve_schema`

func (s *Store) view(ctx context.Context) (*inventoryView, error) {
	if s.host != nil {
		return nil, errInside
	}
	if err := s.checkSchema(ctx); err != nil {
		return nil, err
	}
	v, err := s.open(ctx, s.reader, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	var version int
	steady := context.WithoutCancel(ctx)
	if err = v.tx.QueryRowContext(steady, s.language.named(lookAtSchema)).Scan(&version); err == nil {
		v.schema, err = schemaOf(steady, v.tx)
	}
	if err != nil {
		v.end(steady)
		return nil, err
	}
	return v, nil
}

// Begin implements [storage.Inventory]. Nothing else writes to the file until the transaction has ended,
// in any scope, and it holds a connection; other processes wait for as long as their busy timeout. Its
// Handle is the *sql.Tx, which [Store.With] takes.
//
// SQLite looks for what points at a row in the whole table, unless the column that points has an index. It
// looks at references only on connections with foreign_keys set, which is left to the host: add
// "&_pragma=foreign_keys(1)" to a name from [DSN].
func (s *Store) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	if s.host != nil {
		return nil, failed("begin", errInside)
	}
	if err := f.Check(); err != nil {
		return nil, failed("begin", err)
	}
	select {
	case s.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, failed("begin", ctx.Err())
	}
	tx, err := s.beginInTurn(ctx, f)
	if err != nil {
		<-s.turn
		return nil, failed("begin", err)
	}
	return tx, nil
}

func (s *Store) beginInTurn(ctx context.Context, f storage.Fence) (tx *inventoryTx, err error) {
	if err := s.checkSchema(ctx); err != nil {
		return nil, err
	}
	v, err := s.open(ctx, s.writer, nil)
	if err != nil {
		return nil, err
	}
	steady := context.WithoutCancel(ctx)
	defer func() {
		if err != nil {
			v.end(steady)
		}
	}()
	own := &session{language: s.language, handle: v.tx}
	if _, err := own.execWhole(steady, takeWriteLock, values{}); err != nil {
		return nil, err
	}
	r, err := own.scope(steady, f.Scope)
	if err != nil {
		return nil, err
	}
	if err := f.Guard(r.token); err != nil {
		return nil, err
	}
	if v.schema, err = schemaOf(steady, v.tx); err != nil {
		return nil, err
	}
	return &inventoryTx{inventoryView: *v, own: own, fence: f, number: r.saves + 1, mark: rand.Text(), reserved: map[string]int64{}}, nil
}

// An inventoryView is a transaction that reads the host's tables, on a connection of its own. What it runs is
// not interrupted when a context ends, as in [Store.write].
type inventoryView struct {
	store  *Store
	conn   *sql.Conn
	tx     *sql.Tx
	shapes map[string]*shape
	schema int64 // as it was when the transaction began
	use    adapter.Use
}

func (s *Store) open(ctx context.Context, p *pool, o *sql.TxOptions) (*inventoryView, error) {
	conn, err := p.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := conn.BeginTx(context.WithoutCancel(ctx), o)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &inventoryView{store: s, conn: conn, tx: tx, shapes: map[string]*shape{}}, nil
}

// end ends the transaction, if it has not ended, and gives the connection back.
func (v *inventoryView) end(steady context.Context) {
	_ = v.tx.Rollback()
	leaveClean(steady, v.conn)
	_ = v.conn.Close()
}

// do runs a call.
func (v *inventoryView) do(ctx context.Context, call string, fn func(steady context.Context) error) error {
	err := v.use.Begin(ctx)
	if err == nil {
		defer func() { v.use.Done(err) }()
		err = fn(context.WithoutCancel(ctx))
	}
	return failed(call, err)
}

// Close implements [storage.InventoryView].
func (v *inventoryView) Close() error {
	first, err := v.use.End()
	if err == nil && first {
		v.end(context.Background())
	}
	return failed("close", err)
}
