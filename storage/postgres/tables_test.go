package postgres_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// A machine is what the host keeps in a table of its own.
type machine struct {
	Cores int    `json:"cores"`
	Owner string `json:"owner"`
}

// Machines is the host's table, beside those of the store here.
type machines struct{ schema string }

func (m machines) named(query string) string {
	return fmt.Sprintf(query, pgx.Identifier{m.schema, "machines"}.Sanitize())
}

const createMachines = `CREATE TABLE %s (
	name text PRIMARY KEY, power text NOT NULL, cores integer NOT NULL CHECK (cores < 100000), owner text NOT NULL)`

func (m machines) table() postgres.Table {
	return postgres.Table{Save: m.save, Delete: m.remove, Load: m.load}
}

func (m machines) save(ctx context.Context, tx pgx.Tx, r storage.Record) error {
	var one machine
	if err := json.Unmarshal(r.Data, &one); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, m.named(`INSERT INTO %s (name, power, cores, owner) VALUES ($1, $2, $3, $4)
		ON CONFLICT (name) DO UPDATE SET power = excluded.power, cores = excluded.cores, owner = excluded.owner`),
		r.Key.ID, r.State, one.Cores, one.Owner)
	return err
}

func (m machines) remove(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, m.named(`DELETE FROM %s WHERE name = $1`), id)
	return err
}

func (m machines) load(ctx context.Context, tx pgx.Tx, ids []string) (map[string][]byte, error) {
	rows, err := tx.Query(ctx, m.named(`SELECT name, cores, owner FROM %s WHERE name = ANY($1)`), ids)
	if err != nil {
		return nil, err
	}
	found := map[string][]byte{}
	var name string
	var one machine
	_, err = pgx.ForEachRow(rows, []any{&name, &one.Cores, &one.Owner}, func() (err error) {
		found[name], err = json.Marshal(one)
		return err
	})
	return found, err
}

func machineData(i int) []byte {
	data, err := json.Marshal(machine{Cores: i, Owner: "team"})
	if err != nil {
		panic(err)
	}
	return data
}

// The host's table has the data, and everything holds as it does without.
func TestTables(t *testing.T) {
	t.Parallel()
	p := placesOn(t, inNoHurry(pgtest.URL(t)))
	p.options = func(schema string) postgres.Options {
		return postgres.Options{Schema: schema, Tables: map[string]postgres.Table{"machine": machines{schema}.table()}}
	}
	p.furnish = func(t testing.TB, schema string) { t.Helper(); must(t, p.pool, machines{schema}.named(createMachines)) }
	storagetest.Run(t, storagetest.Harness{
		Kind: "machine", States: []string{"off", "booting", "on"}, Data: machineData,
		New: p.backend,
	})
}

// What the host's table does not take is refused, and nothing else.
func TestTableRefuses(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	o := dropped(t, pool, postgres.Options{})
	own := machines{o.Schema}
	o.Tables = map[string]postgres.Table{"machine": own.table()}
	store := storeOn(t, pool, o)
	must(t, pool, own.named(createMachines))
	create := func(id string, cores int) storage.Change {
		return storage.Change{
			Key: storage.Key{Kind: "machine", ID: id}, Record: storage.Record{State: "off", Data: machineData(cores)},
			Emit: []storage.Effect{aWish(id, "")},
		}
	}
	answers, err := store.Apply(t.Context(), []storage.Change{create("a", 8), create("b", 1_000_000), create("c", 4)})
	if err != nil {
		t.Fatal(err)
	}
	if answers[0] != nil || answers[1] == nil || answers[2] != nil {
		t.Errorf("the answers are %v; want an error for the second alone", answers)
	}
	h := hand{t, store}
	if taken := h.take(9); len(taken) != 2 {
		t.Errorf("%d effects were emitted, want those of the changes that were made", len(taken))
	}

	// The host's other programs read the table, and must leave the rows where they are.
	var cores int
	if err := pool.QueryRow(t.Context(), own.named(`SELECT cores FROM %s WHERE name = 'c' AND power = 'off'`)).Scan(&cores); err != nil || cores != 4 {
		t.Errorf("the host reads %d cores, %v; want 4", cores, err)
	}
	must(t, pool, own.named(`DELETE FROM %s WHERE name = 'a'`))
	_, err = store.Load(t.Context(), []storage.Key{{Kind: "machine", ID: "a"}})
	says(t, err, "load", `kind "machine"`, `no row of "a"`)
}

// Records of a kind in the host's table and others go together, also where one of them brings another.
func TestTablesBesideOthers(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	o := dropped(t, pool, postgres.Options{})
	own := machines{o.Schema}
	o.Tables = map[string]postgres.Table{"machine": own.table()}
	h := hand{t, storeOn(t, pool, o)}
	must(t, pool, own.named(createMachines))
	machine := storage.Key{Kind: "machine", ID: "a"}
	c := creation("rack")
	c.Record.Data = []byte("a rack")
	c.Spawn = []storage.Spawn{{Record: storage.Record{Key: machine, State: "off", Data: machineData(2), Due: longAgo}}}
	h.apply(c)
	found, err := h.Load(t.Context(), []storage.Key{aNode("rack"), machine})
	h.right(nil, err)
	if string(found[0].Data) != "a rack" || string(found[1].Data) != string(machineData(2)) {
		t.Errorf("the data is %q and %q", found[0].Data, found[1].Data)
	}
	var kept int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM "+o.Schema+".record WHERE data IS NOT NULL").Scan(&kept); err != nil || kept != 1 {
		t.Errorf("%d records have their data in the store's table, %v; want the one that is not the host's", kept, err)
	}
	h.apply(storage.Change{Key: machine, Version: 1, Delete: true})
	if err := pool.QueryRow(t.Context(), own.named("SELECT count(*) FROM %s")).Scan(&kept); err != nil || kept != 0 {
		t.Errorf("%d rows are left, %v; the record was deleted", kept, err)
	}
}
