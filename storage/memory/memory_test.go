package memory_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/storage/storagetest"
)

func TestStore(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, storagetest.Harness{
		Virtual: true,
		New: func(testing.TB) storagetest.Backend {
			m := memory.New(nil)
			return storagetest.Backend{Store: m, Open: func(testing.TB) storage.Store { return m }}
		},
	})
}

func TestLocker(t *testing.T) {
	t.Parallel()
	storagetest.RunLocker(t, storagetest.LockerHarness{
		Virtual: true,
		New: func(testing.TB) storagetest.LockerBackend {
			l := memory.NewLocker()
			return storagetest.LockerBackend{Locker: l, Open: func(testing.TB) storage.Locker { return l }}
		},
	})
}

func BenchmarkStore(b *testing.B) {
	storagetest.Bench(b, storagetest.Harness{New: func(testing.TB) storagetest.Backend {
		return storagetest.Backend{Store: memory.New(nil)}
	}})
}

// A store on memory is ready at once.
func ExampleNew() {
	ctx, store := context.Background(), memory.New(nil)
	key := storage.Key{Kind: "node", ID: "n-17"}
	answers, err := store.Apply(ctx, []storage.Change{{Key: key, Record: storage.Record{State: "waiting"}}})
	fmt.Println(answers, err)
	seen, err := store.Load(ctx, []storage.Key{key})
	fmt.Println(seen[0].State, seen[0].Version, err)
	// Output:
	// [<nil>] <nil>
	// waiting 1 <nil>
}
