package postgres_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// The queries that operators are given run, and those about the tables find what they look for.
func TestQueriesOfOperators(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	o := dropped(t, pool, postgres.Options{})
	h := hand{t, storeOn(t, pool, o)}
	newTroubles(h)
	blocks := queriesIn(t, "../../docs/operating.md", "### Queries in PostgreSQL")
	if len(blocks) != 2 {
		t.Fatalf("there are %d blocks of queries; one about the tables and one about the server are right", len(blocks))
	}
	for n, block := range blocks {
		here := strings.NewReplacer("reeve.", o.Schema+".", "'reeve'", "'"+o.Schema+"'").Replace(block)
		for query := range strings.SplitSeq(strings.TrimSpace(here), ";") {
			if query == "" {
				continue
			}
			rows, _ := pool.Query(t.Context(), query)
			found, err := pgx.CollectRows(rows, pgx.RowToMap)
			if err != nil || n == 0 && len(found) == 0 {
				t.Errorf("%d rows, %v: %s", len(found), err, query)
			}
		}
	}
}

// queriesIn returns the SQL blocks of a section of a document.
func queriesIn(t testing.TB, path, heading string) (blocks []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), heading)
	section, _, _ = strings.Cut(section, "\n#")
	for {
		_, rest, found := strings.Cut(section, "```sql\n")
		if !found {
			return blocks
		}
		block, rest, _ := strings.Cut(rest, "```")
		blocks, section = append(blocks, block), rest
	}
}

// newTroubles makes an estate in which something is wrong everywhere.
func newTroubles(h hand) {
	h.Helper()
	newEstate(h, func(time.Duration) {})
	h.apply(storage.Change{
		Key: aNode("q"), Record: storage.Record{State: "odd", Status: storage.Quarantined, Reason: "its address is unknown", Failures: 10},
		Emit: []storage.Effect{aWish("q1", "power"), aWish("q2", "power")},
	})
	for _, e := range h.take(10) {
		if e.From == aNode("q") {
			h.settle(storage.Settlement{Lease: e.Lease, As: storage.EffectPending, Reason: "connection refused"})
		}
	}
	if again := h.take(1); len(again) != 1 || again[0].Attempt != 2 {
		h.Fatalf("%+v was taken; want the first effect of a lane for a second time", again)
	}
	h.apply(storage.Change{Key: aNode("r"), Record: storage.Record{State: "on", Due: longAgo}, Emit: []storage.Effect{aWish("r1", "")}})
}
