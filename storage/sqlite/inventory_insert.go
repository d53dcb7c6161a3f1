package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// Insert implements [storage.InventoryTx].
func (tx *inventoryTx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[[]storage.Value]) error {
	return tx.do(ctx, "insert", func(steady context.Context) error {
		t, err := tx.shape(steady, table)
		if err != nil {
			return err
		}
		_, reserved := tx.reserved[table]
		fields, err := adapter.FieldsToInsert(&t.Table, columns, reserved)
		if err != nil {
			return err
		}
		in := inserter{tx: tx, into: "INSERT INTO " + quoted(table) + " (" + strings.Join(namesOfFields(fields), ", ") + ") VALUES ", prepared: map[int]*sql.Stmt{}}
		defer in.close()
		for row := range rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := adapter.Width(table, fields, row); err != nil {
				return err
			}
			for i := range row {
				v, err := fields[i].In(row[i])
				if err != nil {
					return err
				}
				arg, err := t.stored(&fields[i], v)
				if err != nil {
					return err
				}
				in.args = append(in.args, arg)
			}
			if err := in.flush(steady, len(fields), pieceToInsert(manyRows, len(fields))); err != nil {
				return refusal(err)
			}
		}
		return refusal(in.flush(steady, len(fields), 1))
	})
}

func namesOfFields(fields []adapter.Field) []string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = quoted(fields[i].Name)
	}
	return names
}

// An inserter inserts rows, as many at a time as there are sizes for.
type inserter struct {
	tx       *inventoryTx
	into     string
	prepared map[int]*sql.Stmt // by size
	args     []any
}

// manyRows is how many rows are inserted at a time where there are enough. More are no faster, and 64 are a tenth slower.
const manyRows = 256

// pieceToInsert returns the size of the next piece of n rows: no more than SQLite has parameters for.
func pieceToInsert(n, width int) int {
	const parameters = 32766
	if n >= manyRows && manyRows*width <= parameters {
		return manyRows
	}
	return pieceOf(min(n, parameters/width))
}

// flush writes what was gathered, if it is at least so many rows.
func (in *inserter) flush(ctx context.Context, width, least int) error {
	done := 0
	for n := len(in.args) / width; n >= least; n = (len(in.args) - done) / width {
		size := pieceToInsert(n, width)
		stmt := in.prepared[size]
		if stmt == nil {
			var err error
			if stmt, err = in.tx.tx.PrepareContext(ctx, in.into+rowsOf(size, width)); err != nil {
				return err
			}
			in.prepared[size] = stmt
		}
		if _, err := stmt.ExecContext(ctx, in.args[done:done+size*width]...); err != nil {
			return err
		}
		done += size * width
	}
	in.args = append(in.args[:0], in.args[done:]...)
	return nil
}

func (in *inserter) close() {
	for _, stmt := range in.prepared {
		_ = stmt.Close()
	}
}
