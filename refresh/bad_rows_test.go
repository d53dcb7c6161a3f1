package refresh_test

import (
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
