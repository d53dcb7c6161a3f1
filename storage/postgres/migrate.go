package postgres

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// SchemaVersion is the number of the newest of [Migrations].
const SchemaVersion = 2

//go:embed migrations/*.sql
var embedded embed.FS

// Migrations returns the files that make the tables, for hosts that migrate with a tool of their own.
// Their names begin with their number; the tables are in the schema [DefaultSchema], which must be there.
// Each notes itself in the table migration, and is to be run in a transaction.
func Migrations() fs.FS {
	files, err := fs.Sub(embedded, "migrations")
	if err != nil {
		panic(err) // the name is a constant that is valid
	}
	return files
}

// errNoTables is why a store does not work before it was migrated.
var errNoTables = errors.New("the tables are missing or older than this program; call Migrate")

// Migrate creates the schema and the tables, or changes those of an older program, each step in a
// transaction of its own. Several processes may call it at once. It is an error, [storage.ErrSchema],
// if the tables are newer than this program.
func (s *Store) Migrate(ctx context.Context) error {
	return s.migrateWith(ctx, Migrations())
}

func (s *Store) migrateWith(ctx context.Context, all fs.FS) error {
	if s.host != nil {
		return errors.New("postgres: migrate: the store is inside a transaction of the host; migrate outside of it")
	}
	files, err := fs.Glob(all, "*.sql")
	if err != nil {
		return failed("migrate", err)
	}
	slices.Sort(files)
	for _, file := range files {
		if err := s.migrate(ctx, all, file); err != nil {
			return failed("migrate: "+file, err)
		}
	}
	return failed("migrate", s.checkSchema(ctx))
}

// migrate makes one migration, unless it was made before.
func (s *Store) migrate(ctx context.Context, all fs.FS, file string) error {
	number, err := strconv.Atoi(strings.SplitN(file, "_", 2)[0])
	if err != nil {
		return err
	}
	text, err := fs.ReadFile(all, file)
	if err != nil {
		return err
	}
	return s.again(ctx, func() error { return early(s.makeTables(ctx, number, string(text))) })
}

// makeTables runs a migration, unless it was made before.
func (s *Store) makeTables(ctx context.Context, number int, text string) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		// The lock comes first, so that another process is not half way through the same.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", s.lockNumber()); err != nil {
			return err
		}
		have, err := s.schemaOf(ctx, tx)
		if err != nil || have.version >= number {
			return err
		}
		if !have.exists {
			if _, err := tx.Exec(ctx, "CREATE SCHEMA "+pgx.Identifier{s.schema}.Sanitize()); err != nil {
				return fmt.Errorf("the schema is missing and cannot be created; create it, or let another user migrate: %w", err)
			}
		}
		_, err = tx.Conn().PgConn().Exec(ctx, s.named(text)).ReadAll()
		return err
	})
}

// lockNumber is the number of the advisory lock that a migration takes.
func (s *Store) lockNumber() int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte("reeve migration of " + s.schema))
	return int64(h.Sum64()) //nolint:gosec // any number is right
}

// A schema is what the tables say of themselves; zero: there are none.
type schema struct {
	exists          bool // the schema, with or without tables
	version, oldest int
}

const (
	schemaExists = `SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1),
	to_regclass($2) IS NOT NULL`

	newestMigration = `SELECT coalesce(max(version), 0), coalesce(max(oldest), 0) FROM reeve.migration`
)

// A queryer runs a query: a pool or a transaction.
type queryer interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func (s *Store) schemaOf(ctx context.Context, tx queryer) (have schema, err error) {
	var made bool
	table := pgx.Identifier{s.schema, "migration"}.Sanitize()
	if err := tx.QueryRow(ctx, schemaExists, s.schema, table).Scan(&have.exists, &made); err != nil || !made {
		return have, err
	}
	err = tx.QueryRow(ctx, s.text(newestMigration)).Scan(&have.version, &have.oldest)
	return have, err
}

// haveSchema is schemaOf where the store reads.
func (s *Store) haveSchema(ctx context.Context) (have schema, err error) {
	if s.host != nil {
		return s.schemaOf(ctx, s.host)
	}
	err = s.again(ctx, func() error {
		conn, err := s.connect(ctx)
		if err != nil {
			return err
		}
		defer conn.Release()
		have, err = s.schemaOf(ctx, conn)
		return early(err)
	})
	return have, err
}

// checkSchema makes sure that the tables are those of this program, or newer ones that it can work
// with. Once they are it asks no more.
func (s *Store) checkSchema(ctx context.Context) error {
	if s.migrated.Load() {
		return nil
	}
	have, err := s.haveSchema(ctx)
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
