package postgres_test

import (
	"context"
	"database/sql/driver"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

type (
	// A cell is a field for a column of any type.
	cell storage.Value
	// An anything has one, and points at another of its table.
	anything struct {
		Ref   string                `reeve:"ref,key"`
		V     cell                  `reeve:"v"`
		After refresh.Ref[anything] `reeve:"after_id"`
	}
	anythings = *refresh.Collection[anything]
)

// Value implements [driver.Valuer].
func (c cell) Value() (driver.Value, error) { return storage.Value(c).Any(), nil }

// Scan implements [sql.Scanner].
func (c *cell) Scan(from any) error {
	switch v := from.(type) {
	case nil:
		*c = cell{}
	case bool:
		*c = cell(storage.BoolValue(v))
	case int64:
		*c = cell(storage.IntValue(v))
	case float64:
		*c = cell(storage.FloatValue(v))
	case string:
		*c = cell(storage.TextValue(v))
	case []byte:
		*c = cell(storage.BytesValue(v))
	case time.Time:
		*c = cell(storage.TimeValue(v))
	default:
		return fmt.Errorf("a %T is no value of a column", v)
	}
	return nil
}

// kept is what a row of anythings is to be.
type kept struct {
	v     storage.Value
	after string // the row that it points at
}

// Whole refreshes keep rows with a column of any type, whose ids are UUIDs: what is said is there afterwards, and a row of which
// the same is said as before is not written, which the server would note in its xmin.
func TestRefreshOfEveryType(t *testing.T) {
	t.Parallel()
	store, host, in := typesOn(t)
	for i, typ := range hostTypes() {
		t.Run(typ.declared, func(t *testing.T) {
			t.Parallel()
			table := fmt.Sprint("r", i)
			must(t, host, fmt.Sprintf(`CREATE TABLE %[1]s%[2]s (id uuid PRIMARY KEY, manager text, ref text, v %[3]s, after_id uuid REFERENCES %[1]s%[2]s, UNIQUE (manager, ref))`,
				in, table, typ.declared))
			described, err := store.Describe(t.Context(), table)
			demand(t, "describe", err)
			e := everything{host: host, store: store, in: in, table: table, written: map[string]wrote{}}
			e.persister, err = refresh.NewPersister(func(b *refresh.Builder) anythings {
				return refresh.Add[anything](b, "anythings", &refresh.CollectionOptions{Table: table})
			}, store, nil)
			demand(t, "declare", err)
			rapid.Check(t, func(rt *rapid.T) { e.refreshes(rt, typ.draw, described.Columns[3].Null) })
		})
	}
}

// everything is a table of anythings, and what was written into it.
type everything struct {
	host      *pgxpool.Pool
	store     *postgres.Store
	in, table string
	persister *refresh.Persister[anythings]
	written   map[string]wrote
}

// A wrote is a row, and the transaction that wrote it.
type wrote struct {
	is kept
	by string
}

// refreshes makes rows as they are drawn, some of them as they were.
func (e *everything) refreshes(t *rapid.T, values *rapid.Generator[storage.Value], null bool) {
	refs := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 1, 4, rapid.ID).Draw(t, "refs")
	r, err := e.persister.Open(context.Background(), "one", nil)
	demand(t, "open", err)
	defer r.Close() //nolint:errcheck // it holds nothing
	says := map[string]kept{}
	for _, ref := range refs {
		row := e.written[ref].is
		if _, is := e.written[ref]; !is || rapid.Bool().Draw(t, "changes") {
			row = kept{after: rapid.SampledFrom(append(refs, "")).Draw(t, "after")}
			if !null || rapid.Bool().Draw(t, "has a value") {
				row.v = values.Draw(t, "value")
			}
		} else if !slices.Contains(refs, row.after) {
			row.after = ""
		}
		says[ref] = row
		r.Inventory.Build(anything{Ref: ref, V: cell(row.v), After: r.Inventory.LazyFind(row.after)})
	}
	_, err = r.Save(context.Background(), 0)
	demand(t, "save", err)
	written := e.read(t)
	for ref, row := range written {
		before := e.written[ref]
		if row.is != says[ref] {
			t.Fatalf("row %s is %v; want %v", ref, row.is, says[ref])
		}
		if same := before.is == row.is && before.by != ""; same != (before.by == row.by) {
			t.Fatalf("row %s was %v and is %v, and was written by transaction %s, then %s", ref, before.is, row.is, before.by, row.by)
		}
	}
	if len(written) != len(says) {
		t.Fatalf("there are %d rows; want %d", len(written), len(says))
	}
	e.written = written
}

func (e *everything) read(t *rapid.T) map[string]wrote {
	out := map[string]wrote{}
	rows, _ := e.host.Query(context.Background(), fmt.Sprintf("SELECT a.ref, a.xmin::text, coalesce(b.ref, '') FROM %[1]s%[2]s AS a LEFT JOIN %[1]s%[2]s AS b ON b.id = a.after_id", e.in, e.table))
	var ref, by, after string
	_, err := pgx.ForEachRow(rows, []any{&ref, &by, &after}, func() error {
		out[ref] = wrote{kept{after: after}, by}
		return nil
	})
	demand(t, "query", err)
	v, err := e.store.View(context.Background())
	demand(t, "view", err)
	defer func() { demand(t, "close", v.Close()) }()
	for row, err := range v.Rows(context.Background(), storage.RowQuery{Table: e.table, Columns: []storage.Column{{Name: "ref"}, {Name: "v"}}}) {
		demand(t, "rows", err)
		one := out[row[0].Text()]
		one.is.v = row[1]
		out[row[0].Text()] = one
	}
	return out
}
