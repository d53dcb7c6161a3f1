package bolt_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/examples/backend/bolt"
	"github.com/reeve-go/reeve/storage"
)

// A store works in a database that the host opens and closes.
func ExampleNew() {
	folder, err := os.MkdirTemp("", "bolt-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()
	db, err := bbolt.Open(filepath.Join(folder, "estate.db"), 0o600, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	store, err := bolt.New(db, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, key := context.Background(), storage.Key{Kind: "node", ID: "n-17"}
	answers, err := store.Apply(ctx, []storage.Change{{Key: key, Record: storage.Record{State: "waiting"}}})
	fmt.Println(answers, err)
	seen, err := store.Load(ctx, []storage.Key{key})
	fmt.Println(seen[0].State, seen[0].Version, err)
	// Output:
	// [<nil>] <nil>
	// waiting 1 <nil>
}
