package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// An inventoryTx is a transaction that holds the write lock, and the store's turn.
type inventoryTx struct {
	inventoryView
	own      *session // for the tables of this package
	fence    storage.Fence
	number   uint64
	mark     string
	reserved map[string]int64 // the last id, by table
}

// Number implements [storage.InventoryTx].
func (tx *inventoryTx) Number() uint64 { return tx.number }

// Handle implements [storage.InventoryTx].
func (tx *inventoryTx) Handle() any { return tx.tx }

// Close implements [storage.InventoryView].
func (tx *inventoryTx) Close() error {
	first, err := tx.use.End()
	if err == nil && first {
		tx.finish(context.Background())
	}
	return failed("close", err)
}

// finish ends the transaction, if it has not ended, and lets others write.
func (tx *inventoryTx) finish(steady context.Context) {
	tx.end(steady)
	<-tx.store.turn
}

// Reserve implements [storage.InventoryTx]. Nobody else can insert meanwhile, so what comes after the
// greatest id is free.
func (tx *inventoryTx) Reserve(ctx context.Context, table string, n int) (ids []storage.Value, err error) {
	err = tx.do(ctx, "reserve", func(steady context.Context) error {
		t, err := tx.shape(steady, table)
		if err != nil {
			return err
		}
		id, err := adapter.IDOf(&t.Table)
		if err != nil {
			return err
		}
		last := int64(0)
		ids = make([]storage.Value, 0, n)
		switch id.Type {
		case storage.UUIDType:
			for range n {
				ids = append(ids, adapter.NewUUID())
			}
		case storage.IntType:
			if last, err = tx.lastID(steady, t); err != nil {
				return err
			}
			if int64(n) > math.MaxInt64-last {
				return fmt.Errorf("%w: table %q has no ids left after %d", storage.ErrInvalid, table, last)
			}
			for range n {
				last++
				ids = append(ids, storage.IntValue(last))
			}
		default:
			return fmt.Errorf("%w: the ids of table %q are %s; integers and UUIDs can be reserved", storage.ErrInvalid, table, id.Type)
		}
		tx.reserved[table] = last
		return nil
	})
	return ids, err
}

// lastID returns the greatest id that a table has, had, if it has AUTOINCREMENT, or that was reserved.
func (tx *inventoryTx) lastID(ctx context.Context, t *shape) (last int64, err error) {
	last = tx.reserved[t.Name]
	for _, query := range []string{
		"SELECT max(" + quoted(t.ID) + ") FROM " + quoted(t.Name),
		"SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'",
		"SELECT seq FROM sqlite_sequence WHERE name = '" + strings.ReplaceAll(t.Name, "'", "''") + "'",
	} {
		var n sql.NullInt64
		if err := tx.tx.QueryRowContext(ctx, query).Scan(&n); err == sql.ErrNoRows {
			break
		} else if err != nil {
			return 0, err
		}
		last = max(last, n.Int64)
	}
	return last, nil
}

// Delete implements [storage.InventoryTx].
func (tx *inventoryTx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[[]storage.Value]) (n int, err error) {
	err = tx.do(ctx, "delete", func(steady context.Context) error {
		t, err := tx.shape(steady, table)
		if err != nil {
			return err
		}
		fields, err := adapter.Fields(&t.Table, columns)
		if err != nil {
			return err
		}
		query := "DELETE FROM " + quoted(table) + " WHERE " + strings.Join(namesOfFields(fields), " IS ? AND ") + " IS ?" //nolint:gosec // the names are quoted
		stmt, err := tx.tx.PrepareContext(steady, query)
		if err != nil {
			return err
		}
		defer func() { _ = stmt.Close() }()
		like := make([]storage.Value, len(fields))
		for tuple := range tuples {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := adapter.Width(table, fields, tuple); err != nil {
				return err
			}
			for i := range tuple {
				if like[i], err = fields[i].Like(tuple[i]); err != nil {
					return err
				}
			}
			args, err := t.storedRow(fields, like)
			if err != nil {
				return err
			}
			result, err := stmt.ExecContext(steady, args...)
			if err != nil {
				return refusal(err)
			}
			gone, err := result.RowsAffected()
			if err != nil {
				return err
			}
			n += int(gone)
		}
		return nil
	})
	return n, err
}
