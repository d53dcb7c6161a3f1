package inventorytest

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
)

// A lawBreaker is a test that is to fail.
type lawBreaker struct {
	testing.TB

	ctx    context.Context
	name   string
	failed bool
	text   strings.Builder
}

type lawBroken struct{}

func (b *lawBreaker) Context() context.Context { return b.ctx }
func (b *lawBreaker) Helper()                  {}
func (b *lawBreaker) Name() string             { return b.name }
func (b *lawBreaker) Failed() bool             { return b.failed }
func (b *lawBreaker) Fail()                    { b.failed = true }
func (b *lawBreaker) FailNow()                 { b.failed = true; panic(lawBroken{}) }
func (b *lawBreaker) Log(a ...any)             { fmt.Fprintln(&b.text, a...) }
func (b *lawBreaker) Error(a ...any)           { b.Log(a...); b.Fail() }
func (b *lawBreaker) Fatal(a ...any)           { b.Log(a...); b.FailNow() }

func (b *lawBreaker) Logf(format string, a ...any)   { b.Log(fmt.Sprintf(format, a...)) }
func (b *lawBreaker) Errorf(format string, a ...any) { b.Error(fmt.Sprintf(format, a...)) }
func (b *lawBreaker) Fatalf(format string, a ...any) { b.Fatal(fmt.Sprintf(format, a...)) }

// without returns what leaves out writes to a table, if they write the column.
func without(table, column string) func(string, []storage.Column, *storage.RowChange) bool {
	return func(to string, columns []storage.Column, _ *storage.RowChange) bool {
		return to != table || !slices.ContainsFunc(columns, func(c storage.Column) bool { return c.Name == column })
	}
}

// inserted returns what changes a value of rows that are created.
func inserted(column string, is, becomes storage.Value) func(string, []storage.Column, []storage.Value) bool {
	return func(_ string, columns []storage.Column, row []storage.Value) bool {
		at := slices.IndexFunc(columns, func(c storage.Column) bool { return c.Name == column })
		if at >= 0 && row[at] == is {
			row[at] = becomes
		}
		return true
	}
}

// forgotten returns what hides the values of a column.
func forgotten(column string) func(storage.RowQuery, []storage.Value) {
	return func(q storage.RowQuery, row []storage.Value) {
		for i, c := range q.Columns {
			if c.Name == column {
				row[i] = storage.Value{}
			}
		}
	}
}

// notFound returns what hides the rows of a table that are looked for by a column; empty: by any.
func notFound(table, column string) func(*storage.RowQuery) {
	return func(q *storage.RowQuery) {
		if q.Table == table && q.Among != nil && (column == "" || q.Among.Columns[0].Name == column) {
			q.Among = &storage.Among{Columns: q.Among.Columns}
		}
	}
}

// setFlag sets a flag of rapid until the test is over. Tests that run in parallel go on later.
func setFlag(t *testing.T, name, value string) {
	t.Helper()
	was := flag.Lookup(name).Value.String()
	set := func(value string) {
		if err := flag.Set(name, value); err != nil {
			t.Error(err)
		}
	}
	set(value)
	t.Cleanup(func() { set(was) })
}

//nolint:paralleltest // it sets flags
func TestLawMutants(t *testing.T) {
	setFlag(t, "rapid.nofailfile", "true")
	setFlag(t, "rapid.shrinktime", "1ms")
	setFlag(t, "rapid.checks", "5000") // what a mutant breaks can be rare
	null, text := storage.Value{}, storage.TextValue
	mutants := map[string]struct {
		alter altertest.Alter
		tell  func(statement, *world)
	}{
		"what was not said is written": {tell: func(st statement, in *world) { st.wholly(in) }},
		"a row is said under the key of another": {tell: func(st statement, in *world) {
			if st.in == "images" {
				in.Images.Build(image{Ref: "i0", Name: "n0"})
				return
			}
			st.tell(in)
		}},
		"a row is not said": {tell: func(st statement, in *world) {
			if st.in != "snapshots" {
				st.tell(in)
			}
		}},
		"false is null":                      {alter: altertest.Alter{Insert: inserted("on_now", storage.BoolValue(false), null)}},
		"null is an empty text":              {alter: altertest.Alter{Insert: inserted("name", null, text(""))}},
		"the default counts where a row has": {alter: altertest.Alter{Insert: inserted("site_name", text("a"), text("none"))}},
		"a type is another":                  {alter: altertest.Alter{Insert: inserted("owner_type", text("sites"), text("machines"))}},
		"a manager is another":               {alter: altertest.Alter{Insert: inserted("manager", text("two"), text("one"))}},
		"a late link is not made":            {alter: altertest.Alter{Update: without("sites", "main_id")}},
		"a column is not updated":            {alter: altertest.Alter{Update: without("machines", "uuid")}},
		"a name is not updated":              {alter: altertest.Alter{Update: without("sites", "name")}},
		"what is gone is still pointed at":   {alter: altertest.Alter{Update: without("machines", "owner_id")}},
		"a plan is applied by half": {alter: altertest.Alter{
			Update: func(_ string, _ []storage.Column, c *storage.RowChange) bool { return c.Old == nil },
		}},
		"a version is not looked at":           {alter: altertest.Alter{Row: forgotten("version")}},
		"the version of a column is not":       {alter: altertest.Alter{Row: forgotten("sized_at")}},
		"what comes back by its name is new":   {alter: altertest.Alter{Query: notFound(reconnected, "name")}},
		"what comes back keeps the key it had": {alter: altertest.Alter{Update: without(reconnected, "ref")}},
		"a row is said to have what it cannot be without": {tell: func(st statement, in *world) {
			if st.in == "licenses" && st.key.text == "l0" {
				in.Licenses.Build(license{Ref: "l0", Machine: in.Machines.Build(machine{Ref: "m0", UUID: "u0"})})
				return
			}
			st.tell(in)
		}},
		"what comes back stays archived": {alter: altertest.Alter{Update: without("networks", "archived_at")}},
		"a row that is only pointed at is not created": {alter: altertest.Alter{
			Insert: func(table string, columns []storage.Column, _ []storage.Value) bool {
				return table != "images" || slices.ContainsFunc(columns, func(c storage.Column) bool { return c.Name == "name" })
			},
		}},
		"two rows are not joined": {alter: altertest.Alter{
			Insert: func(table string, _ []storage.Column, _ []storage.Value) bool { return table != joined },
		}},
		"two rows stay joined": {alter: altertest.Alter{
			Delete: func(table string, _ []storage.Column, _ []storage.Value) bool { return table != joined },
		}},
		"an image is not deleted": {alter: altertest.Alter{
			Delete: func(table string, _ []storage.Column, _ []storage.Value) bool { return table != "images" },
		}},
		"a row is not created": {alter: altertest.Alter{
			Insert: func(table string, _ []storage.Column, _ []storage.Value) bool { return table != "snapshots" },
		}},
		"a row is not deleted": {alter: altertest.Alter{
			Delete: func(table string, _ []storage.Column, _ []storage.Value) bool { return table != "snapshots" },
		}},
		"a row that is kept is deleted": {alter: altertest.Alter{
			Delete: func(table string, _ []storage.Column, tuple []storage.Value) bool {
				tuple[0] = storage.IntValue(tuple[0].Int() - 1)
				return true
			},
		}},
		"the scope is too wide": {alter: altertest.Alter{Query: func(q *storage.RowQuery) { q.In = nil }}},
		"the scope of children is too wide": {alter: altertest.Alter{Query: func(q *storage.RowQuery) {
			if q.Table == "volumes" {
				q.In = nil
			}
		}}},
		"the database is not looked in": {alter: altertest.Alter{Query: notFound("images", "")}},
	}
	for name, m := range mutants {
		t.Run(name, func(t *testing.T) { //nolint:paralleltest // see above
			b := &lawBreaker{ctx: t.Context(), name: t.Name()}
			if m.tell == nil {
				m.tell = rightly
			}
			func() {
				defer func() {
					if r := recover(); r != nil && r != (lawBroken{}) {
						panic(r)
					}
				}()
				laws(b, func(t refreshtest.TB, tables []storage.Table) storage.Inventory {
					return altertest.New(Careless(t, tables), m.alter)
				}, m.tell)
			}()
			if !b.failed {
				t.Error("no law is broken")
			}
		})
	}
}
