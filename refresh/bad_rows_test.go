package refresh_test

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A badRow has a column of each kind.
type badRow struct {
	Ref   string         `reeve:"ref,key"`
	Text  string         `reeve:"text"`
	Many  uint64         `reeve:"many"`
	Share float64        `reeve:"share"`
	At    time.Time      `reeve:"at"`
	More  map[string]any `reeve:"more,json"`
}

type badInventory struct{ Rows *refresh.Collection[badRow] }

func badDeclare(b *refresh.Builder) *badInventory {
	return &badInventory{refresh.Add[badRow](b, "rows", nil)}
}

func badRows(t testing.TB) (storage.Inventory, *refresh.Persister[*badInventory]) {
	t.Helper()
	return badRowsWith(t, nil)
}

func badRowsWith(t testing.TB, o *refresh.PersisterOptions) (storage.Inventory, *refresh.Persister[*badInventory]) {
	t.Helper()
	columns := []storage.Column{{Name: "id", Type: storage.IntType}}
	for name, typ := range map[string]storage.ColumnType{
		"manager": storage.TextType, "ref": storage.TextType, "text": storage.TextType, "many": storage.IntType,
		"share": storage.FloatType, "at": storage.TimeType, "more": storage.JSONType,
	} {
		columns = append(columns, storage.Column{Name: name, Type: typ, Null: true})
	}
	in, err := memory.NewInventory(storage.Table{Name: "rows", ID: "id", Columns: columns, Unique: [][]string{{"manager", "ref"}}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := refresh.NewPersister(badDeclare, in, o)
	if err != nil {
		t.Fatal(err)
	}
	return in, p
}

func saveRows(t testing.TB, p *refresh.Persister[*badInventory], parse func(*badInventory)) (*refresh.Plan, error) {
	t.Helper()
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	parse(r.Inventory)
	plan, err := r.Save(t.Context(), 0)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	return plan, err
}

// What no database takes is refused with the row, and named; the other rows are saved.
func TestBadValues(t *testing.T) {
	t.Parallel()
	when := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	good := badRow{Ref: "good", Text: "good", At: when}
	for name, test := range map[string]struct {
		row   badRow
		names []string
	}{
		"a zero byte":            {badRow{Ref: "bad", At: when, Text: "a\x00b"}, []string{`"text"`, `zero byte`}},
		"a zero byte in a key":   {badRow{Ref: "b\x00ad", At: when}, []string{`"ref"`, `zero byte`}},
		"bytes that are no text": {badRow{Ref: "bad", At: when, Text: "a\xff"}, []string{`"text"`, `UTF-8`}},
		"no number":              {badRow{Ref: "bad", At: when, Share: math.NaN()}, []string{`"share"`}},
		"too great a number":     {badRow{Ref: "bad", At: when, Many: math.MaxUint64}, []string{`"many"`, "18446744073709551615"}},
		"a year too late":        {badRow{Ref: "bad", At: when.AddDate(9000, 0, 0)}, []string{`"at"`}},
		"a zero byte in JSON":    {badRow{Ref: "bad", At: when, More: map[string]any{"a": "\x00"}}, []string{`"more"`}},
		"what is no JSON":        {badRow{Ref: "bad", At: when, More: map[string]any{"a": make(chan int)}}, []string{`"more"`}},
		"no key":                 {badRow{Text: "bad", At: when}, []string{`"ref"`, "empty"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, p := badRows(t)
			plan, err := saveRows(t, p, func(inv *badInventory) {
				inv.Rows.Build(good)
				if ref := inv.Rows.Build(test.row); !ref.IsNull() {
					t.Error("the row is refused, and there is a reference to it")
				}
			})
			if err != nil {
				t.Fatalf("one bad row keeps all of them out: %v", err)
			}
			if len(plan.Refused()) != 1 {
				t.Fatalf("refused are %v; want one row", plan.Refused())
			}
			for _, part := range test.names {
				if !strings.Contains(plan.Refused()[0].Reason, part) {
					t.Errorf("the reason is %q; it should say %s", plan.Refused()[0].Reason, part)
				}
			}
			tables, err := refreshtest.Dump(t.Context(), in, []string{"rows"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if keys := slices.Collect(maps.Keys(tables["rows"])); !slices.Equal(keys, []string{`manager="one" ref="good"`}) {
				t.Errorf("the rows are %q; only the good one should be there", keys)
			}
		})
	}
}

// A long text is no trouble of ours: the database says what is too long.
func TestLongText(t *testing.T) {
	t.Parallel()
	in, p := badRows(t)
	long := strings.Repeat("long ", 1<<20)
	for range 2 {
		plan, err := saveRows(t, p, func(inv *badInventory) {
			inv.Rows.Build(badRow{Ref: "a", Text: long, At: time.Unix(0, 0)})
			inv.Rows.Build(badRow{Ref: long, At: time.Unix(0, 0)})
		})
		if err != nil || len(plan.Refused()) > 0 {
			t.Fatalf("refused are %d rows, and the error is %v", len(plan.Refused()), err)
		}
	}
	tables, err := refreshtest.Dump(t.Context(), in, []string{"rows"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(tables["rows"][`manager="one" ref="a"`]["text"]); n != len(long)+2 {
		t.Errorf("the text has %d bytes; want %d and its quotes", n, len(long))
	}
}

// A row that points into another refresh is refused: what it means there is not what it means here.
func TestRowsOfAnotherRefresh(t *testing.T) {
	t.Parallel()
	type elsewhere struct {
		Ref  string                `reeve:"ref,key"`
		To   refresh.Ref[badRow]   `reeve:"to_id"`
		Any  refresh.AnyRef        `reeve:"any_id,to=rows|pointers,type=any_type"`
		Text refresh.Value[string] `reeve:"text"`
	}
	type part struct {
		Of     refresh.Ref[elsewhere] `reeve:"of_id,key"`
		Number int                    `reeve:"number,key"`
	}
	type all struct {
		rows     *refresh.Collection[badRow]
		pointers *refresh.Collection[elsewhere]
		parts    *refresh.Collection[part]
	}
	r := newRig(t, func(b *refresh.Builder) *all {
		return &all{
			refresh.Add[badRow](b, "rows", nil), refresh.Add[elsewhere](b, "pointers", nil),
			refresh.Add[part](b, "parts", &refresh.CollectionOptions{ChildOf: []string{"of_id"}}),
		}
	}, tableOf("rows", "manager*", "ref*", "text", "many:int", "share:float", "at:time", "more"),
		tableOf("pointers", "manager*", "ref*", "to_id→rows", "any_id:int", "any_type", "text"), tableOf("parts", "of_id→pointers*", "number:int*"))
	other, err := r.persister.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	theirs := other.Inventory.rows.Build(badRow{Ref: "theirs", At: time.Unix(0, 0)})
	plan := r.once(func(in *all) {
		in.pointers.Build(elsewhere{Ref: "a"})
		in.pointers.Build(elsewhere{Ref: "b", To: theirs})
		in.pointers.Build(elsewhere{Ref: "c", Any: theirs.Any()})
		in.pointers.Build(elsewhere{Ref: "d", Text: refresh.From(theirs, func(row *badRow) *string { return &row.Text }, "none")})
		in.parts.Build(part{Of: other.Inventory.pointers.LazyFind("a"), Number: 1})
	})
	for _, refused := range plan.Refused() {
		if !strings.Contains(refused.Reason, "another refresh's collection") {
			t.Errorf("the reason of %v does not say what is wrong", refused)
		}
	}
	if n := len(plan.Refused()); n != 4 {
		t.Errorf("%d rows are refused, %v; want 4", n, plan.Refused())
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
}

// A parser that panics leaves what the host does with it to the host: nothing is written, nothing stays locked.
func TestParserPanics(t *testing.T) {
	t.Parallel()
	in, p := badRows(t)
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(0, 0)
	for _, panics := range []func(){
		func() { r.Inventory.Rows.Build(badRow{Ref: "a", At: at}); panic("after a row") },
		func() {
			r.Inventory.Rows.FindOrBuild(badRow{Ref: "b"}, func() badRow { panic("in the middle of a row") })
		},
		func() {
			r.Inventory.Rows.Patch(badRow{Ref: "c"}, func(*badRow) []any { panic("in the middle of a patch") })
		},
		func() {
			r.Inventory.Rows.Build(badRow{Ref: "d", At: at, More: map[string]any{"a": panicking{}}})
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the parser's panic is not the host's to see")
				}
			}()
			panics()
		}()
	}
	r.Inventory.Rows.Build(badRow{Ref: "e", At: at})
	if n := r.Inventory.Rows.Len(); n != 2 {
		t.Errorf("there are %d rows; want the one before a panic and the one after all of them", n)
	}
	tables, err := refreshtest.Dump(t.Context(), in, []string{"rows"}, nil)
	if err != nil || len(tables["rows"]) > 0 {
		t.Errorf("without a save the database has %v, and the error is %v", tables, err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// A panicking value cannot be written as JSON.
type panicking struct{}

func (panicking) MarshalJSON() ([]byte, error) { panic("in the middle of a column") }

// A badPointer points at rows in two ways.
type badPointer struct {
	Ref  string              `reeve:"ref,key"`
	To   refresh.Ref[badRow] `reeve:"to_id"`
	Stub refresh.Ref[badRow] `reeve:"stub_id,stub"`
}

// A reference to a row that no database can have is one to nowhere, in every way.
func TestBadReferences(t *testing.T) {
	t.Parallel()
	id := func(name string) storage.Column {
		return storage.Column{Name: name, Type: storage.IntType, Null: name != "id"}
	}
	text := func(name string) storage.Column { return storage.Column{Name: name, Type: storage.TextType} }
	in, err := memory.NewInventory(
		storage.Table{Name: "rows", ID: "id", Unique: [][]string{{"manager", "ref"}}, Columns: []storage.Column{
			id("id"), text("manager"), text("ref"),
			{Name: "text", Type: storage.TextType, Null: true},
			id("many"),
			{Name: "share", Type: storage.FloatType, Null: true},
			{Name: "at", Type: storage.TimeType, Null: true},
			{Name: "more", Type: storage.JSONType, Null: true},
		}},
		storage.Table{
			Name: "pointers", ID: "id", Unique: [][]string{{"manager", "ref"}}, References: map[string]string{"to_id": "rows", "stub_id": "rows"},
			Columns: []storage.Column{id("id"), text("manager"), text("ref"), id("to_id"), id("stub_id")},
		},
	)
	if err != nil {
		t.Fatal(err)
	}
	type both struct {
		rows     *refresh.Collection[badRow]
		pointers *refresh.Collection[badPointer]
	}
	p, err := refresh.NewPersister(func(b *refresh.Builder) both {
		return both{refresh.Add[badRow](b, "rows", nil), refresh.Add[badPointer](b, "pointers", nil)}
	}, in, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Open(t.Context(), "one", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range []string{"a\x00", "a\xff"} {
		r.Inventory.pointers.Build(badPointer{Ref: string(rune('a' + i)), To: r.Inventory.rows.LazyFind(key), Stub: r.Inventory.rows.LazyFindLike(badRow{Ref: key})})
	}
	plan, err := r.Save(t.Context(), 0)
	if err != nil {
		t.Fatalf("a bad reference keeps all rows out: %v", err)
	}
	if n := len(plan.Unresolved()); n != 4 {
		t.Errorf("%d references are reported, %v; want 4", n, plan.Unresolved())
	}
	tables, err := refreshtest.Dump(t.Context(), in, []string{"rows", "pointers"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(tables["rows"]) != 0 || len(tables["pointers"]) != 2 {
		t.Errorf("the database has %v; want two rows that point at none", tables)
	}
	if err := errors.Join(plan.Close(), r.Close()); err != nil {
		t.Error(err)
	}
}
