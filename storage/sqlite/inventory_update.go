package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// Update implements [storage.InventoryTx].
func (tx *inventoryTx) Update(
	ctx context.Context, table string, columns []storage.Column, changes iter.Seq[storage.RowChange],
) (missed []storage.Value, err error) {
	err = tx.do(ctx, "update", func(steady context.Context) error {
		t, err := tx.shape(steady, table)
		if err != nil {
			return err
		}
		u := updater{tx: tx, shape: t}
		if u.id, u.fields, err = adapter.FieldsToUpdate(&t.Table, columns); err != nil {
			return err
		}
		defer u.close()
		for c := range changes {
			if err := ctx.Err(); err != nil {
				return err
			}
			made, err := u.update(steady, c)
			if err != nil {
				return refusal(err)
			}
			if !made {
				missed = append(missed, c.ID)
			}
		}
		return nil
	})
	return missed, err
}

// An updater updates rows one by one, which is as fast as several at a time.
type updater struct {
	tx            *inventoryTx
	shape         *shape
	id            adapter.Field
	fields        []adapter.Field
	write, before *sql.Stmt
}

func (u *updater) close() {
	for _, stmt := range []*sql.Stmt{u.write, u.before} {
		if stmt != nil {
			_ = stmt.Close()
		}
	}
}

// update makes a change, and reports whether it did.
func (u *updater) update(ctx context.Context, c storage.RowChange) (bool, error) {
	args := make([]any, 0, len(u.fields)+1)
	if err := adapter.Width(u.shape.Name, u.fields, c.New); err != nil {
		return false, err
	}
	for i := range u.fields {
		v, err := u.fields[i].In(c.New[i])
		if err != nil {
			return false, err
		}
		arg, err := u.shape.stored(&u.fields[i], v)
		if err != nil {
			return false, err
		}
		args = append(args, arg)
	}
	like, err := u.id.In(c.ID)
	if err != nil {
		return false, err
	}
	id, err := u.shape.stored(&u.id, like)
	if err != nil {
		return false, err
	}
	if c.Old != nil {
		if same, err := u.isAs(ctx, id, c.Old); err != nil || !same {
			return false, err
		}
	}
	if u.write == nil {
		set := strings.Join(namesOfFields(u.fields), " = ?, ") + " = ?"
		query := "UPDATE " + quoted(u.shape.Name) + " SET " + set + " WHERE " + quoted(u.id.Name) + " = ?" //nolint:gosec // the names are quoted
		if u.write, err = u.tx.tx.PrepareContext(ctx, query); err != nil {
			return false, err
		}
	}
	result, err := u.write.ExecContext(ctx, append(args, id)...)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

// isAs reports whether a row is there and has the old values. They are compared here because the same
// value, of JSON or a time, can be stored in several ways.
func (u *updater) isAs(ctx context.Context, id any, old []storage.Value) (same bool, err error) {
	if err := adapter.Width(u.shape.Name, u.fields, old); err != nil {
		return false, err
	}
	if u.before == nil {
		query := "SELECT +" + strings.Join(namesOfFields(u.fields), ", +") + " FROM " + quoted(u.shape.Name) + " WHERE " + quoted(u.id.Name) + " = ?" //nolint:gosec // the names are quoted
		if u.before, err = u.tx.tx.PrepareContext(ctx, query); err != nil {
			return false, err
		}
	}
	cells, to := make([]cell, len(u.fields)), make([]any, len(u.fields))
	for i := range cells {
		to[i] = &cells[i]
	}
	if err := u.before.QueryRowContext(ctx, id).Scan(to...); err == sql.ErrNoRows {
		return false, nil
	} else if err != nil {
		return false, err
	}
	for i := range u.fields {
		is, err := storage.Value(cells[i]).As(u.fields[i].Type)
		if err != nil {
			return false, u.fields[i].Wrong(storage.Value(cells[i]), err)
		}
		if was, err := u.fields[i].Like(old[i]); err != nil || was != is {
			return false, err
		}
	}
	return true, nil
}
