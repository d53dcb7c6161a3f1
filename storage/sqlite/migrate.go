package sqlite

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// SchemaVersion is the number of the newest of [Migrations].
const SchemaVersion = 2

//go:embed migrations/*.sql
var embedded embed.FS

// Migrations returns the files that make the tables, for hosts that migrate with a tool of their own.
// Their names begin with their number, names of tables with [DefaultPrefix]; each notes itself in the
// table reeve_schema, and is to be run in a transaction.
func Migrations() fs.FS {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the name is a constant that is valid
	}
	return files
}

// errNoTables is why a store does not work before it was migrated.
var errNoTables = errors.New("the tables are missing or older than this program; call Migrate")

// Migrate creates the tables, or changes those of an older program, each step in a transaction of its
// own. Several processes may call it at once. It is an error, [storage.ErrSchema], if the tables are
// newer than this program.
func (s *Store) Migrate(ctx context.Context) error {
	if s.host != nil {
		return errors.New("sqlite: migrate: the store is inside a transaction of the host; migrate outside of it")
	}
	files, err := fs.Glob(Migrations(), "*.sql")
	if err != nil {
		return failed("migrate", err)
	}
	slices.Sort(files)
	for _, file := range files {
		if err := s.migrate(ctx, file); err != nil {
			return failed("migrate: "+file, err)
		}
	}
	return failed("migrate", s.checkSchema(ctx))
}

// migrate makes one migration, unless it was made before.
func (s *Store) migrate(ctx context.Context, file string) (err error) {
	number, err := strconv.Atoi(strings.SplitN(file, "_", 2)[0])
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(Migrations(), file)
	if err != nil {
		return err
	}
	conn, err := s.writer.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	steady := context.WithoutCancel(ctx)
	// The lock comes first, so that another process is not half way through the same.
	if _, err := conn.ExecContext(steady, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			leaveClean(steady, conn)
		}
	}()
	have, err := s.schemaOf(steady, conn)
	if err == nil && have.version < number {
		_, err = conn.ExecContext(steady, s.language.named(string(text)))
	}
	if err = cmp.Or(err, ctx.Err()); err != nil {
		return err
	}
	_, err = conn.ExecContext(steady, "COMMIT")
	return err
}

// A schema is what the tables say of themselves; zero: there are none.
type schema struct{ version, oldest int }

func (s *Store) schemaOf(ctx context.Context, tx Tx) (have schema, err error) {
	var n int
	name := s.language.named("reeve_schema")
	err = tx.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", name).Scan(&n)
	if err != nil || n == 0 {
		return have, err
	}
	query := s.language.named("SELECT coalesce(max(version), 0), coalesce(max(oldest), 0) FROM reeve_schema")
	err = tx.QueryRowContext(ctx, query).Scan(&have.version, &have.oldest)
	return have, err
}

// checkSchema makes sure that the tables are those of this program, or newer ones that it can work
// with. Once they are it asks no more.
func (s *Store) checkSchema(ctx context.Context) error {
	if s.migrated.Load() {
		return nil
	}
	have, err := s.schemaOf(ctx, s.handle())
	switch {
	case err != nil:
		return err
	case have.oldest > SchemaVersion:
		return fmt.Errorf("%w: the tables are of version %d and need a program for version %d or newer; this one is for %d",
			storage.ErrSchema, have.version, have.oldest, SchemaVersion)
	case have.version < SchemaVersion:
		return fmt.Errorf("%w: %w", storage.ErrSchema, errNoTables)
	}
	s.migrated.Store(true)
	return nil
}

// handle is what a store runs on outside of a transaction of its own.
func (s *Store) handle() Tx {
	if s.host != nil {
		return s.host
	}
	return s.writer.db
}
