package postgres

import (
	"context"
	"fmt"
	"iter"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// An inventoryTx is a transaction that holds the lock of its scope.
type inventoryTx struct {
	*inventoryView
	fence    storage.Fence
	number   uint64
	reserved map[string]bool  // of which tables there are ids reserved
	last     map[string]int64 // the last one where there is no sequence
}

// Number implements [storage.InventoryTx].
func (tx *inventoryTx) Number() uint64 { return tx.number }

// Handle implements [storage.InventoryTx].
func (tx *inventoryTx) Handle() any { return tx.own.tx }

// Delete implements [storage.InventoryTx], many rows at a time.
func (tx *inventoryTx) Delete(ctx context.Context, table string, columns []storage.Column, tuples iter.Seq[[]storage.Value]) (n int, err error) {
	err = tx.do(ctx, "delete", func() error {
		t, err := tx.shape(ctx, table)
		if err != nil {
			return err
		}
		fields, err := adapter.Fields(&t.Table, columns)
		if err != nil {
			return err
		}
		gone, like := newSets(t, fields), make([]storage.Value, len(fields))
		for tuple := range tuples {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := adapter.Width(table, fields, tuple); err != nil {
				return err
			}
			for i := range tuple {
				if like[i], err = t.like(&fields[i], tuple[i]); err != nil {
					return err
				}
			}
			gone.add(like)
			if gone.many() {
				if err := tx.delete(ctx, gone, &n); err != nil {
					return err
				}
			}
		}
		return tx.delete(ctx, gone, &n)
	})
	return n, err
}

// delete removes rows by one statement, so that they may point at each other.
func (tx *inventoryTx) delete(ctx context.Context, gone *sets, n *int) error {
	if len(gone.order) == 0 {
		return nil
	}
	var deletes, counts []string
	var params [][]byte
	for i, set := range gone.order {
		is, more := gone.condition(set, "t", len(params)+1)
		params = append(params, more...)
		deletes = append(deletes, fmt.Sprintf("d%d AS (DELETE FROM %s AS t WHERE %s RETURNING 1)", i, gone.shape.name, is))
		counts = append(counts, fmt.Sprintf("(SELECT count(*) FROM d%d)", i))
	}
	query := "WITH " + strings.Join(deletes, ", ") + " SELECT " + strings.Join(counts, " + ")
	err := tx.integers(ctx, query, params, func(deleted int64) { *n += int(deleted) })
	gone.clear()
	return refusal(gone.shape.Name, err)
}

// integers runs a statement that returns rows of one integer.
func (v *inventoryView) integers(ctx context.Context, query string, params [][]byte, each func(int64)) error {
	rows := v.run(ctx, query, params, []int16{binaryFormat})
	for rows.NextRow() {
		each(signed(rows.Values()[0]))
	}
	_, err := rows.Close()
	return err
}

// run runs a statement that is made for a table of the host's. It is planned for its parameters, and never again.
func (v *inventoryView) run(ctx context.Context, query string, params [][]byte, formats []int16) *pgconn.ResultReader {
	return v.conn.Conn().PgConn().ExecParams(ctx, query, params, nil, nil, formats)
}
