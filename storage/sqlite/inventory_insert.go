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
		in := inserter{tx: tx, into: "INSERT INTO " + quoted(table) + " (" + strings.Join(namesOfFields(fields), ", ") + ") VALUES ", width: len(fields), prepared: map[int]*sql.Stmt{}}
		defer in.close()
		piece := pieceToInsert(manyRows, len(fields)) * len(fields)
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
				in.gathered = append(in.gathered, arg)
			}
			if len(in.gathered) == piece {
				if err := in.begin(steady); err != nil {
					return refusal(err)
				}
			}
		}
		return refusal(in.finish(steady))
	})
}

func namesOfFields(fields []adapter.Field) []string {
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = quoted(fields[i].Name)
	}
	return names
}

// An inserter inserts rows, as many at a time as there are sizes for, while others are gathered.
type inserter struct {
	tx       *inventoryTx
	into     string
	width    int
	prepared map[int]*sql.Stmt // by size
	gathered []any
	under    []any      // what is inserted now, or was
	done     chan error // how it ended; nil: nothing is under way
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

// begin begins to insert what was gathered, once what came before is there.
func (in *inserter) begin(ctx context.Context) error {
	if err := in.wait(); err != nil {
		return err
	}
	in.under, in.gathered = in.gathered, in.under[:0]
	done := make(chan error, 1)
	in.done = done
	go func() { done <- in.insert(ctx, in.under) }()
	return nil
}

// wait waits for what is under way.
func (in *inserter) wait() (err error) {
	if in.done != nil {
		err, in.done = <-in.done, nil
	}
	return err
}

// finish inserts the rest.
func (in *inserter) finish(ctx context.Context) error {
	if err := in.wait(); err != nil {
		return err
	}
	return in.insert(ctx, in.gathered)
}

func (in *inserter) insert(ctx context.Context, args []any) error {
	for len(args) > 0 {
		size := pieceToInsert(len(args)/in.width, in.width)
		if err := in.prepare(ctx, size); err != nil {
			return err
		}
		if _, err := in.prepared[size].ExecContext(ctx, args[:size*in.width]...); err != nil {
			return err
		}
		args = args[size*in.width:]
	}
	return nil
}

// prepare prepares the statement that inserts so many rows, the first time.
func (in *inserter) prepare(ctx context.Context, size int) (err error) {
	if in.prepared[size] == nil {
		in.prepared[size], err = in.tx.tx.PrepareContext(ctx, in.into+rowsOf(size, in.width)) //nolint:sqlclosecheck // close does it
	}
	return err
}

// close waits, also where what yields the rows panics, and gives the statements back.
func (in *inserter) close() {
	_ = in.wait()
	for _, stmt := range in.prepared {
		if stmt != nil {
			_ = stmt.Close()
		}
	}
}
