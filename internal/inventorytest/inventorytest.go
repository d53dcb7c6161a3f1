// Package inventorytest holds what refreshes must do on every inventory, whatever keeps its rows, also where others
// write to its tables, where the database fails and where processes are killed. The tests of refresh run it on memory,
// those of the stores on their own.
package inventorytest

import (
	"strings"

	"github.com/reeve-go/reeve/internal/altertest"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// An Opener opens an inventory of its own at each call, with these tables, all of them empty. What it must give back
// it does with t.Cleanup.
type Opener func(t refreshtest.TB, tables []storage.Table) storage.Inventory

// InMemory opens an inventory in memory.
func InMemory(t refreshtest.TB, tables []storage.Table) storage.Inventory {
	t.Helper()
	in, err := memory.NewInventory(tables...)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return in
}

// Careless opens an inventory in memory that does not look where its rows point.
func Careless(t refreshtest.TB, tables []storage.Table) storage.Inventory {
	t.Helper()
	references := map[string]map[string]string{}
	for i := range tables {
		references[tables[i].Name], tables[i].References = tables[i].References, nil
	}
	return altertest.New(InMemory(t, tables), altertest.Alter{Describe: func(t *storage.Table) { t.References = references[t.Name] }})
}

// columns returns the columns of a table: its id, texts, and integers, all of which but the id can be null.
func columns(id, texts, numbers string) (out []storage.Column) {
	if id != "" {
		out = append(out, storage.Column{Name: id, Type: storage.IntType})
	}
	for name := range strings.FieldsSeq(texts) {
		out = append(out, storage.Column{Name: name, Type: storage.TextType, Null: true})
	}
	for name := range strings.FieldsSeq(numbers) {
		out = append(out, storage.Column{Name: name, Type: storage.IntType, Null: true})
	}
	return out
}
