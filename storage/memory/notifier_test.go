package memory_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/hinttest"
	"github.com/reeve-go/reeve/storage/memory"
)

func TestHints(t *testing.T) {
	t.Parallel()
	hinttest.Run(t, func(*testing.T) storage.Store { return memory.New(nil) })
}

// A hint may ask the store: no lock is held that it would wait for.
func TestHintIsUnderNoLock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, seen := memory.New(nil), []uint64(nil)
		key := storage.Key{Kind: "node", ID: "n-17"}
		go func() {
			_ = store.Listen(t.Context(), func(storage.Hint) {
				found, err := store.Load(context.WithoutCancel(t.Context()), []storage.Key{key})
				if err != nil || len(found) != 1 {
					t.Errorf("after a hint: %+v, %v", found, err)
				}
				seen = append(seen, found[0].Version)
			})
		}()
		synctest.Wait()
		c := storage.Change{Key: key, Record: storage.Record{State: "waiting"}, Emit: []storage.Effect{{ID: "e", Key: "k", Name: "boot"}}}
		answers, err := store.Apply(t.Context(), []storage.Change{c})
		if err != nil || answers[0] != nil || !slices.Equal(seen, []uint64{0, 1}) {
			t.Errorf("%v, %v, and hints at versions %d; want one before the record is there and one after", answers, err, seen)
		}
	})
}
