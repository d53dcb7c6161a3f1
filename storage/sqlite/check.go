package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// oldestSQLite is the first version that has everything: RETURNING (3.35), STRICT tables (3.37), JSON
// functions in every build (3.38).
var oldestSQLite = [...]int{3, 38, 0}

// A handleState is what a connection says of itself.
type handleState struct {
	version, journal, file string
	synchronous            level
	busy                   int // milliseconds
}

// checkHandle says why a handle cannot keep what a store promises.
func checkHandle(ctx context.Context, db *sql.DB, prefix string, o Options) error {
	st, err := stateOf(ctx, db)
	switch {
	case err != nil:
		return err
	case !atLeast(st.version, oldestSQLite[:]):
		return fmt.Errorf("sqlite: the driver has SQLite %s; RETURNING, STRICT tables and JSON functions need 3.38 or newer", st.version)
	case st.file == "":
		return checkMemory(db, o)
	case !strings.EqualFold(st.journal, "wal"):
		return fmt.Errorf("sqlite: the journal mode of %s is %s; set journal_mode=WAL, as DSN does", st.file, st.journal)
	case st.busy <= 0:
		return errors.New("sqlite: the busy timeout is zero; set some seconds, as DSN does, so that processes wait for each other")
	case st.synchronous < o.Synchronous.level():
		return fmt.Errorf("sqlite: synchronous is %s; set %s, as Options.DSN does (Normal says what less than FULL gives up)",
			st.synchronous, o.Synchronous.level())
	}
	if o.Readers != nil {
		other, err := stateOf(ctx, o.Readers)
		if err != nil {
			return err
		}
		if other.file != st.file {
			return fmt.Errorf("sqlite: Readers is on %q and the first handle on %q; the same file is right", other.file, st.file)
		}
	}
	return checkWritable(ctx, db, prefix)
}

func checkMemory(db *sql.DB, o Options) error {
	if n := db.Stats().MaxOpenConnections; n != 1 {
		return fmt.Errorf("sqlite: the database is in memory, another one for each connection, and the handle may open several (its limit is %d; zero is none); call SetMaxOpenConns(1)", n)
	}
	if o.Readers != nil {
		return errors.New("sqlite: a database in memory cannot be read through a second handle; leave Readers nil")
	}
	return nil
}

// stateOf asks one connection, because settings are a connection's own.
func stateOf(ctx context.Context, db *sql.DB) (st handleState, err error) {
	conn, err := connect(ctx, db)
	if err != nil {
		return st, failed("open", err)
	}
	defer conn.Close()
	if err := conn.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&st.version); err != nil {
		return st, fmt.Errorf("sqlite: the handle is not on SQLite, or cannot be used: %w", err)
	}
	for pragma, to := range map[string]any{
		"journal_mode": &st.journal, "synchronous": &st.synchronous, "busy_timeout": &st.busy,
	} {
		if err := conn.QueryRowContext(ctx, "PRAGMA "+pragma).Scan(to); err != nil {
			return st, failed("open: "+pragma, err)
		}
	}
	err = conn.QueryRowContext(ctx, "SELECT coalesce(file, '') FROM pragma_database_list WHERE name = 'main'").Scan(&st.file)
	return st, failed("open", err)
}

// connect opens a connection. While processes give a new file its write-ahead log, SQLite turns all
// but one of them away at once instead of letting them wait, so they ask again for a while.
func connect(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	const patience, pause = 10 * time.Second, 10 * time.Millisecond
	for begun := time.Now(); ; {
		conn, err := db.Conn(ctx)
		if err == nil || !strings.Contains(err.Error(), "locked") || time.Since(begun) > patience {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// checkWritable finds out early that a file is read-only, or no database. To begin a transaction does
// not tell, because SQLite makes one on a read-only file a reader.
func checkWritable(ctx context.Context, db *sql.DB, prefix string) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return failed("open", err)
	}
	defer conn.Close()
	steady := context.WithoutCancel(ctx)
	defer leaveClean(steady, conn)
	if _, err := conn.ExecContext(steady, "BEGIN IMMEDIATE"); err != nil {
		return failed("open: the database cannot be written", err)
	}
	if _, err := conn.ExecContext(steady, "CREATE TABLE "+prefix+"probe (x)"); err != nil {
		return failed("open: the database cannot be written", err)
	}
	return nil
}

// atLeast compares a dotted version with the parts of another.
func atLeast(version string, oldest []int) bool {
	for i, part := range strings.Split(version, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || i == len(oldest) || n != oldest[i] {
			return i == len(oldest) || n > oldest[i]
		}
	}
	return true
}

// A level is SQLite's number of what a commit waits for.
type level int

const (
	levelNormal level = 1
	levelFull   level = 2
)

// String returns the name that SQLite has for it.
func (l level) String() string {
	names := [...]string{"OFF", "NORMAL", "FULL", "EXTRA"}
	if l < 0 || int(l) >= len(names) {
		return strconv.Itoa(int(l))
	}
	return names[l]
}
