package refresh

import (
	"context"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A pointee is a row at which a plan lets a field point: its id and, if the plan says so, what is in the column of
// types.
type pointee struct {
	by *field
	id storage.Value
	in storage.Value
}

// note notes which rows a change is about and at which it lets others point: they have to be the manager's.
func (a *admission) note(c *Change, said map[string]*ColumnChange) {
	if c.Kind != Insert && c.Kind != touch {
		a.rows = append(a.rows, Change{ID: c.ID, key: slices.Clone(c.key)})
	}
	for column, to := range said {
		if f := a.writes[column]; f != nil && f.kind == refField && !to.New.IsNull() {
			at := pointee{by: f, id: to.New}
			if types := said[f.typeIn]; types != nil {
				at.in = types.New
			}
			a.pointed[at] = struct{}{}
		}
	}
}

// look looks for the rows that were noted, if there are so many.
func (a *admission) look(ctx context.Context, least int) error {
	if len(a.rows) >= least {
		if err := a.lookForRows(ctx); err != nil {
			return err
		}
	}
	if len(a.pointed) >= least {
		return a.lookForPointed(ctx)
	}
	return nil
}

// lookForRows demands that the rows are in the manager's scope, under the keys that the plan has.
func (a *admission) lookForRows(ctx context.Context) error {
	columns, tuple := a.state.columns[:1], func(c *Change) []storage.Value { return []storage.Value{c.ID} }
	if a.joins != nil {
		columns, tuple = a.columnsOf(a.shape.primary), func(c *Change) []storage.Value { return c.key }
	}
	wanted := make(map[string][]storage.Value, len(a.rows)) // the keys, by id
	tuples := make([][]storage.Value, 0, len(a.rows))
	for i := range a.rows {
		c := &a.rows[i]
		t := tuple(c)
		wanted[string(appendValues(nil, t))] = c.key
		tuples = append(tuples, t)
	}
	q := storage.RowQuery{
		Table: a.options.Table, Columns: a.state.columns, In: a.scopesOf(a.collection),
		Among: &storage.Among{Columns: columns, Tuples: tuples},
	}
	for values, err := range a.view.Rows(ctx, q) {
		if err != nil {
			return err
		}
		id := values[:1]
		if a.joins != nil {
			id = a.keyValues(values)
		}
		if key := string(appendValues(nil, id)); slices.Equal(wanted[key], a.keyValues(values)) {
			delete(wanted, key)
		}
	}
	a.rows = a.rows[:0]
	for _, key := range wanted {
		return conflictf("the row with the key %v is not there, or not the manager's; a new plan is right", key)
	}
	return nil
}

// lookForPointed demands that what the plan lets fields point at is in the manager's scope.
func (a *admission) lookForPointed(ctx context.Context) error {
	for _, f := range a.shape.fields {
		for _, at := range a.collection.targets[f.number] {
			var tuples [][]storage.Value
			for to := range a.pointed {
				if to.by == f && (to.in.IsNull() || to.in == storage.TextValue(f.typeOf(at.name))) {
					tuples = append(tuples, []storage.Value{to.id})
				}
			}
			if len(tuples) == 0 {
				continue
			}
			id := []storage.Column{{Name: at.options.ID}}
			q := storage.RowQuery{Table: at.options.Table, Columns: id, In: a.scopesOf(at), Among: &storage.Among{Columns: id, Tuples: tuples}}
			for values, err := range a.view.Rows(ctx, q) {
				if err != nil {
					return err
				}
				maps.DeleteFunc(a.pointed, func(to pointee, _ struct{}) bool {
					return to.by == f && to.id == values[0] && (to.in.IsNull() || to.in == storage.TextValue(f.typeOf(at.name)))
				})
			}
		}
	}
	for at := range a.pointed {
		return conflictf("column %q is to point at row %s, which is not there or not the manager's; a new plan is right", at.by.column, at.id)
	}
	return nil
}
