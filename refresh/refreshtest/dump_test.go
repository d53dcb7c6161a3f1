package refreshtest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

func column(name string, typ storage.ColumnType) storage.Column {
	return storage.Column{Name: name, Type: typ, Null: name != "id"}
}

// filled returns an inventory with rows that need every way in which a dump tells rows apart and values alike.
func filled(t *testing.T) storage.Inventory {
	t.Helper()
	id, text, pointer := column("id", storage.IntType), storage.TextType, storage.IntType
	in, err := memory.NewInventory(
		storage.Table{
			Name: "nodes", ID: "id", Unique: [][]string{{"id"}, {"up_id", "name"}}, References: map[string]string{"up_id": "nodes"},
			Columns: []storage.Column{id, column("up_id", pointer), column("name", text), column("seen", text)},
		},
		storage.Table{Name: "notes", ID: "id", Columns: []storage.Column{id, column("about_id", pointer), column("about", text), column("says", text)}},
	)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := in.Begin(t.Context(), storage.Fence{Scope: "one"})
	if err != nil {
		t.Fatal(err)
	}
	i, s, null := storage.IntValue, storage.TextValue, storage.Value{}
	for table, rows := range map[string][][]storage.Value{
		"nodes": {{i(7), null, s("top"), s("1")}, {i(9), i(7), s("below"), null}, {i(11), i(9), s("below"), s("3")}},
		"notes": {{i(1), i(9), s("node"), s("a")}, {i(2), i(9), s("node"), s("a")}, {i(3), i(8), s("node"), s("b")}, {i(4), i(1), s("notes"), s("c")}, {i(5), i(1), null, s("d")}},
	} {
		d, err := in.Describe(t.Context(), table)
		if err == nil {
			err = tx.Insert(t.Context(), table, d.Columns, slices.Values(rows))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	return in
}

func TestDump(t *testing.T) {
	t.Parallel()
	got, err := refreshtest.Dump(t.Context(), filled(t), []string{"nodes", "notes"}, &refreshtest.DumpOptions{
		Any:    []refreshtest.AnyColumn{{Table: "notes", Column: "about_id", Type: "about", Tables: map[string]string{"node": "nodes"}}},
		Unlike: map[string][]string{"nodes": {"seen"}},
		Keys:   map[string][]string{"notes": {"about_id", "says"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	below := `(up_id=(up_id=null name="top") name="below")`
	want := refreshtest.Tables{
		"nodes": {
			`up_id=null name="top"`:                      {"seen": "set"},
			`up_id=(up_id=null name="top") name="below"`: {},
			`up_id=` + below + ` name="below"`:           {"seen": "set"},
		},
		"notes": {
			`about_id=` + below + ` says="a"`:                     {"about": `"node"`},
			`about_id=` + below + ` says="a" #2`:                  {"about": `"node"`},
			`about_id=(nowhere) says="b"`:                         {"about": `"node"`},
			`about_id=(about_id=` + below + ` says="a") says="c"`: {"about": `"notes"`},
			`about_id=(nowhere) says="d"`:                         {},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("- wanted, + dumped:\n%s", diff)
	}
}

func TestDumpRefuses(t *testing.T) {
	t.Parallel()
	if _, err := refreshtest.Dump(t.Context(), filled(t), []string{"nodes", "nothing"}, nil); err == nil || !strings.Contains(err.Error(), `"nothing"`) {
		t.Errorf("the error is %v; it should name the table that there is not", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	t.Parallel()
	for says, h := range map[string]harness{
		"needs Declare, Open, Worlds and Parsers": {},
		`only "alone" is given`:                   func() harness { h := inventorytest.EstateHarness(); h.Managers = []string{"alone"}; return h }(),
		"one is nil":                              func() harness { h := inventorytest.EstateHarness(); h.Narrow = nil; return h }(),
	} {
		record(t, func(t testing.TB) { t.Helper(); refreshtest.Check(t, h) }).wantFailure(t, says)
	}
}
