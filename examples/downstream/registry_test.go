package downstream_test

import (
	"strconv"
	"sync/atomic"
	"testing"

	"example.com/downstream"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/fsm/fsmtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// kept is a certificate of a registry, for the kit to drive.
type kept struct {
	t        testing.TB
	registry *downstream.Registry
	id       string
}

func (k kept) State() downstream.State {
	r, err := k.registry.Get(k.t.Context(), k.id)
	if err != nil {
		k.t.Fatal(err)
	}
	return r.State
}

func (k kept) Fire(e downstream.Event) error {
	return downstream.Happen(k.t.Context(), k.registry, k.id, e)
}

func TestRegistryLivesAsItsLifeSays(t *testing.T) {
	t.Parallel()
	registry, err := downstream.NewRegistry(memory.New(nil))
	if err != nil {
		t.Fatal(err)
	}
	ids := 0
	fsmtest.Drive(t, fsm.MustCompile(downstream.Life), func(downstream.State) fsmtest.Entity[downstream.State, downstream.Event] {
		ids++
		k := kept{t, registry, strconv.Itoa(ids)}
		if err := registry.Create(t.Context(), k.id, downstream.Entry{}); err != nil {
			t.Fatal(err)
		}
		return k
	})
}

// A store of the program's own keeps what a store promises.
func TestAuditedStore(t *testing.T) {
	t.Parallel()
	var made atomic.Int64
	t.Cleanup(func() {
		if made.Load() == 0 {
			t.Error("no change was counted")
		}
	})
	storagetest.Run(t, storagetest.Harness{
		Virtual: true,
		New: func(testing.TB) storagetest.Backend {
			s := &downstream.Audited{Store: memory.New(nil), Made: func(n int) { made.Add(int64(n)) }}
			return storagetest.Backend{Store: s, Open: func(testing.TB) storage.Store { return s }}
		},
	})
}
