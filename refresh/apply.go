package refresh

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// A writer makes a plan true in a transaction.
type writer struct {
	*Plan

	tx     storage.InventoryTx
	tables map[string]*storage.Table
	steps  []placed
	report func(Progress)
	check  bool // the rows have to be as the plan has them
	places map[string]int
	of     []*written
	late   int // collections up to this one are deleted from in the end
	lots   map[[2]string]*lot
}

// written is what a writer knows of a collection.
type written struct {
	inserted []bool // of the rows that are created, whether they are there by now
	late     []bool // whether they lack references to rows that were not there when they were created

	removed  map[storage.Value]struct{} // what is deleted, if others point at it
	points   map[string][]pointedAtGone // the columns that can point at what is deleted
	unique   [][]storage.Column         // the columns of indexes whose values rows can take over from each other
	parked   parked                     // rows whose unique values others take
	early    bool                       // what does not depend on rows that are created is updated
	pointing bool                       // rows are updated to point at those that are created later
	tally    tally
}

// A pass is what a writer does to one collection after the other.
type pass struct {
	doing string // in errors
	do    func(ctx context.Context, n int) error
	back  bool // in the order in which children come before what they belong to
}

// write makes the plan true. What is deleted is first pointed at by nothing, and is deleted before other
// rows get what has to be unique. What is created comes in the order of the graph, with the steps at their places, and
// references to rows that are not there yet are set as soon as they are. A column that cannot be null and points at what
// is deleted until then delays its deletion, and that of what comes before it in the graph.
func (w *writer) write(ctx context.Context) error {
	if err := w.guarded(); err != nil {
		return err
	}
	w.begin()
	if w.check {
		if err := w.current(ctx); err != nil {
			return err
		}
	}
	end := len(w.Collections)
	err := w.run(ctx, 0, end,
		pass{doing: "reserving ids", do: w.reserve},
		pass{doing: "reading what is deleted", do: w.remember},
		pass{doing: "clearing references to what is deleted", do: w.unlink},
		pass{doing: "parking", do: w.parkLate},
		pass{doing: "archiving", do: w.archive},
		pass{doing: "deleting", do: w.delete, back: true},
	)
	if err == nil {
		err = w.fill(ctx)
	}
	if err == nil {
		err = w.run(ctx, 0, end, pass{doing: "deleting", do: w.deleteLate, back: true})
	}
	if err == nil {
		err = w.touch(ctx)
	}
	if err == nil {
		w.reportAll()
	}
	return err
}

func (w *writer) begin() {
	w.places, w.of, w.late = make(map[string]int, len(w.Collections)), make([]*written, len(w.Collections)), -1
	for n, of := range w.Collections {
		w.places[of.Name] = n
		w.of[n] = &written{unique: w.uniqueIn(of), tally: tally{w.report, Progress{Manager: w.Manager, Phase: Writing, Collection: of.Name, Of: of.changes()}}}
	}
}

// run does passes, each over the collections from one place to another.
func (w *writer) run(ctx context.Context, from, to int, passes ...pass) error {
	for _, pass := range passes {
		for n := from; n < to; n++ {
			at := n
			if pass.back {
				at = from + to - 1 - n
			}
			if err := pass.do(ctx, at); err != nil {
				return fmt.Errorf("refresh: %s rows of collection %q of manager %q: %w", pass.doing, w.Collections[at].Name, w.Manager, err)
			}
		}
	}
	return nil
}

// fill updates and creates rows, and does the steps.
func (w *writer) fill(ctx context.Context) error {
	steps := w.steps
	for n := 0; ; n++ {
		for len(steps) > 0 && w.placeOf(&steps[0]) <= n {
			if err := steps[0].do(ctx, w.tx, w.Plan); err != nil {
				return err
			}
			steps = steps[1:]
		}
		if n == len(w.Collections) {
			return nil
		}
		next := len(w.Collections)
		if len(steps) > 0 {
			next = w.placeOf(&steps[0])
		}
		if err := w.fillOne(ctx, n, next); err != nil {
			return err
		}
	}
}

// fillOne updates and creates the rows of a collection, and sets the references to them that had to wait. Before it creates
// any it updates the rows of other collections that are in the same table, if they come before the next step: they may
// have what has to be unique.
func (w *writer) fillOne(ctx context.Context, n, next int) error {
	err := w.run(ctx, n, n+1, pass{doing: "parking", do: w.park}, pass{doing: "updating", do: w.update})
	for m := n + 1; m < next && err == nil; m++ {
		if w.Collections[n].Inserts > 0 && w.Collections[m].Table == w.Collections[n].Table {
			err = w.run(ctx, m, m+1, pass{doing: "parking", do: w.park}, pass{doing: "updating", do: w.updateEarly})
		}
	}
	if err == nil {
		err = w.run(ctx, n, n+1, pass{doing: "creating", do: w.insert})
	}
	if err != nil {
		return err
	}
	return w.run(ctx, 0, n+1, pass{doing: "setting references", do: func(ctx context.Context, of int) error {
		if w.linkable(of) != n {
			return nil
		}
		return w.link(ctx, of)
	}})
}

// placeOf returns how many collections are written before a step.
func (w *writer) placeOf(s *placed) (place int) {
	for _, name := range s.before {
		if n, there := w.places[name]; there {
			place = max(place, n+1)
		}
	}
	return place
}
