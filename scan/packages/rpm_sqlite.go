package packages

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const sqliteMagic = "SQLite format 3\x00"

func isSQLite(r io.ReaderAt, head []byte) bool {
	return readAt(r, head[:len(sqliteMagic)], 0) == nil && string(head[:len(sqliteMagic)]) == sqliteMagic
}

// sqliteHeaders reads a database of SQLite, which is a copy, with what was written ahead of it.
func sqliteHeaders(file string) headers {
	return func(ctx context.Context, yield func([]byte, error) error) error {
		var told error
		err := readSQLite(ctx, file, func(header []byte) error {
			told = yield(header, nil)
			return told
		})
		switch {
		case told != nil:
			return told
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return yield(nil, fmt.Errorf("as a database of SQLite: %w", err))
		}
		return nil
	}
}

// sqliteLimits bound what SQLite takes for a value, a statement and a database: none but this one.
var sqliteLimits = map[int]int{
	sqlite3.SQLITE_LIMIT_LENGTH: maxHeader, sqlite3.SQLITE_LIMIT_SQL_LENGTH: maxStatement, sqlite3.SQLITE_LIMIT_ATTACHED: 0,
}

// pragmas have SQLite trust nothing: neither functions in the schema, nor that cells are where they can be; and keep little in memory.
const pragmas = "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA cache_size=-8192; PRAGMA temp_store=FILE"

func readSQLite(ctx context.Context, file string, yield func([]byte) error) error {
	if err := putWAL(ctx, file); err != nil {
		return err
	}
	f, err := os.Open(file) //nolint:gosec // it is this package's own
	if err != nil {
		return err
	}
	err = checkSchema(f)
	_ = f.Close()
	if err != nil {
		return err
	}
	return withSQLite(ctx, file, func(c *sql.Conn) error {
		for id, most := range sqliteLimits {
			if _, err := sqlite.Limit(c, id, most); err != nil {
				return err
			}
		}
		if _, err := c.ExecContext(ctx, pragmas); err != nil {
			return err
		}
		if err := checkTable(ctx, c); err != nil {
			return err
		}
		return readTable(ctx, c, yield)
	})
}

// withSQLite calls f with a connection to a database.
func withSQLite(ctx context.Context, file string, f func(*sql.Conn) error) error {
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: url.PathEscape(file)}).String())
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // it was only read
	c, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	return f(c)
}

// putWAL has SQLite put what was written ahead of a database into it, which it does when it is closed, without a look at the schema.
func putWAL(ctx context.Context, file string) error {
	if _, err := os.Stat(file + walSuffix); err != nil {
		return nil //nolint:nilerr // there is none
	}
	err := withSQLite(ctx, file, func(c *sql.Conn) error {
		var version int64
		return c.QueryRowContext(ctx, "PRAGMA schema_version").Scan(&version)
	})
	if err != nil {
		return err
	}
	if _, err := os.Stat(file + walSuffix); err == nil {
		return errors.New("what was written ahead of it cannot be put into it")
	}
	return nil
}

func readTable(ctx context.Context, c *sql.Conn, yield func([]byte) error) error {
	rows, err := c.QueryContext(ctx, "SELECT blob FROM Packages")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var header sql.RawBytes
		if err := rows.Scan(&header); err != nil {
			return err
		}
		if err := yield(header); err != nil {
			return err
		}
	}
	return rows.Err()
}

// checkTable refuses what only looks like a table of packages: a view or a column that is computed would run what somebody else wrote.
func checkTable(ctx context.Context, c *sql.Conn) error {
	var kind string
	err := c.QueryRowContext(ctx, "SELECT type FROM pragma_table_list('Packages') WHERE schema = 'main'").Scan(&kind)
	if errors.Is(err, sql.ErrNoRows) {
		return errors.New("it has no table of packages")
	}
	if err != nil {
		return err
	}
	var plain int
	err = c.QueryRowContext(ctx, "SELECT count(*) FROM pragma_table_xinfo('Packages') WHERE name = 'blob' AND hidden = 0").Scan(&plain)
	if err != nil {
		return err
	}
	if kind != "table" || plain != 1 {
		return errors.New("its packages are not in a table, or not in a column of it")
	}
	return nil
}
