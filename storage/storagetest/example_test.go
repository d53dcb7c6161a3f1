package storagetest_test

import (
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// A backend's test is a few lines.
func ExampleRun() {
	var t *testing.T // the test's own

	storagetest.Run(t, storagetest.Harness{
		Virtual: true,
		New: func(testing.TB) storagetest.Backend {
			return storagetest.Backend{Store: memory.New(nil)}
		},
	})
}

// So is a locker's.
func ExampleRunLocker() {
	var t *testing.T // the test's own

	storagetest.RunLocker(t, storagetest.LockerHarness{
		Virtual: true,
		New: func(testing.TB) storagetest.LockerBackend {
			return storagetest.LockerBackend{Locker: memory.NewLocker()}
		},
	})
}

// And so is a benchmark.
func ExampleBench() {
	var b *testing.B // the benchmark's own

	storagetest.Bench(b, storagetest.Harness{
		Virtual: true,
		New: func(testing.TB) storagetest.Backend {
			return storagetest.Backend{Store: memory.New(nil)}
		},
	})
}

// An inventory's test makes the tables that it is given.
func ExampleRunInventory() {
	var t *testing.T // the test's own

	storagetest.RunInventory(t, storagetest.InventoryHarness{
		New: func(t testing.TB, tables []storage.Table) storagetest.InventoryBackend {
			in, err := memory.NewInventory(tables...)
			if err != nil {
				t.Fatal(err)
			}
			return storagetest.InventoryBackend{Inventory: in}
		},
	})
}
