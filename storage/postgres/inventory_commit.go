package postgres

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

var touchedRow = columnsOf(`tbl text, key bytea`)

var touch = `INSERT INTO reeve.touched AS t (scope, tbl, key, save)
SELECT DISTINCT $3, v.tbl, coalesce(v.key, ''), $4::bigint FROM ` + touchedRow.as("v", 1) + `
ON CONFLICT (scope, tbl, key) DO UPDATE SET
	before = CASE WHEN t.save < excluded.save THEN t.save ELSE t.before END, save = excluded.save`

// Touch implements [storage.InventoryTx].
func (tx *inventoryTx) Touch(ctx context.Context, rows iter.Seq[storage.Touched]) error {
	return tx.do(ctx, "touch", func() error {
		const atATime = 1000
		some := touchedRow.rows(atATime)
		for row := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := row.Check(); err != nil {
				return err
			}
			some.add(row.Table, []byte(row.Key))
			if some.n == atATime {
				tx.own.over(touch, some, tx.fence.Scope, integer(tx.number))
				if err := tx.own.flush(ctx); err != nil {
					return err
				}
				some = touchedRow.rows(atATime)
			}
		}
		tx.own.over(touch, some, tx.fence.Scope, integer(tx.number))
		return tx.own.flush(ctx)
	})
}

// A row that this save touches, too, counts by the save before.
const selectTouched = `SELECT tbl, key FROM reeve.touched WHERE scope = $1 AND save > $2 AND (save < $3 OR before > $2)`

// Touched implements [storage.InventoryTx].
func (tx *inventoryTx) Touched(ctx context.Context, after uint64) iter.Seq2[storage.Touched, error] {
	return func(yield func(storage.Touched, error) bool) {
		err := tx.do(ctx, "touched", func() error {
			if err := tx.fence.CheckAfter(after, tx.number); err != nil {
				return err
			}
			tx.own.query(selectTouched, func(rows pgx.Rows) error {
				var row storage.Touched
				var key []byte
				if err := rows.Scan(&row.Table, &key); err != nil {
					return err
				}
				row.Key = string(key)
				if err := ctx.Err(); err != nil {
					return err
				}
				if !yield(row, nil) {
					return errStopped
				}
				return nil
			}, tx.fence.Scope, integer(after), integer(tx.number))
			err := tx.own.flush(ctx)
			if err == errStopped { //nolint:errorlint // it is our own
				return nil
			}
			return err
		})
		if err != nil {
			yield(storage.Touched{}, err)
		}
	}
}

const forgetTouched = `DELETE FROM reeve.touched WHERE scope = $1 AND save <= $2`

// Commit implements [storage.InventoryTx].
func (tx *inventoryTx) Commit(ctx context.Context) error {
	err := tx.do(ctx, "commit", func() error {
		if err := tx.own.tx.check(); err != nil {
			return err
		}
		if tx.number > storage.KeptSaves {
			tx.own.exec(forgetTouched, tx.fence.Scope, integer(tx.number-storage.KeptSaves))
		}
		tx.own.witness = tx.store.witnesses.take()
		tx.own.query(beginWithWitness, func(rows pgx.Rows) error {
			return rows.Scan(nil, &tx.own.witness.xid, &tx.own.witness.pid)
		}, tx.store.witnesses.store, tx.own.witness.slot, tx.own.witness.n)
		return tx.own.flush(ctx)
	})
	if err != nil {
		return err
	}
	_, _ = tx.use.End()
	used := tx.conn.Conn()
	err = tx.store.commit(ctx, tx.conn, tx.own)
	if !used.IsClosed() {
		tx.store.witnesses.giveBack(tx.own.witness)
	}
	tx.conn.Release()
	return failed("commit", ended(refusal("", err)))
}
