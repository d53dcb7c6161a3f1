package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// Insert implements [storage.InventoryTx], by COPY, which PostgreSQL refuses where row security counts for the role.
func (tx *inventoryTx) Insert(ctx context.Context, table string, columns []storage.Column, rows iter.Seq[[]storage.Value]) error {
	return tx.do(ctx, "insert", func() error {
		t, err := tx.shape(ctx, table)
		if err != nil {
			return err
		}
		fields, err := adapter.FieldsToInsert(&t.Table, columns, tx.reserved[table])
		if err != nil {
			return err
		}
		into := "COPY " + t.name + " (" + strings.Join(namesOfFields("", fields), ", ") + ") FROM STDIN"
		return refusal(table, tx.copy(ctx, into, func(to io.Writer) error { return t.copyRows(ctx, fields, rows, to) }))
	})
}

// copy runs a COPY with what fill writes. That runs where it is called, and the sending beside it.
func (tx *inventoryTx) copy(ctx context.Context, query string, fill func(io.Writer) error) (err error) {
	in, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := tx.conn.Conn().PgConn().CopyFrom(ctx, in, query)
		_ = in.CloseWithError(err) // who fills is not to wait for a reader
		ended <- err
	}()
	err = errors.New("the rows came to no end") // their sequence panicked
	defer func() {
		_ = out.CloseWithError(err)
		if refused := <-ended; err == nil {
			err = refused
		}
		if err != nil && ctx.Err() != nil && !isCanceled(err) { // which closes the connection, and that may be noticed first
			err = fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}()
	return fill(out)
}

// copyRows writes rows as COPY reads them.
func (t *shape) copyRows(ctx context.Context, fields []adapter.Field, rows iter.Seq[[]storage.Value], to io.Writer) error {
	const enough = 60 << 10 // what is sent at a time
	buffer := make([]byte, 0, enough+4<<10)
	for row := range rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := adapter.Width(t.Name, fields, row); err != nil {
			return err
		}
		for i := range row {
			v, err := t.in(&fields[i], row[i])
			if err != nil {
				return err
			}
			if i > 0 {
				buffer = append(buffer, '\t')
			}
			buffer = appendCopied(buffer, v)
		}
		if buffer = append(buffer, '\n'); len(buffer) >= enough {
			if _, err := to.Write(buffer); err != nil {
				return err
			}
			buffer = buffer[:0]
		}
	}
	_, err := to.Write(buffer)
	return err
}
