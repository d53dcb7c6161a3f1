package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/reeve-go/reeve/storage"
)

const touch = `INSERT INTO reeve_touched (scope, tbl, key, save) VALUES {rows}
ON CONFLICT (scope, tbl, key) DO UPDATE SET
	before = CASE WHEN save < excluded.save THEN save ELSE before END, save = excluded.save`

// Touch implements [storage.InventoryTx].
func (tx *inventoryTx) Touch(ctx context.Context, rows iter.Seq[storage.Touched]) error {
	return tx.do(ctx, "touch", func(steady context.Context) error {
		const atATime = 64
		var some values
		for row := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := row.Check(); err != nil {
				return err
			}
			some.row(tx.fence.Scope, row.Table, []byte(row.Key), integer(tx.number))
			if some.rows() == atATime {
				if err := tx.own.exec(steady, touch, some); err != nil {
					return err
				}
				some = values{}
			}
		}
		return tx.own.exec(steady, touch, some)
	})
}

// A row that this save touches, too, counts by the save before.
const selectTouched = `SELECT tbl, key FROM reeve_touched
WHERE scope = ?1 AND save > ?2 AND (save < ?3 OR before > ?2)`

// Touched implements [storage.InventoryTx].
func (tx *inventoryTx) Touched(ctx context.Context, after uint64) iter.Seq2[storage.Touched, error] {
	return func(yield func(storage.Touched, error) bool) {
		err := tx.do(ctx, "touched", func(steady context.Context) error {
			if err := tx.fence.CheckAfter(after, tx.number); err != nil {
				return err
			}
			err := tx.own.queryWhole(steady, selectTouched, values{}, func(rows *sql.Rows) error {
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

const (
	writeScope = `INSERT INTO reeve_scope (scope, token, saves, mark) VALUES (?, ?, ?, ?)
ON CONFLICT (scope) DO UPDATE SET token = excluded.token, saves = excluded.saves, mark = excluded.mark`

	forgetTouched = `DELETE FROM reeve_touched WHERE scope = ? AND save <= ?`
)

// Commit implements [storage.InventoryTx].
func (tx *inventoryTx) Commit(ctx context.Context) error {
	err := tx.do(ctx, "commit", func(steady context.Context) error {
		_, err := tx.own.execWhole(steady, writeScope, values{}, tx.fence.Scope, integer(tx.fence.Token), integer(tx.number), tx.mark)
		if err != nil || tx.number <= storage.KeptSaves {
			return err
		}
		_, err = tx.own.execWhole(steady, forgetTouched, values{}, tx.fence.Scope, integer(tx.number-storage.KeptSaves))
		return err
	})
	if err != nil {
		return err
	}
	_, _ = tx.use.End()
	steady := context.WithoutCancel(ctx)
	err = tx.tx.Commit()
	tx.finish(steady) // the connection is given back before the outcome is looked at
	if err == nil {
		return nil
	}
	if refused := refusal(err); errors.Is(refused, storage.ErrConflict) { // of a reference that is looked at in the end
		return failed("commit", refused)
	}
	return failed("commit", tx.outcome(steady, fmt.Errorf("%w: %w", errCommit, err)))
}

// outcome finds out, after a commit that failed, whether it was made all the same: nil if so.
func (tx *inventoryTx) outcome(ctx context.Context, failure error) error {
	r, err := tx.store.scopeNow(ctx, tx.fence.Scope)
	switch {
	case err != nil || r.saves > tx.number:
		return fmt.Errorf("%w: %w", storage.ErrUnknown, failure)
	case r.saves == tx.number && r.mark == tx.mark:
		return nil
	default:
		return failure
	}
}
