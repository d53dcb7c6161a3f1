package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// takeWriteLock writes nothing, and so makes its transaction the one that may. A transaction that
// reads first and writes later would have to be repeated if another process wrote in between.
const takeWriteLock = `UPDATE reeve_schema SET oldest = oldest WHERE 0`

// errCommit is what a failed commit is: whether it was made is not known.
var errCommit = errors.New("the commit failed")

// write runs fn in a transaction that holds the write lock, one at a time in this process, and
// commits unless fn fails or ctx ends. What fn runs is not interrupted when ctx ends, because SQLite
// may answer an interrupted statement with a rollback of everything; between statements it stops.
//
// A begun transaction is one of database/sql, not BEGIN IMMEDIATE as a statement, because only there
// statements that were prepared on the handle can be used: that is worth more than the extra
// statement that takes the lock.
func (s *Store) write(ctx context.Context, fn func(context.Context, *session) error) error {
	tx := &session{language: s.language, tables: s.tables, check: ctx.Err}
	if s.host == nil && s.listeners.Any() {
		tx.touched = &touched{lanes: lanes{}}
	}
	err := s.writeInTurn(ctx, tx, fn)
	if tx.touched != nil {
		s.listeners.Hint(tx.touched.due)
	}
	return err
}

func (s *Store) writeInTurn(ctx context.Context, tx *session, fn func(context.Context, *session) error) error {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.checkSchema(ctx); err != nil {
		return err
	}
	if s.host != nil {
		tx.handle = s.host
		return tx.savepoint(ctx, "reeve_call", func() error { return fn(context.WithoutCancel(ctx), tx) })
	}
	var wanted []wantedStatement
	err := s.transact(ctx, tx, &wanted, fn)
	for _, w := range wanted {
		s.writer.prepare(ctx, w.statement, w.text)
	}
	return err
}

// A wantedStatement was not prepared when it was needed. In a transaction it cannot be, because the
// only connection may be taken.
type wantedStatement struct {
	statement
	text string
}

func (s *Store) transact(ctx context.Context, tx *session, wanted *[]wantedStatement, fn func(context.Context, *session) error) error {
	conn, err := s.writer.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	steady := context.WithoutCancel(ctx)
	sqlTx, err := conn.BeginTx(steady, nil)
	if err != nil {
		return err
	}
	committed := false
	defer func() {
		if !committed {
			_ = sqlTx.Rollback()
			leaveClean(steady, conn)
		}
	}()
	tx.handle = sqlTx
	tx.reuse = func(ctx context.Context, st statement, text string) *sql.Stmt {
		if prepared := s.writer.find(st); prepared != nil {
			return sqlTx.StmtContext(ctx, prepared)
		}
		*wanted = append(*wanted, wantedStatement{st, text})
		return nil
	}
	if _, err := tx.execWhole(steady, takeWriteLock, values{}); err != nil {
		return err
	}
	if err := fn(steady, tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	tx.look(steady, now())
	if err := sqlTx.Commit(); err != nil {
		return fmt.Errorf("%w: %w", errCommit, err)
	}
	committed = true
	return nil
}

// leaveClean makes sure that a connection goes back without a transaction on it, or not at all.
func leaveClean(ctx context.Context, conn *sql.Conn) {
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		_, _ = conn.ExecContext(ctx, "ROLLBACK")
		if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn })
			return
		}
	}
	_, _ = conn.ExecContext(ctx, "ROLLBACK")
}

// errGone: SQLite has rolled the whole transaction back, as it does when the disk is full.
var errGone = errors.New("the transaction is gone")

// savepoint runs fn and takes back what it wrote if it fails. Where that cannot be done, the error is
// errGone, and the transaction must not be used any more: its statements would commit one by one.
func (s *session) savepoint(ctx context.Context, name string, fn func() error) (err error) {
	steady := context.WithoutCancel(ctx)
	if _, err := s.handle.ExecContext(steady, "SAVEPOINT "+name); err != nil {
		return err
	}
	kept := false
	defer func() {
		if kept {
			return
		}
		if _, undo := s.handle.ExecContext(steady, "ROLLBACK TO "+name+"; RELEASE "+name); undo != nil {
			err = fmt.Errorf("%w: %w: %w", errGone, err, undo)
		}
	}()
	if err := fn(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err = s.handle.ExecContext(steady, "RELEASE "+name)
	kept = err == nil
	return err
}

// failed says which call an error is of, and what to do about it where the driver does not.
func failed(call string, err error) error {
	switch {
	case err == nil:
		return nil
	case strings.Contains(err.Error(), "database is locked"):
		return fmt.Errorf("sqlite: %s: another connection has kept the write lock for longer than the busy timeout: %w", call, err)
	case strings.Contains(err.Error(), "unable to open database file"):
		return fmt.Errorf("sqlite: %s: the file cannot be opened or made; is its folder there, and is it not a folder itself? %w", call, err)
	default:
		return fmt.Errorf("sqlite: %s: %w", call, err)
	}
}
