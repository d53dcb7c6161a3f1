package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

type (
	place struct {
		Ref string `reeve:"ref,key"`
	}
	object struct {
		Ref   string             `reeve:"ref,key"`
		Place refresh.Ref[place] `reeve:"place_id"`
	}
	branch struct {
		Ref   string              `reeve:"ref,key"`
		Above refresh.Ref[branch] `reeve:"above_id"`
	}
	// A last row is never built: when its table is looked at all others are linked.
	last struct {
		Ref string `reeve:"ref,key"`
	}
)

// A linkInventory is objects in places, or a tree.
type linkInventory struct {
	places   *refresh.Collection[place]
	objects  *refresh.Collection[object]
	branches *refresh.Collection[branch]
}

func declareLinks(b *refresh.Builder) *linkInventory {
	inv := &linkInventory{
		places:   refresh.Add[place](b, "places", nil),
		objects:  refresh.Add[object](b, "objects", nil),
		branches: refresh.Add[branch](b, "branches", nil),
	}
	refresh.Add[last](b, "last", &refresh.CollectionOptions{After: []string{"places", "objects", "branches"}})
	return inv
}

// Links build objects by their names.
type links func(inv *linkInventory, names []string)

const perPlace = 20

func inPlaces(inv *linkInventory, names []string) {
	for i := range len(names) / perPlace {
		inv.places.Build(place{names[i]})
	}
	for i, name := range names {
		inv.objects.Build(object{name, inv.places.LazyFind(names[i/perPlace])})
	}
}

func inTree(inv *linkInventory, names []string) {
	for i, name := range names {
		b := branch{Ref: name}
		if i > 0 {
			b.Above = inv.branches.LazyFind(names[i/2])
		}
		inv.branches.Build(b)
	}
}

// A linkMeter begins to measure, and notes what n objects took when it is called again.
type linkMeter func() (linked func(n int))

func timeOf(to *notes) linkMeter {
	return func() func(n int) {
		before := cpuTime()
		return func(n int) { to.add(float64(cpuTime()-before) / float64(n)) }
	}
}

func heldBy(to *notes) linkMeter {
	return func() func(n int) {
		before := heldNow()
		return func(n int) { to.add(float64(heldNow()-before) / float64(n)) }
	}
}

// heldNow returns what the heap holds.
func heldNow() int64 {
	runtime.GC()
	return int64(memStats().HeapAlloc) //nolint:gosec // there is not so much memory
}

func linking(build links, m linkMeter) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		names := make([]string, s.size(1_000_000, 20_000))
		for i := range names {
			names[i] = fmt.Sprintf("object-%07d", i)
		}
		text := func(name string) storage.Column {
			return storage.Column{Name: name, Type: storage.TextType, Null: true}
		}
		table := func(name, points string) storage.Table {
			t := storage.Table{
				Name: name, ID: "id", Unique: [][]string{{"manager", "ref"}},
				Columns: []storage.Column{{Name: "id", Type: storage.IntType}, text("manager"), text("ref")},
			}
			if points != "" {
				t.Columns = append(t.Columns, storage.Column{Name: points, Type: storage.IntType, Null: true})
			}
			return t
		}
		tables, err := memory.NewInventory(table("places", ""), table("objects", "place_id"), table("branches", "above_id"), table("last", ""))
		if err != nil {
			return sides{}, err
		}
		store := &looking{Inventory: tables}
		p, err := refresh.NewPersister(declareLinks, store, nil)
		if err != nil {
			return sides{}, err
		}
		return sides{ours: func(n int) error {
			for range n {
				if err := linkOnce(ctx, p, store, func(inv *linkInventory) { build(inv, names) }, m, len(names)); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
}

func linkOnce(ctx context.Context, p *refresh.Persister[*linkInventory], store *looking, build func(*linkInventory), m linkMeter, n int) (err error) {
	r, err := p.Open(ctx, "one", nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	linked := m()
	store.atLast = func() { linked(n) }
	build(r.Inventory)
	plan, err := r.Plan(ctx)
	if err != nil {
		return err
	}
	return plan.Close()
}

// Looking tells when the table of the last collection is looked at.
type looking struct {
	storage.Inventory

	atLast func()
}

// View returns a view that tells.
func (l *looking) View(ctx context.Context) (storage.InventoryView, error) {
	v, err := l.Inventory.View(ctx)
	return lookingView{v, l.atLast}, err
}

type lookingView struct {
	storage.InventoryView

	atLast func()
}

// Rows tells.
func (v lookingView) Rows(ctx context.Context, q storage.RowQuery) iter.Seq2[[]storage.Value, error] {
	if q.Table == "last" {
		v.atLast()
	}
	return v.InventoryView.Rows(ctx, q)
}
