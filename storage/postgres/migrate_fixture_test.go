package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A fixture is what a program for some version has written: the rows, by table, and what there is to read.
// With each new version REEVE_UPDATE=1 writes the fixture for the next.
type fixture struct {
	Rows     map[string]json.RawMessage
	Contents json.RawMessage
}

func fixtureOf(version int) string {
	return filepath.Join("testdata", fmt.Sprintf("schema_%04d.json", version))
}

// Contents is everything that can be read from a store.
type contents struct {
	Records  []storage.Record
	Elements map[string][]storage.Element
	Tallies  map[string][]storage.Tally
	Messages []storage.Message
	Effects  []storage.Effect
	History  map[string][]storage.Line
	Saves    uint64            `json:",omitempty"`
	Touched  []storage.Touched `json:",omitempty"`
}

func contentsOf(h hand) contents {
	h.Helper()
	ctx := context.Background()
	c := contents{
		Records:  every(h, h.List(ctx, storage.Query{Kind: "node"})),
		Elements: map[string][]storage.Element{}, Tallies: map[string][]storage.Tally{}, History: map[string][]storage.Line{},
		Messages: every(h, h.Messages(ctx, storage.MessageQuery{})),
		Effects:  every(h, h.Effects(ctx, storage.EffectQuery{})),
	}
	for i := range c.Effects {
		c.Effects[i].Owner = "" // it depends on the time
	}
	for _, r := range c.Records {
		found, err := h.Load(ctx, []storage.Key{r.Key})
		h.right(nil, err)
		c.Tallies[r.Key.ID] = found[0].Tally
		c.Elements[r.Key.ID] = every(h, h.Elements(ctx, r.Key, storage.ElementQuery{}))
		c.History[r.Key.ID] = h.lines(r.Key)
	}
	tx := h.save()
	defer func() { h.right(nil, tx.Close()) }()
	c.Saves, c.Touched = tx.Number()-1, every(h, tx.Touched(ctx, 0))
	return c
}

// save begins a save in the scope of a fixture.
func (h hand) save() storage.InventoryTx {
	h.Helper()
	tx, err := h.Store.(storage.Inventory).Begin(context.Background(), storage.Fence{Scope: "manager 1", Token: 3}) //nolint:forcetypeassert // it is this package's
	h.right(nil, err)
	return tx
}

// write writes the fixture of the present version.
func (f *fixture) write(t testing.TB, pool *pgxpool.Pool) {
	t.Helper()
	o := dropped(t, pool, postgres.Options{})
	h := hand{t, storeOn(t, pool, o)}
	newEstate(h, func(time.Duration) {})
	tx := h.save()
	h.right(nil, tx.Touch(t.Context(), slices.Values([]storage.Touched{{Table: "vms", Key: "vm-1\x00"}})))
	h.right(nil, tx.Commit(t.Context()))
	f.Rows = map[string]json.RawMessage{}
	for _, file := range migrationsUpTo(t, postgres.SchemaVersion) {
		for _, table := range tableMade.FindAllStringSubmatch(string(file.Data), -1) {
			var rows []byte
			if err := pool.QueryRow(t.Context(), "SELECT json_agg(t) FROM "+o.Schema+"."+table[1]+" AS t").Scan(&rows); err != nil {
				t.Fatal(err)
			}
			if table[1] != "migration" && rows != nil {
				f.Rows[table[1]] = rows
			}
		}
	}
	text, err := json.Marshal(contentsOf(h))
	if err != nil {
		t.Fatal(err)
	}
	f.Contents = text
	text, err = json.MarshalIndent(f, "", "\t")
	if err = errors.Join(err, os.MkdirAll("testdata", 0o750), os.WriteFile(fixtureOf(postgres.SchemaVersion), append(text, '\n'), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// restore writes the rows into the tables of a schema, which are of the fixture's version.
func (f *fixture) restore(t testing.TB, pool *pgxpool.Pool, schema string) {
	t.Helper()
	for _, table := range slices.Sorted(maps.Keys(f.Rows)) {
		name := schema + "." + table
		must(t, pool, fmt.Sprintf("INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::%[1]s, $1)", name), f.Rows[table])
		if table == "message" || table == "effect" {
			must(t, pool, fmt.Sprintf("SELECT setval(pg_get_serial_sequence('%s', 'seq'), (SELECT max(seq) FROM %[1]s))", name))
		}
	}
}

// From each older version, with data in the tables, the present program reads after the migration what was
// there before, and works on.
func TestDataIsThereAfterEachMigration(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	if os.Getenv("REEVE_UPDATE") != "" {
		new(fixture).write(t, pool)
	}
	for version := range postgres.SchemaVersion + 1 {
		t.Run(fmt.Sprintf("from version %d", version), func(t *testing.T) {
			t.Parallel()
			o := dropped(t, pool, postgres.Options{})
			store := openOn(t, pool, o)
			migratedTo(t, store, version)
			var want contents
			if version > 0 {
				want = restored(t, pool, version, o.Schema)
			}
			if err := store.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := contentsOf(hand{t, store})
			if version > 0 {
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("after the migrations (-was +is):\n%s", diff)
				}
			}
			works(t, store, "later")
		})
	}
}

// restored writes the rows of a fixture and returns what there is to read.
func restored(t testing.TB, pool *pgxpool.Pool, version int, schema string) (c contents) {
	t.Helper()
	text, err := os.ReadFile(fixtureOf(version))
	if err != nil {
		t.Fatalf("%v; REEVE_UPDATE=1 writes the fixture of the present version", err)
	}
	var f fixture
	if err := errors.Join(json.Unmarshal(text, &f), json.Unmarshal(f.Contents, &c)); err != nil {
		t.Fatal(err)
	}
	f.restore(t, pool, schema)
	return c
}
