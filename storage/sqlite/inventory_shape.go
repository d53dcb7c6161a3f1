package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// A shape is what is known of a table of the host's.
type shape struct {
	storage.Table
	affinities []affinity // of the columns
}

// affinity is what SQLite makes of values that are stored in a column.
type affinity uint8

const (
	blobAffinity   affinity = iota // they stay as they are
	textAffinity                   // numbers become texts
	numberAffinity                 // texts that look like numbers become numbers
)

const (
	describeTable = `SELECT wr, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name = ?`

	describeColumns = `SELECT name, type, "notnull", dflt_value IS NOT NULL, pk FROM pragma_table_info(?) ORDER BY cid`

	describePrimary = `SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk`

	// An index over part of the rows, or over an expression, says nothing about all of them.
	describeUnique = `SELECT i.seq, x.name FROM pragma_index_list(?1) AS i, pragma_index_info(i.name) AS x
WHERE i."unique" AND NOT i.partial AND i.origin <> 'pk'
	AND NOT EXISTS (SELECT 1 FROM pragma_index_info(i.name) AS e WHERE e.name IS NULL)
ORDER BY i.seq DESC, x.seqno`

	describeReferences = `SELECT f."from", m.name FROM pragma_foreign_key_list(?1) AS f
JOIN sqlite_master AS m ON m.type = 'table' AND m.name = f."table" COLLATE NOCASE
WHERE (SELECT count(*) FROM pragma_foreign_key_list(?1) AS g WHERE g.id = f.id) = 1
	AND (SELECT group_concat(p.name) FROM pragma_table_info(m.name) AS p WHERE p.pk > 0)
		= coalesce(f."to", (SELECT p.name FROM pragma_table_info(m.name) AS p WHERE p.pk > 0)) COLLATE NOCASE`
)

func describe(ctx context.Context, tx Tx, table string) (*shape, error) {
	s := &shape{Table: storage.Table{Name: table}}
	each := func(query string, scan func(*sql.Rows) error) error {
		return ready{handle: tx, text: query}.query(ctx, []any{table}, scan)
	}
	there, withoutRowID, strict := false, false, false
	err := each(describeTable, func(rows *sql.Rows) error {
		there = true
		return rows.Scan(&withoutRowID, &strict)
	})
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, fmt.Errorf("%w: there is no table %q", storage.ErrNotFound, table)
	}
	var primary []string
	if err := each(describePrimary, func(rows *sql.Rows) error { return scanName(rows, &primary) }); err != nil {
		return nil, err
	}
	if len(primary) == 1 {
		s.ID = primary[0]
	} else if len(primary) > 1 {
		s.Unique = append(s.Unique, primary)
	}
	err = each(describeColumns, func(rows *sql.Rows) error {
		var c storage.Column
		var declared string
		var notNull bool
		var pk int
		if err := rows.Scan(&c.Name, &declared, &notNull, &c.Default, &pk); err != nil {
			return err
		}
		declared = strings.ToUpper(declared)
		c.Type = typeOf(declared)
		c.Null = !notNull && pk == 0
		c.Default = c.Default || c.Name == s.ID && declared == "INTEGER" && !withoutRowID // SQLite's row id
		s.Columns = append(s.Columns, c)
		s.affinities = append(s.affinities, affinityOf(declared, strict))
		return nil
	})
	if err != nil {
		return nil, err
	}
	last := -1
	err = each(describeUnique, func(rows *sql.Rows) error {
		var seq int
		var name string
		if err := rows.Scan(&seq, &name); err != nil {
			return err
		}
		if seq != last {
			s.Unique, last = append(s.Unique, nil), seq
		}
		s.Unique[len(s.Unique)-1] = append(s.Unique[len(s.Unique)-1], name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = each(describeReferences, func(rows *sql.Rows) error {
		var from, to string
		err := rows.Scan(&from, &to)
		if s.References == nil {
			s.References = map[string]string{}
		}
		s.References[from] = to
		return err
	})
	return s, err
}

func scanName(rows *sql.Rows, to *[]string) error {
	var name string
	err := rows.Scan(&name)
	*to = append(*to, name)
	return err
}

// typeOf returns the type that a declaration stands for.
func typeOf(declared string) storage.ColumnType {
	for _, word := range []struct {
		part string
		typ  storage.ColumnType
	}{
		{"BOOL", storage.BoolType},
		{"UUID", storage.UUIDType},
		{"JSON", storage.JSONType},
		{"DATETIME", storage.TimeType},
		{"TIMESTAMP", storage.TimeType},
		{"INT", storage.IntType},
		{"CHAR", storage.TextType},
		{"CLOB", storage.TextType},
		{"TEXT", storage.TextType},
		{"BLOB", storage.BytesType},
		{"REAL", storage.FloatType},
		{"FLOAT", storage.FloatType},
		{"DOUBLE", storage.FloatType},
		{"NUMERIC", storage.NumericType},
		{"DECIMAL", storage.NumericType},
	} {
		if strings.Contains(declared, word.part) {
			return word.typ
		}
	}
	return storage.AnyType
}

// affinityOf follows SQLite's rules, in their order.
func affinityOf(declared string, strict bool) affinity {
	has := func(parts ...string) bool {
		for _, part := range parts {
			if strings.Contains(declared, part) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return numberAffinity
	case has("CHAR", "CLOB", "TEXT"):
		return textAffinity
	case has("BLOB") || declared == "" || declared == "ANY" && strict:
		return blobAffinity
	default:
		return numberAffinity
	}
}

// stored returns a value of a column as SQLite is to store it, so that it comes back as it was.
func (s *shape) stored(f *adapter.Field, v storage.Value) (any, error) {
	switch v.Kind() {
	case storage.NullKind:
		return nil, nil
	case storage.BoolKind:
		if v.Bool() {
			return int64(1), nil
		}
		return int64(0), nil
	case storage.TimeKind:
		text, err := v.As(storage.TextType)
		return text.Text(), err
	case storage.TextKind:
		if s.affinities[f.At] == numberAffinity {
			n, err := numberOr(v)
			if err != nil {
				return nil, f.Wrong(v, err)
			}
			return n, nil
		}
		return v.Text(), nil
	default:
		return v.Any(), nil
	}
}
