package refresh

import (
	"context"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// References stand in the way of deleting and creating: what is deleted is first pointed at by nothing, and what points
// at rows that are created later is set once they are there.

// remember notes what is deleted of a collection at whose rows others point, and by which of their columns.
func (w *writer) remember(_ context.Context, n int) error {
	of := w.Collections[n]
	if of.Deletes == 0 {
		return nil
	}
	pointed := false
	for place, from := range w.Collections {
		for _, p := range from.Points {
			if !p.pointsAt(of) || !w.check && from.Updates == 0 {
				continue
			}
			pointed = true
			w.of[place].pointsAtGone(p.Column, pointedAtGone{place: n})
			if p.TypeIn != "" {
				w.of[place].pointsAtGone(p.TypeIn, pointedAtGone{n, storage.TextValue(p.To[of.Name])})
			}
		}
	}
	if !pointed {
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

// pointedAtGone is a collection from which rows are deleted at which a column can point: one of ids, or, if typ is not
// null, one of types that says typ then.
type pointedAtGone struct {
	place int
	typ   storage.Value
}

func (w *written) pointsAtGone(column string, at pointedAtGone) {
	if w.points == nil {
		w.points = map[string][]pointedAtGone{}
	}
	w.points[column] = append(w.points[column], at)
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

// pointsAtRemoved reports whether a column pointed at a row that is deleted, and of which collection that is. Rows of two
// collections can have one id, so that nothing but a column of types tells which was meant: it may have been another one.
func (w *writer) pointsAtRemoved(n int, c *ColumnChange) (place int, is bool) {
	for _, at := range w.of[n].points[c.Column] {
		if at.typ.IsNull() {
			_, is = w.of[at.place].removed[c.Old]
		} else {
			is = c.Old == at.typ
		}
		if is {
			return at.place, true
		}
	}
	return 0, false
}

// unlink takes references away from what is deleted.
func (w *writer) unlink(ctx context.Context, n int) error {
	err := w.updateColumns(ctx, n, w.changesOf(Delete, n), all, plainly)
	if err != nil || len(w.of[n].points) == 0 {
		return err
	}
	return w.updateColumns(ctx, n, w.changesOf(Update, n), func(_ storage.Value, c *ColumnChange) bool {
		how, at := w.unlinked(n, c)
		if how == inTheEnd {
			w.late = max(w.late, at)
		}
		return how == atOnce || how == byNull
	}, func(_ storage.Value, c *ColumnChange) (was, is storage.Value, err error) {
		if how, _ := w.unlinked(n, c); how == atOnce {
			is = c.New
		}
		return c.Old, is, nil
	})
}

// An unlinking is how a column is made not to point at what is deleted.
type unlinking uint8

const (
	notAtAll unlinking = iota // it does not point there
	atOnce                    // it gets its new value
	byNull                    // it is null until it can get it: what is created, or what is unique and another row may have
	inTheEnd                  // it can get it later only, and cannot be null, so that what it points at is deleted in the end
)

// unlinked returns how a column is unlinked, and from which collection.
func (w *writer) unlinked(n int, c *ColumnChange) (how unlinking, at int) {
	at, removed := w.pointsAtRemoved(n, c)
	if !removed {
		return notAtAll, 0
	}
	p := w.Collections[n].pointing(c.Column) // nil: it is a column of types
	switch {
	case p == nil, c.NewRow == nil && (c.New.IsNull() || !w.isUnique(n, c.Column)):
		return atOnce, at
	case p.Bound:
		return inTheEnd, at
	default:
		return byNull, at
	}
}

// linkable returns the place of the last collection at whose rows those of a collection can point, or its own.
func (w *writer) linkable(n int) int {
	last := n
	for _, p := range w.Collections[n].Points {
		for name := range p.To {
			last = max(last, w.places[name])
		}
	}
	return last
}

// link sets the references to rows that were created later, or together.
func (w *writer) link(ctx context.Context, n int) error {
	late := func(_ storage.Value, c *ColumnChange) bool {
		return c.NewRow != nil && w.places[c.NewRow.Collection] >= n
	}
	if w.of[n].pointing {
		if err := w.updateColumns(ctx, n, w.changesOf(Update, n), late, w.values(n)); err != nil {
			return err
		}
	}
	if !slices.Contains(w.of[n].late, true) {
		return nil
	}
	return w.updateColumns(ctx, n, w.changesOf(Insert, n), late, w.values(n))
}
