package drivers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"testing"
)

// A spy is a driver around another one. It notes what is run, and can break commits.
type spy struct {
	driver.Driver
	mu   sync.Mutex
	runs []string
	// After so many further runs, cancel is called.
	left   int
	cancel func()
	// commit, if it is not nil, is called in the place of a commit.
	commit func(tx driver.Tx) error
	silent bool // queries are not answered
}

// spyOn returns a handle on dsn whose connections a spy watches.
func spyOn(t testing.TB, name, dsn string) (*sql.DB, *spy) {
	t.Helper()
	s := &spy{Driver: open(t, name, dsn).Driver()}
	db := sql.OpenDB(spyConnector{s, dsn})
	t.Cleanup(func() { _ = db.Close() })
	return db, s
}

// ran returns what was run since the last call.
func (s *spy) ran() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	runs := s.runs
	s.runs = nil
	return runs
}

func (s *spy) note(query string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.runs = append(s.runs, query)
	if s.left--; s.cancel != nil && s.left <= 0 {
		s.cancel()
	}
}

// cancelAt calls cancel at the nth run from now.
func (s *spy) cancelAt(n int, cancel func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.cancel = n, cancel
}

// breakCommits lets commits end as broken says, until it is called with nil.
func (s *spy) breakCommits(broken func(tx driver.Tx) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commit = broken
}

// silence lets queries fail, or answers them again.
func (s *spy) silence(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = on
}

func (s *spy) answers() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.silent {
		return errBroken
	}
	return nil
}

type spyConnector struct {
	spy *spy
	dsn string
}

func (c spyConnector) Driver() driver.Driver { return c.spy }

func (c spyConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.spy.Open(c.dsn)
	return &spyConn{Conn: conn, spy: c.spy}, err
}

type spyConn struct {
	driver.Conn
	spy *spy
}

func (c *spyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return &spyStmt{Stmt: stmt, spy: c.spy, query: query}, err
}

func (c *spyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	execer, ok := c.Conn.(driver.ExecerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	result, err := execer.ExecContext(ctx, query, args)
	if err != driver.ErrSkip { //nolint:errorlint // it is never wrapped
		c.spy.note(query)
	}
	return result, err
}

func (c *spyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	queryer, ok := c.Conn.(driver.QueryerContext)
	if !ok {
		return nil, driver.ErrSkip
	}
	if err := c.spy.answers(); err != nil {
		return nil, err
	}
	c.spy.note(query)
	return queryer.QueryContext(ctx, query, args)
}

func (c *spyConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, o)
	return spyTx{tx, c.spy}, err
}

func (c *spyConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

type spyStmt struct {
	driver.Stmt
	spy   *spy
	query string
}

func (s *spyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.spy.note(s.query)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s *spyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.spy.answers(); err != nil {
		return nil, err
	}
	s.spy.note(s.query)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

type spyTx struct {
	driver.Tx
	spy *spy
}

func (tx spyTx) Commit() error {
	tx.spy.mu.Lock()
	broken := tx.spy.commit
	tx.spy.mu.Unlock()
	if broken != nil {
		return broken(tx.Tx)
	}
	return tx.Tx.Commit()
}
