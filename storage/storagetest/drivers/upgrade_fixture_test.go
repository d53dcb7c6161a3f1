package drivers

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// fixture names the files of the data that a program for version v has written, and of what is in it.
func fixture(v int) (rows, contents string) {
	base := filepath.Join("testdata", fmt.Sprintf("schema_%04d", v))
	return base + ".sql", base + ".json"
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; REEVE_UPDATE=1 writes the fixture of the present version", err)
	}
	return text
}

// An estate is everything that can be read from a store.
type estate struct {
	Records  []storage.Record
	Elements map[string][]storage.Element
	Tallies  map[string][]storage.Tally
	Messages []storage.Message
	Effects  []storage.Effect
	History  map[string][]storage.Line
	Saves    uint64            `json:",omitempty"`
	Touched  []storage.Touched `json:",omitempty"`
}

func estateOf(t testing.TB, store storage.Store) (e estate) {
	t.Helper()
	ctx := t.Context()
	e = estate{Messages: all(t, store.Messages(ctx, storage.MessageQuery{})), Effects: all(t, store.Effects(ctx, storage.EffectQuery{}))}
	for _, id := range []string{"busy", "done", "gone", "paused", "set aside"} {
		key := storage.Key{Kind: "node", ID: id}
		if s := load(t, store, key); s.Version > 0 {
			e.Records = append(e.Records, s.Record)
			put(&e.Tallies, id, s.Tally)
		}
		put(&e.Elements, id, all(t, store.Elements(ctx, key, storage.ElementQuery{})))
		put(&e.History, id, all(t, store.History(ctx, key, 0)))
	}
	tx := beginSave(t, store)
	defer func() { _ = tx.Close() }()
	e.Saves, e.Touched = tx.Number()-1, all(t, tx.Touched(ctx, 0))
	return e
}

// beginSave begins a save in the scope of a fixture.
func beginSave(t testing.TB, store storage.Store) storage.InventoryTx {
	t.Helper()
	tx, err := store.(storage.Inventory).Begin(t.Context(), storage.Fence{Scope: "manager 1", Token: 3})
	if err != nil {
		t.Fatal(err)
	}
	return tx
}

func put[V any](m *map[string][]V, id string, values []V) {
	if len(values) == 0 {
		return
	}
	if *m == nil {
		*m = map[string][]V{}
	}
	(*m)[id] = values
}

func all[V any](t testing.TB, seq func(func(V, error) bool)) (values []V) {
	t.Helper()
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, v)
	}
	return values
}

// writeFixture writes what the present program writes: something of everything.
func writeFixture(t testing.TB) {
	t.Helper()
	db := open(t, modernc, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
	store := storeOn(t, db, sqlite.Options{})
	fill(t, store)
	var rows strings.Builder
	for _, name := range sorted(shapeOf(t, db)) {
		if name != "reeve_schema" {
			dumpTable(t, db, name, &rows)
		}
	}
	contents, err := json.MarshalIndent(estateOf(t, store), "", "\t")
	if err != nil {
		t.Fatal(err)
	}
	rowsFile, contentsFile := fixture(sqlite.SchemaVersion)
	err = errors.Join(os.MkdirAll("testdata", 0o750), os.WriteFile(rowsFile, []byte(rows.String()), 0o600), os.WriteFile(contentsFile, contents, 0o600))
	if err != nil {
		t.Fatal(err)
	}
}

// dumpTable writes a table as statements that insert its rows.
func dumpTable(t testing.TB, db *sql.DB, name string, to *strings.Builder) {
	t.Helper()
	columns := strings.Join(sorted(shapeOf(t, db)[name].columns), ", ")
	quoted := "quote(" + strings.ReplaceAll(columns, ", ", ") || ', ' || quote(") + ")"
	each(t, db, "SELECT "+quoted+" FROM "+name, func(rows *sql.Rows) error {
		var values string
		err := rows.Scan(&values)
		fmt.Fprintf(to, "INSERT INTO %s (%s) VALUES (%s);\n", name, columns, values)
		return err
	})
}

// fill makes records, messages and effects of every status, and leaves leases behind that have ended.
func fill(t testing.TB, store storage.Store) {
	t.Helper()
	ctx := t.Context()
	for _, key := range []string{"first", "second"} {
		tx := beginSave(t, store)
		touched := []storage.Touched{{Table: "vms", Key: key}, {Table: "vms", Key: "both"}}
		if err := errors.Join(tx.Touch(ctx, slices.Values(touched)), tx.Commit(ctx)); err != nil {
			t.Fatal(err)
		}
	}
	key := func(id string) storage.Key { return storage.Key{Kind: "node", ID: id} }
	created := func(id string, r storage.Record, emit ...storage.Effect) storage.Change {
		return storage.Change{Key: key(id), Record: r, Emit: emit, Lines: []storage.Line{{To: r.State, Cause: "create", Inputs: []byte("i")}}}
	}
	effect := func(id, lane string) storage.Effect {
		return storage.Effect{ID: id, Key: id, Name: "boot", Lane: lane, Operation: "op", Step: "s", Group: "rack 1", Body: []byte(id)}
	}
	far := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	busy := created("busy", storage.Record{
		State: "busy", Operation: "op", Deadline: far, Step: "s", Until: far, Due: far, Group: "rack 1", Data: []byte("data"), DataVersion: 3,
	}, effect("first", "power"), effect("second", "power"), effect("beside", ""), effect("dead", ""), effect("done", ""))
	busy.Elements = []storage.Element{{Name: "disk", State: "new", Group: 1, Due: far, Data: []byte("d")}, {Name: "fan", State: "new", Group: 2}}
	busy.Send = []storage.Message{{ID: "lost", To: key("nowhere"), Name: "hello"}}
	apply(t, store, busy, created("done", storage.Record{State: "done"}, effect("canceled", "")), created("gone", storage.Record{State: "new"}),
		created("paused", storage.Record{State: "new", Status: storage.Paused, Reason: "for now"}),
		created("set aside", storage.Record{State: "new", Status: storage.Quarantined, Reason: "it failed", Failures: 10}))
	say := func(id, to, slot string) {
		answers, err := store.Deliver(ctx, []storage.Message{{
			ID: id, To: key(to), Slot: slot, Element: "disk", From: key("done"), Name: "hello", Operation: "op", Step: "s", Body: []byte(id),
		}})
		if err = errors.Join(append(answers, err)...); err != nil {
			t.Fatal(err)
		}
	}
	say("replaced", "busy", "slot")
	say("open", "busy", "slot")
	say("consumed", "done", "")
	finished := storage.Change{Key: key("done"), Version: 1, Record: storage.Record{State: "done", Final: true}, Cancel: []storage.Cancel{{}}}
	for m, err := range store.Messages(ctx, storage.MessageQuery{To: key("done")}) {
		if err != nil {
			t.Fatal(err)
		}
		finished.Consume = append(finished.Consume, storage.Consumption{Seq: m.Seq, As: storage.MessageConsumed})
	}
	apply(t, store, finished, storage.Change{Key: key("gone"), Version: 1, Delete: true})
	say("stale", "done", "")

	claim := storage.Claim{Names: []string{"node", "boot"}, Owner: "one that died", Limit: 10, TTL: time.Millisecond}
	if _, err := store.Claim(ctx, claim); err != nil {
		t.Fatal(err)
	}
	taken, err := store.Take(ctx, claim)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range taken {
		s := storage.Settlement{Lease: e.Lease, As: storage.EffectDone}
		if e.ID == "dead" {
			s.As, s.Reason = storage.EffectDead, "no use"
		}
		if e.ID == "dead" || e.ID == "done" {
			if answers, err := store.Settle(ctx, []storage.Settlement{s}); errors.Join(append(answers, err)...) != nil {
				t.Fatal(answers, err)
			}
		}
	}
	time.Sleep(10 * time.Millisecond) // the leases end
}
