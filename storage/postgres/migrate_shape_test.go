package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A shape is what old programs know: of each table the columns and their types, which of them need a value,
// and what must be true of its rows. What is in no table is under "".
type shape map[string]map[string]string

const shapeQuery = `WITH tables AS (SELECT oid, relname FROM pg_class WHERE relnamespace = $1::text::regnamespace AND relkind = 'r')
SELECT t.relname, 'column ' || a.attname, format_type(a.atttypid, a.atttypmod)
FROM tables AS t JOIN pg_attribute AS a ON a.attrelid = t.oid WHERE a.attnum > 0 AND NOT a.attisdropped
UNION ALL SELECT t.relname, 'need of a value for ' || a.attname, ''
FROM tables AS t JOIN pg_attribute AS a ON a.attrelid = t.oid WHERE a.attnum > 0 AND a.attnotnull AND NOT a.atthasdef AND a.attidentity = ''
UNION ALL SELECT t.relname, 'rule ' || substring(pg_get_indexdef(i.indexrelid) FROM '\(.*'), ''
FROM tables AS t JOIN pg_index AS i ON i.indrelid = t.oid WHERE i.indisunique
UNION ALL SELECT t.relname, 'rule ' || pg_get_constraintdef(c.oid), ''
FROM tables AS t JOIN pg_constraint AS c ON c.conrelid = t.oid WHERE c.contype NOT IN ('p', 'u', 'n')
UNION ALL SELECT t.relname, 'rule ' || g.tgname, ''
FROM tables AS t JOIN pg_trigger AS g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
UNION ALL SELECT '', 'function ' || p.proname || '(' || pg_get_function_arguments(p.oid) || ')', pg_get_function_result(p.oid)
FROM pg_proc AS p WHERE p.pronamespace = $1::text::regnamespace`

func shapeOf(t testing.TB, pool *pgxpool.Pool, schema string) shape {
	t.Helper()
	s := shape{}
	rows, _ := pool.Query(context.Background(), shapeQuery, schema)
	var table, fact, is string
	if _, err := pgx.ForEachRow(rows, []any{&table, &fact, &is}, func() error {
		if s[table] == nil {
			s[table] = map[string]string{}
		}
		s[table][fact] = is
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// strands says why a program for the tables as they were cannot work on them as they are.
func strands(was, is shape) (why []string) {
	for _, table := range slices.Sorted(maps.Keys(was)) {
		old, now := was[table], is[table]
		for _, fact := range slices.Sorted(maps.Keys(old)) {
			if is := now[fact]; !isDemand(fact) && is != old[fact] {
				why = append(why, fmt.Sprintf("%s: %s was %s and is %q", table, fact, old[fact], is))
			}
		}
		for _, fact := range slices.Sorted(maps.Keys(now)) {
			if _, known := old[fact]; !known && isDemand(fact) {
				why = append(why, fmt.Sprintf("%s: %s is new", table, fact))
			}
		}
	}
	return why
}

// isDemand reports whether a fact is something that rows have to keep.
func isDemand(fact string) bool {
	return strings.HasPrefix(fact, "rule ") || strings.HasPrefix(fact, "need ")
}

// A migration that old programs are said to be able to work with does not strand them.
func TestMigrationsStrandNoOldProgram(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	o := dropped(t, pool, postgres.Options{})
	store, was := openOn(t, pool, o), shape{}
	for version := 1; version <= postgres.SchemaVersion; version++ {
		migratedTo(t, store, version)
		var oldest int
		if err := pool.QueryRow(t.Context(), "SELECT max(oldest) FROM "+o.Schema+".migration").Scan(&oldest); err != nil {
			t.Fatal(err)
		}
		is := shapeOf(t, pool, o.Schema)
		if why := strands(was, is); oldest < version && len(why) > 0 {
			t.Errorf("migration %d lets programs for version %d work on, but\n%s", version, oldest, strings.Join(why, "\n"))
		}
		was = is
	}
}

// migratedTo migrates the tables as an older program does.
func migratedTo(t testing.TB, store *postgres.Store, version int) {
	t.Helper()
	if err := store.MigrateWith(t.Context(), migrationsUpTo(t, version)); err != nil && !errors.Is(err, storage.ErrSchema) {
		t.Fatal(err)
	}
}

func TestStrandingIsNoticed(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	for change, want := range map[string][]string{
		"CREATE TABLE reeve.more (id text PRIMARY KEY, name text NOT NULL)":       nil,
		"ALTER TABLE reeve.record ADD COLUMN weight integer":                      nil,
		"ALTER TABLE reeve.record ADD COLUMN weight int NOT NULL DEFAULT 0":       nil,
		"ALTER TABLE reeve.record ALTER COLUMN state DROP NOT NULL":               nil,
		"CREATE INDEX more ON reeve.record (step)":                                nil,
		"DROP INDEX reeve.effect_key":                                             nil,
		"CREATE FUNCTION reeve.more() RETURNS integer LANGUAGE sql AS 'SELECT 1'": nil,
		"DROP TABLE reeve.witness": {
			`witness: column at was timestamp with time zone and is ""`, `witness: column n was bigint and is ""`,
			`witness: column slot was bigint and is ""`, `witness: column store was text and is ""`,
		},
		"ALTER TABLE reeve.record RENAME COLUMN step TO stage": {
			`record: column step was text and is ""`, `record: need of a value for stage is new`,
		},
		"ALTER TABLE reeve.record ALTER COLUMN failures TYPE bigint":                                                         {`record: column failures was integer and is "bigint"`},
		"ALTER TABLE reeve.tally ADD COLUMN weight integer NOT NULL":                                                         {`tally: need of a value for weight is new`},
		"CREATE UNIQUE INDEX more ON reeve.record (step) WHERE final":                                                        {`record: rule (step) WHERE final is new`},
		"ALTER TABLE reeve.element ADD CHECK (grp > 0)":                                                                      {`element: rule CHECK ((grp > 0)) is new`},
		"CREATE TRIGGER more BEFORE DELETE ON reeve.line FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()": {`line: rule more is new`},
		"DROP FUNCTION reeve.clock(); CREATE FUNCTION reeve.clock() RETURNS date LANGUAGE sql AS 'SELECT current_date'":      {`: function clock() was timestamp with time zone and is "date"`},
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			o := dropped(t, pool, postgres.Options{})
			storeOn(t, pool, o)
			was := shapeOf(t, pool, o.Schema)
			must(t, pool, strings.ReplaceAll(change, "reeve.", o.Schema+"."), pgx.QueryExecModeSimpleProtocol)
			if diff := cmp.Diff(want, strands(was, shapeOf(t, pool, o.Schema))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
