package postgres_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A hostType is one that a column can have.
type hostType struct {
	declared string
	is       storage.ColumnType
	draw     *rapid.Generator[storage.Value] // what it holds, in its form
	refuses  map[string]storage.Value        // what it would change or cannot hold, by a word of the refusal
}

func valuesOf(values ...string) *rapid.Generator[storage.Value] {
	return rapid.Map(rapid.SampledFrom(values), storage.TextValue)
}

func integersOf(bits int) *rapid.Generator[storage.Value] {
	least, most := int64(math.MinInt64)>>(64-bits), int64(math.MaxInt64)>>(64-bits)
	return rapid.Map(rapid.OneOf(rapid.Int64Range(least, most), rapid.Just(least), rapid.Just(most)), storage.IntValue)
}

func decimals(pattern string) *rapid.Generator[storage.Value] {
	return rapid.Map(rapid.StringMatching(pattern), func(s string) storage.Value {
		v, err := storage.TextValue(s).As(storage.NumericType)
		if err != nil {
			panic(err)
		}
		return v
	})
}

func timesOf(step time.Duration) *rapid.Generator[storage.Value] {
	from, to := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC).UnixMicro()
	return rapid.Map(rapid.Int64Range(from, to), func(micros int64) storage.Value {
		return storage.TimeValue(time.UnixMicro(micros - (micros%step.Microseconds()+step.Microseconds())%step.Microseconds()))
	})
}

func textsOf(most int) *rapid.Generator[storage.Value] {
	letters := rapid.SampledFrom([]rune(`aB7 ,;{}()"'\` + "\t\n\r\b" + `Nä→𝄞.`))
	return rapid.Map(rapid.StringOfN(letters, 0, most, -1), storage.TextValue)
}

// arraysOf draws arrays as PostgreSQL writes them.
func arraysOf(of *rapid.Generator[storage.Value]) *rapid.Generator[storage.Value] {
	return rapid.Map(rapid.SliceOfN(rapid.OneOf(of, rapid.Just(storage.Value{})), 0, 4), func(values []storage.Value) storage.Value {
		parts := make([]string, len(values))
		for i, v := range values {
			switch parts[i] = v.Text(); {
			case v.IsNull():
				parts[i] = "NULL"
			case v.Kind() != storage.TextKind:
				parts[i] = v.String()
			case parts[i] == "" || strings.EqualFold(parts[i], "null") || strings.ContainsAny(parts[i], "{},\"\\ \t\n\r\v\f"):
				parts[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(parts[i]) + `"`
			}
		}
		return storage.TextValue("{" + strings.Join(parts, ",") + "}")
	})
}

func hostTypes() []hostType {
	text, n, f := storage.TextValue, storage.IntValue, storage.FloatValue
	at := time.Date(2026, 3, 29, 2, 30, 0, 123456000, time.UTC)
	floats := rapid.Map(rapid.Float64().Filter(func(f float64) bool { return !math.IsNaN(f) }), storage.FloatValue)
	singles := rapid.Map(rapid.StringMatching(`-?[0-9]\.[0-9]{1,5}e[-+]?[0-3]?[0-7]`), func(s string) storage.Value {
		v, err := text(s).As(storage.FloatType)
		if err != nil {
			panic(err)
		}
		return v
	})
	json := valuesOf(`{"a":[1,2.5,null],"b":"\\ \" é"}`, `[]`, `"x"`, `7`, `null`, `true`, `{"a":{"b":"\n"}}`)
	bytes := rapid.Map(rapid.SliceOf(rapid.Byte()), storage.BytesValue)
	return []hostType{
		{"boolean", storage.BoolType, rapid.Map(rapid.Bool(), storage.BoolValue), nil},
		{"smallint", storage.IntType, integersOf(16), map[string]storage.Value{"32767": n(32768)}},
		{"integer", storage.IntType, integersOf(32), map[string]storage.Value{"2147483647": n(-1 << 32)}},
		{"bigint", storage.IntType, integersOf(64), nil},
		{"real", storage.FloatType, singles, map[string]storage.Value{"seven digits": f(0.123456789), "real": f(1e300)}},
		{"double precision", storage.FloatType, floats, nil},
		{"numeric", storage.NumericType, decimals(`-?[0-9]{1,40}(\.[0-9]{1,20})?`), map[string]storage.Value{"decimal": text("NaN")}},
		{"numeric(6, 2)", storage.NumericType, decimals(`-?[0-9]{1,4}(\.[0-9]{1,2})?`), map[string]storage.Value{"2 digits after": text("1.005"), "overflow": text("10000")}},
		{"text", storage.TextType, textsOf(20), nil},
		{"varchar", storage.TextType, textsOf(20), nil},
		{"varchar(5)", storage.TextType, textsOf(5), map[string]storage.Value{"holds 5": text("ääääää"), "6 characters": text("a     ")}},
		{"char(5)", storage.TextType, rapid.Map(textsOf(5), func(v storage.Value) storage.Value { return text(strings.TrimRight(v.Text(), " ")) }), map[string]storage.Value{"blanks": text("a ")}},
		{"citext", storage.TextType, textsOf(20), nil},
		{"uuid", storage.UUIDType, rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) storage.Value {
			v, _ := storage.BytesValue(b).As(storage.UUIDType)
			return v
		}), map[string]storage.Value{"UUID": text("none")}},
		{"json", storage.JSONType, json, map[string]storage.Value{"JSON": text("{")}},
		{"jsonb", storage.JSONType, json, nil},
		{"bytea", storage.BytesType, bytes, nil},
		{"date", storage.TimeType, timesOf(24 * time.Hour), map[string]storage.Value{"midnight": storage.TimeValue(at)}},
		{"timestamp", storage.TimeType, timesOf(time.Microsecond), nil},
		{"timestamptz", storage.TimeType, timesOf(time.Microsecond), nil},
		{"timestamp(3)", storage.TimeType, timesOf(time.Millisecond), map[string]storage.Value{"truncate it to 1ms": storage.TimeValue(at)}},
		{"timestamptz(0)", storage.TimeType, timesOf(time.Second), map[string]storage.Value{"truncate it to 1s": storage.TimeValue(at)}},
		{"time", storage.AnyType, valuesOf("00:00:00", "23:59:59.5"), map[string]storage.Value{"25:00": text("25:00")}},
		{"interval", storage.AnyType, valuesOf("1 day 02:00:00", "00:00:01", "1 mon"), map[string]storage.Value{"soon": text("soon")}},
		{"inet", storage.AnyType, valuesOf("10.0.0.1", "10.0.0.0/8", "::1"), map[string]storage.Value{"10.0.0": text("10.0.0.256")}},
		{"xml", storage.AnyType, valuesOf("<a/>", "<a>&lt;</a>"), nil},
		{"point", storage.AnyType, valuesOf("(1,2)", "(0,-1.5)"), nil},
		{"integer[]", storage.AnyType, valuesOf("{}", "{1,2,NULL}", "{{1,2},{3,4}}", "[0:1]={-2147483648,2147483647}"), map[string]storage.Value{"[1]": text("[1]")}},
		{"text[]", storage.AnyType, arraysOf(textsOf(6)), nil},
		{"varchar(5)[]", storage.AnyType, arraysOf(textsOf(5)), map[string]storage.Value{"too long": text("{abcdef}")}},
		{"bigint[]", storage.AnyType, arraysOf(integersOf(64)), nil},
		{"boolean[]", storage.AnyType, valuesOf("{t,f,NULL}"), nil},
		{"numeric[]", storage.AnyType, valuesOf("{1.50,-0.001,12345678901234567890}"), nil},
		{"uuid[]", storage.AnyType, valuesOf("{00000000-0000-0000-0000-000000000001}"), nil},
		{"jsonb[]", storage.AnyType, valuesOf(`{"{\"a\": [1, null]}",NULL,"\"x\""}`), nil},
		{"int4range", storage.AnyType, valuesOf("[1,3)", "empty"), nil},
		{"mood", storage.AnyType, valuesOf("happy", "it's \\ \"ok\""), map[string]storage.Value{`"happy"`: text("sad")}},
		{"moods", storage.AnyType, valuesOf("happy"), map[string]storage.Value{`"happy"`: text("sad")}},
		{"port", storage.IntType, rapid.Map(rapid.Int64Range(1, 65535), storage.IntValue), map[string]storage.Value{"port_check": n(0), "2147483647": n(1 << 40)}},
		{"code", storage.TextType, textsOf(5), map[string]storage.Value{"holds 5": text("123456")}},
		{"many", storage.AnyType, valuesOf("{1}", "{1,2}"), nil},
	}
}

// typesOn returns a store where the types are that [hostTypes] need, and a schema with a dot for tables.
func typesOn(t testing.TB) (store *postgres.Store, host *pgxpool.Pool, in string) {
	t.Helper()
	pool := poolOn(t, inNoHurry(pgtest.URL(t)))
	must(t, pool, "SELECT pg_advisory_xact_lock(1); CREATE EXTENSION IF NOT EXISTS citext SCHEMA public", pgx.QueryExecModeSimpleProtocol) // one at a time
	o, url, _ := home(t, pool, nil)
	for _, setting := range []string{"datestyle=German", "timezone=Asia/Kathmandu", "bytea_output=escape", "extra_float_digits=-3"} {
		url = withSetting(url, setting)
	}
	in = quoted(o.Schema) + "."
	host = poolOn(t, strings.ReplaceAll(url, "search_path="+o.Schema, "search_path="+o.Schema+",public"))
	for _, query := range []string{
		`CREATE TYPE mood AS ENUM ('happy', 'it''s \ "ok"')`, `CREATE DOMAIN moods AS mood`, `CREATE DOMAIN port AS integer CHECK (VALUE > 0)`,
		`CREATE DOMAIN long_code AS varchar(5)`, `CREATE DOMAIN code AS long_code NOT NULL`, `CREATE DOMAIN many AS integer[]`,
	} {
		must(t, host, query)
	}
	return openOn(t, host, o), host, in
}

// What a column of any type takes comes back, is found, updated and deleted by, whatever the settings of the server say of how values are written.
// What it would not give back is refused.
func TestInventoryTypes(t *testing.T) {
	t.Parallel()
	store, host, in := typesOn(t)
	for i, typ := range hostTypes() {
		t.Run(typ.declared, func(t *testing.T) {
			t.Parallel()
			table := fmt.Sprint("t", i)
			must(t, host, fmt.Sprintf("CREATE TABLE %s%s (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, v %s)", in, table, typ.declared))
			described, err := store.Describe(t.Context(), table)
			if err != nil {
				t.Fatal(err)
			}
			if got := described.Columns[1].Type; got != typ.is {
				t.Errorf("it is described as %v; want %v", got, typ.is)
			}
			rapid.Check(t, func(rt *rapid.T) { typ.comesBack(rt, store, table, described.Columns[1].Null) })
			for word, v := range typ.refuses {
				typ.refusesOne(t, store, table, word, v)
			}
		})
	}
}

// comesBack plays with some values in a save that is rolled back.
func (h hostType) comesBack(t *rapid.T, store *postgres.Store, table string, null bool) {
	values := rapid.SliceOfN(h.draw, 1, 5).Draw(t, "values")
	if null {
		values = append(values, storage.Value{})
	}
	tx, err := store.Begin(t.Context(), storage.Fence{Scope: table})
	demand(t, "begin", err)
	defer func() { demand(t, "close", tx.Close()) }()
	ids, err := tx.Reserve(t.Context(), table, len(values))
	demand(t, "reserve", err)
	columns := []storage.Column{{Name: "id"}, {Name: "v"}}
	demand(t, "insert", tx.Insert(t.Context(), table, columns, func(yield func([]storage.Value) bool) {
		for i, v := range values {
			if !yield([]storage.Value{ids[i], v}) {
				return
			}
		}
	}))
	for i, v := range values {
		same := 0
		for _, other := range values {
			if h.equal(v, other) {
				same++
			}
		}
		read := func(q storage.RowQuery, want int) {
			n := 0
			for row, err := range tx.Rows(t.Context(), q) {
				demand(t, "rows", err)
				if !h.equal(row[0], v) {
					t.Fatalf("%v came back as %v", v, row[0])
				}
				n++
			}
			if n != want {
				t.Fatalf("%v is found in %d rows; want %d", v, n, want)
			}
		}
		q := storage.RowQuery{Table: table, Columns: columns[1:], In: []storage.Scope{{{Column: "id", Is: ids[i]}}}}
		read(q, 1)
		q.In = []storage.Scope{{{Column: "v", Is: v}}}
		read(q, same)
		q = storage.RowQuery{Table: table, Columns: columns[1:], Among: &storage.Among{Columns: columns[1:], Tuples: [][]storage.Value{{v}}}}
		read(q, same)
		for j, other := range values {
			change := storage.RowChange{ID: ids[j], Old: []storage.Value{v}, New: []storage.Value{other}}
			missed, err := tx.Update(t.Context(), table, columns[1:], slices.Values([]storage.RowChange{change}))
			demand(t, "update", err)
			if len(missed) > 0 == h.equal(v, other) {
				t.Fatalf("an update of %v that wants it to be %v misses %v", other, v, missed)
			}
		}
	}
	gone := 0
	for _, v := range values {
		n, err := tx.Delete(t.Context(), table, columns[1:], slices.Values([][]storage.Value{{v}}))
		demand(t, "delete", err)
		gone += n
	}
	if gone != len(values) {
		t.Fatalf("of %d rows %d are deleted by their values", len(values), gone)
	}
}

// equal reports whether the database takes values for the same.
func (h hostType) equal(a, b storage.Value) bool {
	return a == b || h.declared == "citext" && !a.IsNull() && !b.IsNull() && strings.EqualFold(a.Text(), b.Text())
}

func (h hostType) refusesOne(t *testing.T, store *postgres.Store, table, word string, v storage.Value) {
	t.Helper()
	columns := []storage.Column{{Name: "v"}}
	for _, call := range []func(tx storage.InventoryTx) error{
		func(tx storage.InventoryTx) error {
			return tx.Insert(t.Context(), table, columns, slices.Values([][]storage.Value{{v}}))
		},
		func(tx storage.InventoryTx) error {
			ids, err := tx.Reserve(t.Context(), table, 1)
			demand(t, "reserve", err)
			demand(t, "insert", tx.Insert(t.Context(), table, []storage.Column{{Name: "id"}, {Name: "v"}}, slices.Values([][]storage.Value{{ids[0], h.draw.Example()}})))
			_, err = tx.Update(t.Context(), table, columns, slices.Values([]storage.RowChange{{ID: ids[0], New: []storage.Value{v}}}))
			return err
		},
	} {
		tx := saveIn(t, store, table)
		says(t, isInvalid(t, call(tx)), table, word)
		demand(t, "close", tx.Close())
	}
}
