package refresh

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A plan that is applied may come from anywhere. What it says of tables, columns and rows is believed only as far as the
// persister could have said it of the plan's manager.

// admit refuses a plan that is not one of this persister's ([storage.ErrInvalid]), or that is about rows which are not
// there or not the manager's ([storage.ErrConflict]).
func (r *Refresh[P]) admit(ctx context.Context, view storage.InventoryView, plan *Plan) error {
	scope, err := constantsOf(r.persister.options.Scope(plan.Manager))
	if err != nil {
		return fmt.Errorf("refresh: the scope of manager %q: %w", plan.Manager, err)
	}
	p := &planner{graph: r.graph, in: r.in, view: view, scope: scope, plan: plan, states: map[*collection]*state{}}
	var is, want []string
	for _, of := range plan.Collections {
		is = append(is, of.Name)
	}
	for _, c := range r.graph.order {
		want = append(want, c.name)
	}
	if !slices.Equal(is, want) {
		return fmt.Errorf("refresh: %w: the plan for manager %q is about the collections %q; about %q is right", storage.ErrInvalid, plan.Manager, is, want)
	}
	for n, c := range r.graph.order {
		if err := (&admission{planner: p, state: p.begin(n, c), of: plan.Collections[n]}).admit(ctx, n); err != nil {
			return fmt.Errorf("refresh: what is planned for rows of collection %q of manager %q: %w", c.name, plan.Manager, err)
		}
	}
	return nil
}

// An admission is what a plan does to a collection, compared with what the collection is.
type admission struct {
	*planner
	*state

	of      *CollectionPlan
	writes  map[string]*field        // the columns of fields that are written
	types   map[string]*field        // the columns that say at which collection a field points
	fixed   map[string]storage.Value // the columns that all rows have in common
	rows    []Change                 // that are still to be looked for
	pointed map[pointee]struct{}     // likewise
}

func (a *admission) admit(ctx context.Context, n int) error {
	if err := a.admitTable(); err != nil {
		return err
	}
	a.writes, a.types, a.fixed, a.pointed = map[string]*field{}, map[string]*field{}, map[string]storage.Value{}, map[pointee]struct{}{}
	for _, f := range a.shape.fields {
		if f.own() && !f.readOnly {
			a.writes[f.column] = f
			a.types[f.typeIn] = f
		}
	}
	delete(a.types, "")
	for _, c := range a.constants(a.collection) {
		a.fixed[c.column] = c.value
	}
	for kind := range ChangeKind(kinds) {
		for c, err := range a.plan.changesOf(kind, n) {
			if err == nil {
				err = a.admitChange(c)
			}
			if err != nil {
				return err
			}
			if err := a.look(ctx, tuplesAtOnce); err != nil {
				return err
			}
		}
	}
	return a.look(ctx, 1)
}

// admitTable refuses a plan for another table, or for one of which something else is known.
func (a *admission) admitTable() error {
	var key []string
	for _, c := range a.columnsOf(a.shape.primary) {
		key = append(key, c.Name)
	}
	same := slices.EqualFunc(a.of.Points, a.points(), func(is, want PointingColumn) bool {
		return is.Column == want.Column && is.Bound == want.Bound && is.TypeIn == want.TypeIn && maps.Equal(is.To, want.To)
	})
	switch of := a.of; {
	case of.Hash != a.options.Hash:
		return fmt.Errorf("%w: its hashes are in column %q, not in %q", storage.ErrInvalid, of.Hash, a.options.Hash)
	case of.Table != a.options.Table || of.ID != a.options.ID:
		return fmt.Errorf("%w: it is in table %q with the id %q, not in %q with %q", storage.ErrInvalid, of.Table, of.ID, a.options.Table, a.options.ID)
	case !slices.Equal(of.Columns[:of.Keys], key):
		return fmt.Errorf("%w: its key is %q, not %q", storage.ErrInvalid, of.Columns[:of.Keys], key)
	case !same:
		return fmt.Errorf("%w: its references are others than the plan says", storage.ErrInvalid)
	}
	return nil
}

// admitChange refuses what is never done to a row of the collection.
func (a *admission) admitChange(c *Change) error {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s %s: %s", storage.ErrInvalid, c.Kind, a.of.readable(c), fmt.Sprintf(format, args...))
	}
	mode, archives := a.mode(), a.options.Archive != ""
	possible := map[ChangeKind]bool{
		Insert: mode.creates(), Update: mode != ReadOnly && a.joins == nil, Delete: mode.deletes() && !archives, Archive: mode.deletes() && archives, touch: true,
	}
	switch {
	case !possible[c.Kind]:
		return refuse("that is not done to its rows")
	case c.Kind != Insert && len(c.key) != a.of.Keys:
		return refuse("its key has %d values; %d are right", len(c.key), a.of.Keys)
	case c.Kind != Insert && c.Kind != touch && c.ID.IsNull() && a.joins == nil:
		return refuse("it has no id")
	}
	said := make(map[string]*ColumnChange, len(c.Columns))
	for i := range c.Columns {
		to := &c.Columns[i]
		said[to.Column] = to
		if !a.possible(c.Kind, to) {
			return refuse("column %q is not written so", to.Column)
		}
	}
	if c.Kind == Insert {
		if missing := a.lacking(said); missing != "" {
			return refuse("it lacks column %q", missing)
		}
	}
	a.note(c, said)
	return nil
}

// possible reports whether a change of a kind can be about a column in that way.
func (a *admission) possible(kind ChangeKind, to *ColumnChange) bool {
	f, typed := a.writes[to.Column], false
	if f == nil {
		f, typed = a.types[to.Column], true
	}
	clears := to.New.IsNull() && to.NewRow == nil
	if to.NewRow != nil && (f == nil || typed || !f.points() || !slices.ContainsFunc(a.collection.targets[f.number], func(c *collection) bool { return c.name == to.NewRow.Collection })) {
		return false
	}
	fixed, common := a.fixed[to.Column]
	if a.options.Hash != "" && to.Column == a.options.Hash {
		written := kind == Insert || kind == Update && (clears || a.mode().updates())
		return written && (clears || to.NewRow == nil && to.New.Kind() == storage.IntKind)
	}
	switch kind {
	case Insert:
		return f != nil && (!common || to.New == fixed) || common && to.New == fixed
	case Update:
		switch {
		case common:
			return false
		case f == nil:
			return to.Column == a.options.Archive && clears
		case f.key && len(a.options.Reconnect) == 0:
			return false
		case !a.mode().updates(): // it may have to let go what is deleted
			return clears && f.points()
		}
		return !f.ifEmpty || empty(to.Old) || clears && f.points()
	case Archive:
		return to.Column == a.options.Archive && to.Old.IsNull() && to.New.Kind() == storage.TimeKind
	case Delete:
		return f != nil && f.points() && clears
	default:
		return false
	}
}

// lacking returns a column that each row has which is created and that is not said; empty: there is none.
func (a *admission) lacking(said map[string]*ColumnChange) string {
	for column := range a.fixed {
		if said[column] == nil {
			return column
		}
	}
	for _, column := range a.of.Columns[:a.of.Keys] {
		if said[column] == nil {
			return column
		}
	}
	if len(a.parents) > 0 && !slices.ContainsFunc(a.parents, func(f *field) bool {
		to := said[f.column]
		return to != nil && (to.NewRow != nil || !to.New.IsNull())
	}) {
		return a.parents[0].column
	}
	return ""
}
