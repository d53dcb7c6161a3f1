package storage_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

// A save is a transaction in a scope. Who comes with the token of a lease that has been lost is refused.
func ExampleInventory() {
	ctx := context.Background()
	inventory, err := memory.NewInventory(storage.Table{
		Name: "vms", ID: "id",
		Columns: []storage.Column{{Name: "id", Type: storage.IntType}, {Name: "ems_ref", Type: storage.TextType}},
		Unique:  [][]string{{"ems_ref"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	tx, err := inventory.Begin(ctx, storage.Fence{Scope: "manager 1", Token: 7})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = tx.Close() }()
	ids, err := tx.Reserve(ctx, "vms", 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := [][]storage.Value{{ids[0], storage.TextValue("vm-1")}}
	err = tx.Insert(ctx, "vms", []storage.Column{{Name: "id"}, {Name: "ems_ref"}}, slices.Values(rows))
	if err := errors.Join(err, tx.Commit(ctx)); err != nil {
		fmt.Println(err)
		return
	}

	_, err = inventory.Begin(ctx, storage.Fence{Scope: "manager 1", Token: 6})
	fmt.Println(errors.Is(err, storage.ErrLeaseLost))
	// Output: true
}

// A value has one form a type, so that what a collector says and what a database gives can be compared.
func ExampleValue_As() {
	facts, _ := storage.TextValue(`{ "b": 1.50, "a": [1e2] }`).As(storage.JSONType)
	price, _ := storage.TextValue("007.500").As(storage.NumericType)
	_, err := storage.TextValue("noon").As(storage.TimeType)
	fmt.Println(facts.Text(), price.Text())
	fmt.Println(err)
	// Output:
	// {"a":[100],"b":1.5} 7.5
	// storage: "noon" is not a time
}
