package memory_test

import (
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/storage/storagetest"
)

func TestInventory(t *testing.T) {
	t.Parallel()
	storagetest.RunInventory(t, storagetest.InventoryHarness{New: func(t testing.TB, tables []storage.Table) storagetest.InventoryBackend {
		t.Helper()
		in, err := memory.NewInventory(tables...)
		if err != nil {
			t.Fatal(err)
		}
		return storagetest.InventoryBackend{Inventory: in, Open: func(testing.TB) storage.Inventory { return in }}
	}})
}

func TestNewInventoryRefuses(t *testing.T) {
	t.Parallel()
	id := []storage.Column{{Name: "id", Type: storage.IntType}, {Name: "to", Type: storage.IntType}}
	for words, tables := range map[string][]storage.Table{
		`"a" is given twice`:                   {{Name: "a"}, {Name: "a"}},
		`"a" has no column "nothing"`:          {{Name: "a", ID: "nothing"}},
		`"b" has no column "nothing"`:          {{Name: "b", Columns: id, Unique: [][]string{{"id", "nothing"}}}},
		`"c" has no column "nothing"`:          {{Name: "c", ID: "id", Columns: id, References: map[string]string{"nothing": "c"}}},
		`points at table "b", which has no id`: {{Name: "a", Columns: id, References: map[string]string{"to": "b"}}, {Name: "b", Columns: id}},
		`points at table "gone", which has no`: {{Name: "a", Columns: id, References: map[string]string{"to": "gone"}}},
	} {
		if _, err := memory.NewInventory(tables...); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("the error is %v; it must say %s", err, words)
		}
	}
}
