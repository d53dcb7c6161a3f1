package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A gatedInventory is one whose saves can be held back, and that sees which go on at once.
type gatedInventory struct {
	storage.Inventory

	hold func() // before a save begins; nil: none is held back

	mu      sync.Mutex
	open    map[string]int
	most    int
	begins  []error
	failing error // what saves end with; nil: they do not
}

// fail has saves fail from now on.
func (g *gatedInventory) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failing = err
}

func (g *gatedInventory) Begin(ctx context.Context, f storage.Fence) (storage.InventoryTx, error) {
	if g.hold != nil {
		g.hold()
	}
	tx, err := g.Inventory.Begin(context.WithoutCancel(ctx), f) // as if ctx had ended a moment later
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil && g.failing != nil {
		return nil, errors.Join(g.failing, tx.Close())
	}
	g.begins = append(g.begins, err)
	if err != nil {
		return nil, err
	}
	if g.open == nil {
		g.open = map[string]int{}
	}
	g.open[f.Scope]++
	g.most = max(g.most, g.open[f.Scope])
	return &gatedTx{tx, g, f.Scope}, nil
}

type gatedTx struct {
	storage.InventoryTx

	of    *gatedInventory
	scope string
}

func (t *gatedTx) Close() error {
	t.of.mu.Lock()
	t.of.open[t.scope]--
	t.of.mu.Unlock()
	return t.InventoryTx.Close()
}

// gate puts a gate before the inventory of a post.
func (p *post) gate() *gatedInventory {
	p.Helper()
	g := &gatedInventory{Inventory: p.inventory}
	var err error
	p.persister, err = refresh.NewPersister(declare, g, nil)
	p.ok(err)
	p.refresher = p.another(nil)
	return g
}

// A program that stalls in its save, until its lease is lost and another has done its work, cannot write any more.
func TestAStaleSaveIsRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		g := p.gate()
		ctx, cancel := context.WithCancel(context.Background()) // the first program is cut off from the store
		cut := &cutStore{Store: p.store}
		first := *p
		first.store = cut
		first.refresher = first.another(nil)
		first.superviseAs(first.refresher, &supervision.Options{Lease: 10 * time.Second})

		p.cloud.set("east", "a", "h1")
		stalled := make(chan struct{})
		g.hold = func() {
			if cut.cut.CompareAndSwap(false, true) {
				close(stalled)
				<-ctx.Done()
			}
		}
		p.ok(p.refresher.Add(p.Context(), "east"))
		<-stalled
		p.cloud.set("east", "a", "h2")
		p.supervise(&supervision.Options{Lease: 10 * time.Second})
		time.Sleep(time.Minute)
		p.await("east")
		cancel()
		time.Sleep(time.Minute)
		if diff := cmp.Diff([]string{"a@h2"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.begins) != 2 || g.begins[0] != nil || !errors.Is(g.begins[1], storage.ErrLeaseLost) {
			p.Errorf("the saves went %v; the one that stalled has to be refused", g.begins)
		}
	})
}

// Several programs on one store and one inventory: of each manager one save at a time, and each change that is asked
// for is there when the manager rests.
func TestReplicas(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) { rapid.SyncTest(rt, replicas) })
}

func replicas(rt *rapid.T) {
	p := newPost(rt, nil)
	g := p.gate()
	managers := []string{"east", "west"}
	p.cloud.be(func(c *fakeCloud) { c.quick = 3 * time.Second })
	for _, m := range managers {
		p.cloud.be(func(c *fakeCloud) { c.slow[m] = 20 * time.Second })
		p.ok(p.refresher.Add(p.Context(), m))
	}
	running := map[int]func(){}
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(rt, "which") }
	rt.Repeat(map[string]func(*rapid.T){
		"start": func(*rapid.T) {
			n := len(running)
			if n < 3 {
				running[n] = p.superviseAs(p.another(nil), &supervision.Options{Lease: 5 * time.Second})
			}
		},
		"stop": func(*rapid.T) {
			if n := len(running) - 1; n >= 0 {
				running[n]()
				delete(running, n)
			}
		},
		"change": func(*rapid.T) {
			m, vm := pick(managers...), pick("a", "b", "c", "d", "e", "f")
			if rapid.Bool().Draw(rt, "gone") {
				p.cloud.unset(m, vm)
			} else {
				p.cloud.set(m, vm, pick("h1", "h2", "h3"))
			}
			p.ok(p.refresher.Request(p.Context(), m, p.targets(vm)))
		},
		"everything": func(*rapid.T) { p.ok(p.refresher.Request(p.Context(), pick(managers...), nil)) },
		"break": func(*rapid.T) {
			m := pick(managers...)
			if p.cloud.broken[m] == nil {
				p.cloud.be(func(c *fakeCloud) { c.broken[m] = errors.New("it is down") })
			} else {
				p.cloud.be(func(c *fakeCloud) { delete(c.broken, m) })
			}
		},
		"wait": func(*rapid.T) { time.Sleep(time.Duration(rapid.IntRange(1, 30_000).Draw(rt, "ms")) * time.Millisecond) },
	})
	p.cloud.be(func(c *fakeCloud) { clear(c.broken) })
	last := p.superviseAs(p.another(nil), nil)
	time.Sleep(15 * time.Minute) // more than the longest wait after a failure
	for _, m := range managers {
		p.await(m)
		var want []string
		for vm, host := range p.cloud.vms[m] {
			want = append(want, fmt.Sprintf("%s@%s", vm, host))
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, p.vms(m)); diff != "" {
			rt.Errorf("manager %s (- cloud, + inventory):\n%s", m, diff)
		}
	}
	for _, stop := range running {
		stop()
	}
	last()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.most > 1 {
		rt.Errorf("%d saves of a manager went on at once", g.most)
	}
	if p.cloud.open != 0 {
		rt.Errorf("%d collectors were not closed", p.cloud.open)
	}
}

// A cutStore is a store that a program does not reach any more, once it is cut.
type cutStore struct {
	storage.Store

	cut atomic.Bool
}

var errCut = errors.New("the store is not to be reached")

func (s *cutStore) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	if s.cut.Load() {
		return nil, errCut
	}
	return s.Store.Extend(ctx, leases)
}

func (s *cutStore) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	if s.cut.Load() {
		return nil, errCut
	}
	return s.Store.Claim(ctx, c)
}

func (s *cutStore) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	if s.cut.Load() {
		return nil, errCut
	}
	return s.Store.Take(ctx, c)
}

func (s *cutStore) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	if s.cut.Load() {
		return errCut
	}
	return s.Store.Release(ctx, leases, after)
}

// Records that were restored from an older copy are not behind the inventory.
func TestRestoredRecordsGoOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPost(t, nil)
		p.cloud.set("east", "a", "h1")
		stop := p.supervise(nil)
		p.ok(p.refresher.Add(p.Context(), "east"))
		for range 5 {
			p.ok(p.refresher.Request(p.Context(), "east", nil))
			p.await("east")
		}
		stop()
		p.store = memory.New(nil) // as of before there was a manager
		p.refresher = p.another(nil)
		p.supervise(nil)
		p.cloud.set("east", "a", "h2")
		p.ok(p.refresher.Add(p.Context(), "east"))
		p.await("east")
		if diff := cmp.Diff([]string{"a@h2"}, p.vms("east")); diff != "" {
			p.Error(diff)
		}
	})
}
