package sqlite

import (
	"context"
	"database/sql"
)

// Tx is what statements run on: a *sql.Tx, a *sql.Conn or a *sql.DB.
type Tx interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// A session runs statements on a handle.
type session struct {
	*language
	tables map[string]Table
	handle Tx
	// reuse returns the prepared form of a statement; nil where the text has to do.
	reuse func(ctx context.Context, st statement, text string) *sql.Stmt
	// check says whether the caller still waits; nil: the handle finds out itself.
	check func() error
	// touched is what may be due after the transaction; nil: nobody asks.
	touched *touched
}

// values are the rows of a statement's VALUES, one after another.
type values struct {
	width int
	args  []any
}

// row adds a row. All rows have the same width.
func (v *values) row(args ...any) {
	v.width = len(args)
	v.args = append(v.args, args...)
}

// rows returns how many rows there are.
func (v *values) rows() int {
	if v.width == 0 {
		return 0
	}
	return len(v.args) / v.width
}

// with returns the arguments of a statement for n rows from the start-th on, and what follows them.
func (v *values) with(start, n int, tail []any) []any {
	return append(v.args[start*v.width:(start+n)*v.width:(start+n)*v.width], tail...)
}

// query runs a statement for all rows, in as few pieces as there are sizes for, and calls scan with
// each row that it returns. The values of tail follow those of the rows.
func (s *session) query(ctx context.Context, query string, v values, scan func(*sql.Rows) error, tail ...any) error {
	for done := 0; done < v.rows(); {
		n := pieceOf(v.rows() - done)
		st, err := s.ready(ctx, statement{query, n}, v.width)
		if err != nil {
			return err
		}
		if err := st.query(ctx, v.with(done, n, tail), scan); err != nil {
			return err
		}
		done += n
	}
	return nil
}

// exec does the same for a statement that returns nothing.
func (s *session) exec(ctx context.Context, query string, v values, tail ...any) error {
	for done := 0; done < v.rows(); {
		n := pieceOf(v.rows() - done)
		st, err := s.ready(ctx, statement{query, n}, v.width)
		if err != nil {
			return err
		}
		if _, err := st.exec(ctx, v.with(done, n, tail)); err != nil {
			return err
		}
		done += n
	}
	return nil
}

// queryWhole runs a statement whose rows must not be divided, or that has none.
func (s *session) queryWhole(ctx context.Context, query string, v values, scan func(*sql.Rows) error, tail ...any) error {
	st, err := s.ready(ctx, statement{query, v.rows()}, v.width)
	if err != nil {
		return err
	}
	return st.query(ctx, v.with(0, v.rows(), tail), scan)
}

// execWhole runs a statement whose rows must not be divided, or that has none, and returns how many
// rows of tables it changed.
func (s *session) execWhole(ctx context.Context, query string, v values, tail ...any) (int64, error) {
	st, err := s.ready(ctx, statement{query, v.rows()}, v.width)
	if err != nil {
		return 0, err
	}
	result, err := st.exec(ctx, v.with(0, v.rows(), tail))
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// list runs a query that was put together for its caller, and is not worth preparing.
func (s *session) list(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	return ready{handle: s.handle, text: s.named(query)}.query(ctx, args, scan)
}

// pieceOf returns the size of the next piece of n rows. Few sizes make few statements to prepare.
func pieceOf(n int) int {
	for _, size := range []int{64, 16, 4} {
		if n >= size {
			return size
		}
	}
	return 1
}

// A ready statement can be run: as it was prepared, or by its text.
type ready struct {
	prepared *sql.Stmt
	handle   Tx
	text     string
}

func (s *session) ready(ctx context.Context, st statement, width int) (ready, error) {
	r := ready{handle: s.handle, text: s.text(st, width)}
	if s.check != nil {
		if err := s.check(); err != nil {
			return r, err
		}
	}
	if s.reuse != nil {
		r.prepared = s.reuse(ctx, st, r.text)
	}
	return r, nil
}

func (r ready) exec(ctx context.Context, args []any) (sql.Result, error) {
	if r.prepared != nil {
		return r.prepared.ExecContext(ctx, args...)
	}
	return r.handle.ExecContext(ctx, r.text, args...)
}

// query calls scan with each row, and lets go of the connection before it returns.
func (r ready) query(ctx context.Context, args []any, scan func(*sql.Rows) error) error {
	var rows *sql.Rows
	var err error
	if r.prepared != nil {
		rows, err = r.prepared.QueryContext(ctx, args...)
	} else {
		rows, err = r.handle.QueryContext(ctx, r.text, args...)
	}
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
