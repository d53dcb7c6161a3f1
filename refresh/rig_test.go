package refresh_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A rig is a persister on tables in memory.
type rig[P any] struct {
	testing.TB

	in        *memory.Inventory
	persister *refresh.Persister[P]
	tables    []string
}

func newRig[P any](t testing.TB, declare func(*refresh.Builder) P, tables ...storage.Table) *rig[P] {
	t.Helper()
	in, err := memory.NewInventory(tables...)
	if err != nil {
		t.Fatal(err)
	}
	p, err := refresh.NewPersister(declare, in, &refresh.PersisterOptions{Guard: refresh.Guard{Share: 1}})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig[P]{TB: t, in: in, persister: p}
	for i := range tables {
		r.tables = append(r.tables, tables[i].Name)
	}
	return r
}

// save saves what parse brings, and checks that it is idempotent.
func (r *rig[P]) save(parse func(P)) *refresh.Plan {
	r.Helper()
	plan := r.once(parse)
	before := r.dump()
	if again := r.once(parse); !again.Empty() {
		r.Errorf("a second refresh of the same writes\n%s", planText(r, again))
	}
	if diff := cmp.Diff(before, r.dump()); diff != "" {
		r.Errorf("a second refresh of the same changes (- before, + after):\n%s", diff)
	}
	return plan
}

// once saves what parse brings.
func (r *rig[P]) once(parse func(P)) *refresh.Plan {
	r.Helper()
	open, err := r.persister.Open(r.Context(), "one", nil)
	if err != nil {
		r.Fatal(err)
	}
	parse(open.Inventory)
	plan, err := open.Save(r.Context(), 0)
	if err != nil {
		r.Fatal(err)
	}
	return plan
}

func (r *rig[P]) dump() refreshtest.Tables {
	r.Helper()
	all, err := refreshtest.Dump(r.Context(), r.in, r.tables, nil)
	if err != nil {
		r.Fatal(err)
	}
	return all
}

// holds demands that a table has just those rows: a line for each, with its columns in order.
func (r *rig[P]) holds(table string, want ...string) {
	r.Helper()
	var got []string
	for key, row := range r.dump()[table] {
		line := strings.ReplaceAll(key, `manager="one" `, "")
		for _, column := range slices.Sorted(maps.Keys(row)) {
			line += ", " + column + "=" + strings.ReplaceAll(row[column], `manager="one" `, "")
		}
		got = append(got, line)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		r.Errorf("table %q (- want, + got):\n%s", table, diff)
	}
}

func planText(t testing.TB, p *refresh.Plan) string {
	t.Helper()
	var b strings.Builder
	if _, err := p.WriteTo(&b); err != nil {
		t.Error(err)
	}
	return b.String()
}

// says demands that a plan, as it is written for people, has lines.
func says(t testing.TB, p *refresh.Plan, lines ...string) {
	t.Helper()
	all := planText(t, p)
	for _, line := range lines {
		if !slices.Contains(strings.Split(all, "\n"), line) {
			t.Errorf("the plan does not say\n\t%s\nbut\n%s", line, all)
		}
	}
}

// countedIn returns what a plan does to a collection.
func countedIn(t testing.TB, p *refresh.Plan, name string) *refresh.CollectionPlan {
	t.Helper()
	at := slices.IndexFunc(p.Collections, func(c *refresh.CollectionPlan) bool { return c.Name == name })
	if at < 0 {
		t.Fatalf("the plan does not know collection %q", name)
	}
	return p.Collections[at]
}

// tableOf returns a table whose columns are its id, manager and those named, which are texts, unless they say
// otherwise: name:type, and → a table that they point at. A * after it: it is part of the unique index.
func tableOf(name string, columns ...string) storage.Table {
	t := storage.Table{Name: name, ID: "id", Columns: []storage.Column{{Name: "id", Type: storage.IntType}}, References: map[string]string{}}
	types := map[string]storage.ColumnType{"int": storage.IntType, "bool": storage.BoolType, "time": storage.TimeType, "text": storage.TextType, "float": storage.FloatType}
	var key []string
	for _, c := range columns {
		c, inKey := strings.CutSuffix(c, "*")
		column, to, points := strings.Cut(c, "→")
		column, typ, _ := strings.Cut(column, ":")
		of := storage.Column{Name: column, Type: types[typ], Null: !inKey}
		switch {
		case points:
			of.Type, t.References[column] = storage.IntType, to
		case typ == "":
			of.Type = storage.TextType
		}
		if t.Columns = append(t.Columns, of); inKey {
			key = append(key, column)
		}
	}
	t.Unique = [][]string{key}
	return t
}
