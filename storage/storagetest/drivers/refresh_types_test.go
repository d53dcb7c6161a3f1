package drivers

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// SQLite takes any value in any column. What is not of the column's type, because another program put it there, is an error
// that says where it is, and not a zero.
func TestRefreshOfWrongTypes(t *testing.T) {
	t.Parallel()
	type item struct {
		Ref  string `reeve:"ref,key"`
		Many int    `reeve:"many"`
	}
	type items = *refresh.Collection[item]
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, withReferences(filepath.Join(t.TempDir(), "estate.db")))
		createTable(t, db, storage.Table{Name: "items", ID: "id", Unique: [][]string{{"manager", "ref"}}, Columns: []storage.Column{
			{Name: "id", Type: storage.IntType},
			{Name: "manager", Type: storage.TextType},
			{Name: "ref", Type: storage.TextType},
			{Name: "many", Type: storage.IntType, Null: true},
		}}, "")
		p, err := refresh.NewPersister(func(b *refresh.Builder) items { return refresh.Add[item](b, "items", nil) }, storeOn(t, db, sqlite.Options{}), nil)
		if err != nil {
			t.Fatal(err)
		}
		save := func() error {
			r, err := p.Open(t.Context(), "one", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Inventory.Build(item{"a", 7})
			_, err = r.Save(t.Context(), 0)
			return err
		}
		if err := save(); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), "UPDATE items SET many = 'abc'"); err != nil {
			t.Fatal(err)
		}
		err = save()
		if !errors.Is(err, storage.ErrInvalid) {
			t.Fatalf("a text in a column of integers: %v; want storage.ErrInvalid", err)
		}
		for _, word := range []string{`collection "items"`, `table "items"`, `column "many"`, `"abc"`} {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%q does not say %s", err, word)
			}
		}
	})
}
