package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// fill makes n records with all that belongs to them. None is due.
func fill(t testing.TB, pool *pgxpool.Pool, o postgres.Options, n int) {
	t.Helper()
	h := hand{t, storeOn(t, pool, o)}
	far := longAgo.AddDate(100, 0, 0)
	c := creation("bulk")
	c.Elements = []storage.Element{{Name: "x", State: "up", Due: far}}
	c.Emit = []storage.Effect{aWish("bulk", "lane")}
	h.apply(c)
	h.deliver(storage.Message{ID: "m", To: aNode("bulk"), Name: "news", Slot: "s"})
	for _, table := range []string{"record", "effect"} {
		must(t, pool, fmt.Sprintf("UPDATE %s.%s SET due = $1", o.Schema, table), far)
	}
	for _, table := range []string{"record", "element", "tally", "message", "effect", "line"} {
		multiply(t, pool, o.Schema+"."+table, 1, n-1)
	}
}

// crowd makes a record that has much behind it: elements that need nothing, messages and effects that have
// ended.
func crowd(t testing.TB, pool *pgxpool.Pool, o postgres.Options, n int) {
	t.Helper()
	h := hand{t, storeOn(t, pool, o)}
	h.apply(creation("crowd"))
	for _, query := range []string{
		`INSERT INTO %s.element (kind, id, name, state, grp) SELECT 'node', 'crowd', number::text, 'up', 1 FROM generate_series(1, %d) AS number`,
		`INSERT INTO %s.message (kind, id, message_id, slot, element, from_kind, from_id, name, operation, step, status, reason, at, ended)
			SELECT 'node', 'crowd', number::text, 's', '', '', '', 'news', '', '', 'consumed', '', now(), now() FROM generate_series(1, %d) AS number`,
		`INSERT INTO %s.effect (effect_id, key, kind, id, lane, name, element, operation, step, keep, quiet, grp, status, behind, ended)
			SELECT 'crowd' || number, number::text, 'node', 'crowd', 'lane', 'do', '', 'op', '', false, false, '', 'done', false, now() FROM generate_series(1, %d) AS number`,
	} {
		must(t, pool, fmt.Sprintf(query, o.Schema, n))
	}
	must(t, pool, fmt.Sprintf("UPDATE %s.record SET parts = true WHERE id = 'crowd'", o.Schema))
}

// multiply copies the row that a table has, with other ids, from one number to another.
func multiply(t testing.TB, pool *pgxpool.Pool, table string, from, to int) {
	t.Helper()
	rows, _ := pool.Query(context.Background(), `SELECT attname FROM pg_attribute
		WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = ''`, table)
	columns, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	values := slices.Clone(columns)
	for i, column := range values {
		if column == "id" || column == "effect_id" {
			values[i] += " || number"
		}
	}
	must(t, pool, fmt.Sprintf("INSERT INTO %[1]s (%[2]s) SELECT %[3]s FROM %[1]s, generate_series(%[4]d, %[5]d) AS number WHERE id = 'bulk'",
		table, strings.Join(columns, ", "), strings.Join(values, ", "), from, to))
}
