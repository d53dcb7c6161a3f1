package postgres

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
)

// A shape is what is known of a table of the host's.
type shape struct {
	storage.Table
	name    string // in SQL
	columns []columnShape
}

const (
	// named is the table of a name: one that search_path leads to, else schema.table. Without the cast the server would cut
	// the name off at the length that each of the two may have.
	named = `named AS (
	SELECT c.oid, n.nspname, c.relname, 1 AS rank FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
	WHERE c.relname = $1::text AND pg_catalog.pg_table_is_visible(c.oid) AND c.relkind IN ('r', 'p')
	UNION ALL SELECT c.oid, n.nspname, c.relname, 2 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
	WHERE n.nspname = split_part($1::text, '.', 1) AND c.relname = substr($1::text, strpos($1::text, '.') + 1) AND strpos($1::text, '.') > 0 AND c.relkind IN ('r', 'p')
	ORDER BY rank LIMIT 1)`

	// A domain is as what it is of; generated columns are nobody's to write.
	describeColumns = `WITH RECURSIVE ` + named + `, base AS (
	SELECT a.attnum, a.attname, a.atttypid AS typ, a.atttypmod AS modifier, a.attnotnull AS needed, a.atthasdef OR a.attidentity <> '' AS given, false AS domain
	FROM named JOIN pg_catalog.pg_attribute AS a ON a.attrelid = named.oid
	WHERE a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
	UNION ALL SELECT b.attnum, b.attname, t.typbasetype, t.typtypmod, b.needed OR t.typnotnull, b.given OR t.typdefault IS NOT NULL, true
	FROM base AS b JOIN pg_catalog.pg_type AS t ON t.oid = b.typ AND t.typtype = 'd')
SELECT named.nspname, named.relname, b.attnum, b.attname, NOT b.needed, b.given,
	t.oid, b.modifier, b.domain, n.nspname, t.typname, t.typcategory::text,
	ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid)
FROM named CROSS JOIN base AS b
JOIN pg_catalog.pg_type AS t ON t.oid = b.typ AND t.typtype <> 'd' JOIN pg_catalog.pg_namespace AS n ON n.oid = t.typnamespace
ORDER BY b.attnum`

	// An index over part of the rows, or over an expression, says nothing about all of them, and one that takes nulls
	// for equal says something else.
	describeUnique = `WITH ` + named + `
SELECT i.indisprimary, ARRAY(
	SELECT a.attname::text FROM unnest(i.indkey) WITH ORDINALITY AS k(attnum, place)
	JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
	WHERE k.place <= i.indnkeyatts ORDER BY k.place)
FROM named JOIN pg_catalog.pg_index AS i ON i.indrelid = named.oid
WHERE i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
	AND to_jsonb(i) ->> 'indnullsnotdistinct' IS DISTINCT FROM 'true'
ORDER BY NOT i.indisprimary, i.indexrelid`

	describeReferences = `WITH ` + named + `
SELECT a.attname, CASE WHEN pg_catalog.pg_table_is_visible(c.oid) THEN '' ELSE n.nspname || '.' END || c.relname
FROM named JOIN pg_catalog.pg_constraint AS f ON f.conrelid = named.oid AND f.contype = 'f' AND cardinality(f.conkey) = 1
JOIN pg_catalog.pg_attribute AS a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
JOIN pg_catalog.pg_class AS c ON c.oid = f.confrelid JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_index AS i ON i.indrelid = f.confrelid AND i.indisprimary AND i.indnkeyatts = 1 AND i.indkey[0] = f.confkey[1]`
)

// Describe implements [storage.Inventory]. A table is called by its name if search_path leads to it, else by its
// schema's, a dot and its name; so it is in what the references point at. Columns that are generated are left out.
//
// A column of a type that [storage.ColumnType] has no word for is [storage.AnyType], and its values are texts as
// PostgreSQL writes them: enums, arrays, ranges, intervals, times of the day, addresses. A value of a column of dates is its
// midnight in UTC, and what has no time zone is in UTC.
func (s *Store) Describe(ctx context.Context, table string) (*storage.Table, error) {
	var found *shape
	err := s.look(ctx, func(tx *session) (err error) {
		found, err = tx.describe(ctx, table)
		return err
	})
	s.shapes.Delete(table)
	if err != nil {
		return nil, failed("describe", err)
	}
	return &found.Table, nil
}

func (s *session) describe(ctx context.Context, table string) (*shape, error) {
	t := &shape{Table: storage.Table{Name: table, References: map[string]string{}}}
	missing := fmt.Errorf("%w: there is no table %q", storage.ErrNotFound, table)
	if strings.ContainsRune(table, 0) || !utf8.ValidString(table) {
		return nil, missing
	}
	s.query(describeColumns, t.scanColumn, table)
	s.query(describeUnique, t.scanUnique, table)
	s.query(describeReferences, func(rows pgx.Rows) error {
		var from, to string
		err := rows.Scan(&from, &to)
		t.References[from] = to
		return err
	}, table)
	if err := s.flush(ctx); err != nil {
		return nil, err
	}
	if t.name == "" {
		return nil, missing
	}
	return t, nil
}

func (t *shape) scanColumn(rows pgx.Rows) error {
	var schema, table, typeSchema, typ, category string
	var c storage.Column
	var of columnShape
	err := rows.Scan(&schema, &table, &of.number, &c.Name, &c.Null, &c.Default, &of.oid, &of.modifier, &of.domain, &typeSchema, &typ, &category, &of.labels)
	if err != nil {
		return err
	}
	of.typeName = pgx.Identifier{typeSchema, typ}.Sanitize()
	c.Type = of.know(category)
	t.name = pgx.Identifier{schema, table}.Sanitize()
	t.Columns, t.columns = append(t.Columns, c), append(t.columns, of)
	return nil
}

func (t *shape) scanUnique(rows pgx.Rows) error {
	var primary bool
	var names []string
	err := rows.Scan(&primary, &names)
	if primary && len(names) == 1 {
		t.ID = names[0]
	} else {
		t.Unique = append(t.Unique, names)
	}
	return err
}

// quoted returns a name as SQL has it.
func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
