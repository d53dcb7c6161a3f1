package postgres_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// hostTables make tables as hosts have them. Those of the store are in the same schema.
const hostTables = `CREATE TYPE power AS ENUM ('on', 'off');
CREATE DOMAIN counter AS integer NOT NULL DEFAULT 0;
CREATE TABLE "Owner" (id serial PRIMARY KEY, name varchar(80) NOT NULL UNIQUE);
CREATE TABLE vm (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, owner integer REFERENCES "Owner" DEFERRABLE INITIALLY DEFERRED, ref text NOT NULL,
	site integer, dropped text, seen timestamptz DEFAULT now(), power power, n counter, twice integer GENERATED ALWAYS AS (site * 2) STORED, tags text[],
	weight integer CHECK (weight <> 13), UNIQUE (ref, owner), UNIQUE (site, ref) DEFERRABLE);
ALTER TABLE vm DROP COLUMN dropped;
CREATE UNIQUE INDEX covered ON vm (ref, power) INCLUDE (weight);
CREATE UNIQUE INDEX partial ON vm (weight) WHERE power = 'on';
CREATE UNIQUE INDEX folded ON vm (lower(ref));
CREATE TABLE pair (a integer, b integer, PRIMARY KEY (a, b));
CREATE TABLE of_pair (id integer PRIMARY KEY, a integer, b integer, ref text REFERENCES "Owner" (name), FOREIGN KEY (a, b) REFERENCES pair);
CREATE TABLE part (id integer PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM (0) TO (1000);
CREATE SEQUENCE shared;
CREATE TABLE shares (id bigint PRIMARY KEY DEFAULT nextval('shared'), ref text);
CREATE SEQUENCE tens INCREMENT 10;
CREATE TABLE spaced (id bigint PRIMARY KEY DEFAULT nextval('tens'));
CREATE VIEW all_vms AS SELECT * FROM vm;`

func hostOf(t testing.TB) (*postgres.Store, *pgxpool.Pool, string) {
	t.Helper()
	pool := poolOn(t, inNoHurry(pgtest.URL(t)))
	o, url, _ := home(t, pool, nil)
	host := poolOn(t, url)
	must(t, host, hostTables, pgx.QueryExecModeSimpleProtocol)
	return openOn(t, host, o), host, o.Schema
}

func column(name string, typ storage.ColumnType, more ...string) storage.Column {
	return storage.Column{Name: name, Type: typ, Null: slices.Contains(more, "null"), Default: slices.Contains(more, "default")}
}

func TestInventoryDescribesAHost(t *testing.T) {
	t.Parallel()
	store, pool, schema := hostOf(t)
	elsewhere := dropped(t, pool, postgres.Options{}).Schema
	must(t, pool, fmt.Sprintf(`CREATE SCHEMA %s; CREATE TABLE %[1]s.vm (id uuid PRIMARY KEY, host integer REFERENCES "Owner", peer uuid REFERENCES %[1]s.vm)`, elsewhere), pgx.QueryExecModeSimpleProtocol)
	for _, want := range []storage.Table{
		{
			Name: "vm", ID: "id", Columns: []storage.Column{
				column("id", storage.IntType, "default"), column("owner", storage.IntType, "null"), column("ref", storage.TextType), column("site", storage.IntType, "null"),
				column("seen", storage.TimeType, "null", "default"), column("power", storage.AnyType, "null"), column("n", storage.IntType, "default"),
				column("tags", storage.AnyType, "null"), column("weight", storage.IntType, "null"),
			},
			Unique: [][]string{{"ref", "owner"}, {"site", "ref"}, {"ref", "power"}}, References: map[string]string{"owner": "Owner"},
		},
		{Name: "Owner", ID: "id", Columns: []storage.Column{column("id", storage.IntType, "default"), column("name", storage.TextType)}, Unique: [][]string{{"name"}}},
		{Name: "of_pair", ID: "id", Columns: []storage.Column{
			column("id", storage.IntType), column("a", storage.IntType, "null"), column("b", storage.IntType, "null"), column("ref", storage.TextType, "null"),
		}},
		{Name: "part", ID: "id", Columns: []storage.Column{column("id", storage.IntType)}},
		{Name: schema + ".pair", Columns: []storage.Column{column("a", storage.IntType), column("b", storage.IntType)}, Unique: [][]string{{"a", "b"}}},
		{
			Name: elsewhere + ".vm", ID: "id", Columns: []storage.Column{column("id", storage.UUIDType), column("host", storage.IntType, "null"), column("peer", storage.UUIDType, "null")},
			References: map[string]string{"host": "Owner", "peer": elsewhere + ".vm"},
		},
	} {
		got, err := store.Describe(t.Context(), want.Name)
		demand(t, "describe", err)
		if diff := cmp.Diff(&want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("table %s (-declared +described):\n%s", want.Name, diff)
		}
	}
	for _, name := range []string{"all_vms", "owner", `"Owner"`, "", ".", "vm.", ".vm", "a\x00", "\xff", elsewhere + ".pair", strings.Repeat("x", 100), "folded", "shared"} {
		if _, err := store.Describe(t.Context(), name); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%q is described: %v", name, err)
		}
	}
}

func oneRow(values ...storage.Value) func(func([]storage.Value) bool) {
	return slices.Values([][]storage.Value{values})
}

// Ids are free, wherever they come from.
func TestInventoryReserves(t *testing.T) {
	t.Parallel()
	store, pool, _ := hostOf(t)
	must(t, pool, `INSERT INTO "Owner" SELECT n, 'owner ' || n FROM generate_series(1, 5000) AS n; INSERT INTO part VALUES (7);
		INSERT INTO vm (id, ref) OVERRIDING SYSTEM VALUE VALUES (2, 'b')`, pgx.QueryExecModeSimpleProtocol)
	tx := saveIn(t, store, "s")
	for _, c := range []struct {
		table string
		n     int
		want  string
	}{
		{"Owner", 2, "[5001 5002]"}, // the sequence is far behind
		{"vm", 3, "[4 5 6]"},        // of the next three one is a row's
		{"part", 2, "[8 9]"},        // there is no sequence
		{"part", 1, "[10]"},
		{"shares", 2, "[1 2]"}, // it is not the column's own
		{"shares", 0, "[]"},
		{"spaced", 3, "[31 41 51]"}, // those between its numbers are not the sequence's to give
	} {
		ids, err := tx.Reserve(t.Context(), c.table, c.n)
		if err != nil || c.table != "Owner" && fmt.Sprint(ids) != c.want || len(ids) != c.n {
			t.Errorf("%d ids of %s are %v, %v; want %s", c.n, c.table, ids, err, c.want)
		}
		for _, id := range ids {
			if c.table == "Owner" && id.Int() <= 5000 {
				t.Errorf("id %v is a row's", id)
			}
		}
	}
	demand(t, "insert", tx.Insert(t.Context(), "vm", []storage.Column{{Name: "id"}, {Name: "ref"}}, oneRow(storage.IntValue(3), storage.TextValue("c"))))
	demand(t, "commit", tx.Commit(t.Context()))
}

// The host's own statements and the store's are in the save's transaction, as is what is looked at in the end.
func TestInventoryHandle(t *testing.T) {
	t.Parallel()
	store, pool, _ := hostOf(t)
	tx := saveIn(t, store, "s")
	handle, ok := tx.Handle().(pgx.Tx)
	if !ok {
		t.Fatalf("the handle is a %T; a pgx.Tx is right", tx.Handle())
	}
	_, err := handle.Exec(t.Context(), `INSERT INTO "Owner" VALUES (7, 'me')`)
	demand(t, "exec", err)
	for setting, want := range map[string]string{"transaction_isolation": "read committed", "idle_in_transaction_session_timeout": "1min", "tcp_keepalives_idle": "30"} {
		var got string
		demand(t, "show", handle.QueryRow(t.Context(), "SHOW "+setting).Scan(&got))
		if got != want {
			t.Errorf("%s is %s; want %s", setting, got, want)
		}
	}
	if err := handle.Commit(t.Context()); err == nil {
		t.Error("the host commits the save")
	}
	inside, err := store.With(handle)
	demand(t, "with", err)
	hand{t, inside}.apply(creation("a"))
	columns := []storage.Column{{Name: "ref"}, {Name: "owner"}}
	demand(t, "insert", tx.Insert(t.Context(), "vm", columns, oneRow(storage.TextValue("a"), storage.IntValue(7))))
	demand(t, "commit", tx.Commit(t.Context()))
	if v := (hand{t, store}).version(aNode("a")); v != 1 {
		t.Error("a change in the save's transaction is not there after its commit")
	}

	tx = saveIn(t, store, "s")
	demand(t, "insert", tx.Insert(t.Context(), "vm", columns, oneRow(storage.TextValue("b"), storage.IntValue(99))))
	err = tx.Commit(t.Context())
	if !errors.Is(err, storage.ErrConflict) {
		t.Errorf("a commit with a reference to nothing is answered with %v", err)
	}
	says(t, err, "commit", "vm_owner_fkey", "(99)")

	tx = saveIn(t, store, "s")
	_, _ = tx.Handle().(pgx.Tx).Exec(t.Context(), "SELECT 1/0") //nolint:forcetypeassert // see above
	says(t, tx.Commit(t.Context()), "commit", "overlooked")
	demand(t, "close", tx.Close())
	var n int
	demand(t, "count", pool.QueryRow(t.Context(), "SELECT count(*) FROM vm").Scan(&n))
	if n != 1 {
		t.Errorf("there are %d rows; want 1", n)
	}
	demand(t, "commit", saveIn(t, store, "s").Commit(t.Context()))
}

// What the server refuses is told in the contract's words, with the server's.
func TestInventoryRefuses(t *testing.T) {
	t.Parallel()
	store, pool, _ := hostOf(t)
	must(t, pool, `INSERT INTO vm (ref, site, power) VALUES ('a', 1, 'on'), ('b', 2, 'off')`)
	text, n := storage.TextValue, storage.IntValue
	for _, c := range []struct {
		column string
		value  storage.Value
		is     error
		words  []string
	}{
		{"weight", n(13), storage.ErrInvalid, []string{"vm_weight_check", "13"}},
		{"weight", n(1 << 40), storage.ErrInvalid, []string{`column "weight"`, "1099511627776"}},
		{"power", text("idle"), storage.ErrInvalid, []string{`column "power"`, `"idle"`, `"off"`}},
		{"tags", text("no array"), storage.ErrInvalid, []string{"no array"}},
		{"n", storage.Value{}, storage.ErrInvalid, []string{`column "n"`, "null"}},
		{"ref", text("b"), storage.ErrConflict, []string{"already exists", "b"}},
		{"ref", text("B"), storage.ErrConflict, []string{"folded"}},
	} {
		columns := []storage.Column{{Name: c.column}}
		for call, do := range map[string]func(tx storage.InventoryTx) error{
			"insert": func(tx storage.InventoryTx) error {
				with, row := columns, []storage.Value{c.value}
				if c.column != "ref" {
					with, row = append(with[:1:1], storage.Column{Name: "ref"}), append(row, text("new"))
				}
				return tx.Insert(t.Context(), "vm", with, oneRow(row...))
			},
			"update": func(tx storage.InventoryTx) error {
				_, err := tx.Update(t.Context(), "vm", columns, slices.Values([]storage.RowChange{{ID: n(1), New: []storage.Value{c.value}}}))
				return err
			},
		} {
			tx := saveIn(t, store, "s")
			err := do(tx)
			if !errors.Is(err, c.is) {
				t.Errorf("%v in %s is answered with %v; want %v", c.value, c.column, err, c.is)
			}
			says(t, err, append([]string{call, `table "vm"`}, c.words...)...)
			demand(t, "close", tx.Close())
		}
	}
}

func TestInventoryInsideATransaction(t *testing.T) {
	t.Parallel()
	store, pool, _ := hostOf(t)
	tx, err := pool.Begin(t.Context())
	demand(t, "begin", err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	_, err = tx.Exec(t.Context(), "CREATE TABLE fresh (id integer PRIMARY KEY)")
	demand(t, "create", err)
	with, err := store.With(tx)
	demand(t, "with", err)
	inside := with.(*postgres.Store) //nolint:forcetypeassert // it is one of the same sort
	_, err = inside.Begin(t.Context(), storage.Fence{Scope: "s"})
	says(t, err, "begin", "inside a transaction of the host")
	_, err = inside.View(t.Context())
	says(t, err, "view", "inside a transaction of the host")
	_, err = inside.Describe(t.Context(), "fresh")
	demand(t, "describe", err)
	_, err = inside.Saves(t.Context(), "s")
	demand(t, "saves", err)
}

// A table that the host changes while the program runs is known as it is now: at the latest by the second try.
func TestInventoryOfAChangedTable(t *testing.T) {
	t.Parallel()
	store, pool, _ := hostOf(t)
	text := storage.TextValue
	save := func(columns string, values ...storage.Value) error {
		tx := saveIn(t, store, "s")
		defer func() { demand(t, "close", tx.Close()) }()
		var given []storage.Column
		for name := range strings.FieldsSeq(columns) {
			given = append(given, storage.Column{Name: name})
		}
		if err := tx.Insert(t.Context(), "shares", given, oneRow(values...)); err != nil {
			return err
		}
		for row, err := range tx.Rows(t.Context(), storage.RowQuery{Table: "shares", Columns: given}) {
			if err != nil {
				return err
			}
			if !slices.Equal(row, values) {
				return fmt.Errorf("%v is read as %v", values, row)
			}
		}
		return nil
	}
	demand(t, "save", save("ref", text("a")))
	for _, c := range []struct {
		change, columns string
		value           storage.Value
	}{
		{"ADD COLUMN more integer", "more", storage.IntValue(7)},
		{"ALTER COLUMN more TYPE bigint", "more", storage.IntValue(1 << 40)},
		{"ALTER COLUMN more TYPE text", "more", text("more")},
		{"ALTER COLUMN more TYPE bytea USING more::bytea", "more", storage.BytesValue([]byte("\xff"))},
		{"RENAME COLUMN more TO other", "other", storage.BytesValue([]byte("\x00"))},
	} {
		must(t, pool, "ALTER TABLE shares "+c.change)
		first := save(c.columns, c.value)
		if err := save(c.columns, c.value); err != nil {
			t.Errorf("after %s, the first save says %v, and the second %v", c.change, first, err)
		}
	}
}
