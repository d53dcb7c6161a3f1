package refresh

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A writer makes a plan true in a transaction.
type writer struct {
	*Plan

	tx     storage.InventoryTx
	check  bool // the rows have to be as the plan has them
	places map[string]int
	of     []*written
	late   int // collections up to this one are deleted from in the end
}

// written is what a writer knows of a collection.
type written struct {
	rows     []int32         // that are created, in order
	ids      []storage.Value // theirs
	inserted []bool          // whether they are there by now
	late     []bool          // whether they lack references to rows that were not there when they were created

	removed  map[storage.Value]struct{} // what is deleted, if others point at it
	parked   parked                     // rows whose unique values others take
	pointing bool                       // rows are updated to point at those that are created
}

// A step is a part of what a writer does, for one collection.
type step struct {
	doing string // in errors
	do    func(ctx context.Context, n int) error
	back  bool // the collections in the order in which children come before what they belong to
}

// write makes the plan true. What is deleted is first pointed at by nothing, and is deleted before other
// rows get what has to be unique. What is created comes in the order of the graph, and references to
// rows that are not there yet are set in the end. A column that cannot be null and points at what is deleted until
// then delays its deletion, and that of what comes before it in the graph.
func (p *Plan) write(ctx context.Context, tx storage.InventoryTx, check bool) error {
	w := &writer{Plan: p, tx: tx, check: check, places: map[string]int{}, of: make([]*written, len(p.Collections)), late: -1}
	for n, of := range p.Collections {
		w.places[of.Name] = n
		w.of[n] = &written{}
	}
	if check {
		if err := w.current(ctx); err != nil {
			return err
		}
	}
	for _, step := range []step{
		{doing: "reserving ids", do: w.reserve},
		{doing: "reading what is deleted", do: w.remember},
		{doing: "clearing references to what is deleted", do: w.unlink},
		{doing: "parking", do: w.parkLate},
		{doing: "archiving", do: w.archive},
		{doing: "deleting", do: w.delete, back: true},
		{doing: "parking", do: w.park},
		{doing: "updating", do: w.update},
		{doing: "creating", do: w.insert},
		{doing: "setting references", do: w.link},
		{doing: "deleting", do: w.deleteLate, back: true},
	} {
		for n := range p.Collections {
			if step.back {
				n = len(p.Collections) - 1 - n
			}
			if err := step.do(ctx, n); err != nil {
				return fmt.Errorf("refresh: %s rows of collection %q of manager %q: %w", step.doing, p.Collections[n].Name, p.Manager, err)
			}
		}
	}
	return w.touch(ctx)
}

// reserve gives ids to the rows that are created.
func (w *writer) reserve(ctx context.Context, n int) (err error) {
	of, to := w.Collections[n], w.of[n]
	if of.Inserts == 0 {
		return nil
	}
	to.rows = make([]int32, 0, of.Inserts)
	own := make(map[int32]storage.Value) // where the id is a field
	for c, err := range w.changesOf(Insert, n) {
		if err != nil {
			return err
		}
		to.rows = append(to.rows, c.Row)
		if i := slices.IndexFunc(c.Columns, func(column ColumnChange) bool { return column.Column == of.ID }); i >= 0 {
			own[c.Row] = c.Columns[i].New
		}
	}
	slices.Sort(to.rows)
	if len(slices.Compact(slices.Clone(to.rows))) != of.Inserts {
		return fmt.Errorf("%w: the plan creates a row twice, or not as many as it says", storage.ErrInvalid)
	}
	to.inserted, to.late = make([]bool, of.Inserts), make([]bool, of.Inserts)
	switch {
	case of.ID == "":
		to.ids = make([]storage.Value, of.Inserts)
	case len(own) > 0:
		for _, row := range to.rows {
			to.ids = append(to.ids, own[row])
		}
	default:
		to.ids, err = w.tx.Reserve(ctx, of.Table, of.Inserts)
	}
	return err
}

// find returns where a row that is created is among those of its collection.
func (w *written) find(row int32) (int, bool) { return slices.BinarySearch(w.rows, row) }

// remember notes what is deleted of a collection at whose rows others point.
func (w *writer) remember(_ context.Context, n int) error {
	of := w.Collections[n]
	if of.Deletes == 0 || !slices.ContainsFunc(w.Collections, func(from *CollectionPlan) bool {
		return (w.check || from.Updates > 0) && slices.ContainsFunc(from.Points, func(p PointingColumn) bool { return p.pointsAt(of) })
	}) {
		return nil
	}
	w.of[n].removed = make(map[storage.Value]struct{}, of.Deletes)
	for c, err := range w.changesOf(Delete, n) {
		if err != nil {
			return err
		}
		w.of[n].removed[c.ID] = struct{}{}
	}
	return nil
}

func (p *PointingColumn) pointsAt(of *CollectionPlan) bool {
	_, at := p.To[of.Name]
	return at
}

// pointing returns what is known of a column that points at rows; nil: it does not.
func (n *CollectionPlan) pointing(column string) *PointingColumn {
	if i := slices.IndexFunc(n.Points, func(p PointingColumn) bool { return p.Column == column }); i >= 0 {
		return &n.Points[i]
	}
	return nil
}

// pointsAtRemoved reports whether a column pointed at a row that is deleted, and of which collection that is. If that
// depends on another column, it may have pointed at a row with the same id.
func (w *writer) pointsAtRemoved(n int, c *ColumnChange) (place int, removed bool) {
	p := w.Collections[n].pointing(c.Column)
	if p == nil {
		return 0, false
	}
	for place, of := range w.Collections {
		if _, removed := w.of[place].removed[c.Old]; removed && p.pointsAt(of) {
			return place, true
		}
	}
	return 0, false
}

// unlink takes references away from what is deleted: they are set to what they are to be, or to null if that
// is created later.
func (w *writer) unlink(ctx context.Context, n int) error {
	of := w.Collections[n]
	err := w.updateColumns(ctx, n, Delete, all, plainly)
	if err != nil || len(of.Points) == 0 {
		return err
	}
	chosen := func(_ storage.Value, c *ColumnChange) bool {
		w.of[n].pointing = w.of[n].pointing || c.NewRow != nil
		at, removed := w.pointsAtRemoved(n, c)
		if removed && c.NewRow != nil && of.pointing(c.Column).Bound {
			w.late = max(w.late, at)
			return false
		}
		return removed
	}
	return w.updateColumns(ctx, n, Update, chosen, plainly)
}

// all chooses all columns.
func all(storage.Value, *ColumnChange) bool { return true }

// plainly says what a column was and is, of a change that has nothing to wait for.
func plainly(_ storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
	return c.Old, c.New, nil
}

func (w *writer) archive(ctx context.Context, n int) error {
	return w.updateColumns(ctx, n, Archive, all, plainly)
}

// update writes what does not depend on rows that are created.
func (w *writer) update(ctx context.Context, n int) error {
	return w.updateColumns(ctx, n, Update, func(_ storage.Value, c *ColumnChange) bool {
		w.of[n].pointing = w.of[n].pointing || c.NewRow != nil
		_, unlinked := w.pointsAtRemoved(n, c)
		return c.NewRow == nil && !unlinked
	}, func(id storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
		return w.of[n].parked.was(id, c), c.New, nil
	})
}

// link sets the references to rows that were created later, or together.
func (w *writer) link(ctx context.Context, n int) error {
	if w.of[n].pointing {
		err := w.updateColumns(ctx, n, Update, func(_ storage.Value, c *ColumnChange) bool { return c.NewRow != nil },
			func(_ storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
				if _, unlinked := w.pointsAtRemoved(n, c); unlinked && !w.Collections[n].pointing(c.Column).Bound {
					was = storage.Value{}
				} else {
					was = c.Old
				}
				is, err = w.value(c)
				return was, is, err
			})
		if err != nil {
			return err
		}
	}
	if !slices.Contains(w.of[n].late, true) {
		return nil
	}
	return w.updateColumns(ctx, n, Insert, func(_ storage.Value, c *ColumnChange) bool {
		return c.NewRow != nil && w.places[c.NewRow.Collection] >= n
	},
		func(_ storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
			is, err = w.value(c)
			return was, is, err
		})
}

// updateColumns updates the chosen columns of rows.
func (w *writer) updateColumns(
	ctx context.Context, n int, kind ChangeKind, chosen func(id storage.Value, c *ColumnChange) bool, values func(id storage.Value, c *ColumnChange) (was, is storage.Value, err error),
) error {
	of := w.Collections[n]
	return w.grouped(n, kind, chosen, func(columns []string, changes iter.Seq[*Change]) error {
		var broken error
		missed, err := w.tx.Update(ctx, of.Table, columnsNamed(columns...), func(yield func(storage.RowChange) bool) {
			for c := range changes {
				change := storage.RowChange{ID: w.idOf(n, c)}
				for i := range c.Columns {
					if !slices.Contains(columns, c.Columns[i].Column) {
						continue
					}
					var was, is storage.Value
					if was, is, broken = values(c.ID, &c.Columns[i]); broken != nil {
						return
					}
					change.New = append(change.New, is)
					if w.check && kind != Insert {
						change.Old = append(change.Old, was)
					}
				}
				if !yield(change) {
					return
				}
			}
		})
		switch {
		case broken != nil:
			return broken
		case err == nil && len(missed) > 0:
			return fmt.Errorf("%w: %d rows of table %q are not as the plan has them, the first with id %s; a new plan is right", storage.ErrConflict, len(missed), of.Table, missed[0])
		}
		return err
	})
}

// idOf returns the id of a row that is written. It is null if it has none.
func (w *writer) idOf(n int, c *Change) storage.Value {
	if c.Kind != Insert {
		return c.ID
	}
	if at, there := w.of[n].find(c.Row); there {
		return w.of[n].ids[at]
	}
	return storage.Value{}
}

// value returns what a column is to hold.
func (w *writer) value(c *ColumnChange) (storage.Value, error) {
	if c.NewRow == nil {
		return c.New, nil
	}
	if n, known := w.places[c.NewRow.Collection]; known {
		if at, there := w.of[n].find(c.NewRow.Row); there {
			return w.of[n].ids[at], nil
		}
	}
	return storage.Value{}, fmt.Errorf("%w: column %q points at row %d of %q, which the plan does not create", storage.ErrInvalid, c.Column, c.NewRow.Row, c.NewRow.Collection)
}

// columnsNamed returns columns of the table's own types.
func columnsNamed(names ...string) []storage.Column {
	out := make([]storage.Column, len(names))
	for i, name := range names {
		out[i].Name = name
	}
	return out
}
