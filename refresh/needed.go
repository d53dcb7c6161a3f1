package refresh

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A Needed is a row that nobody brought and that is not deleted all the same, because another one stays that cannot be
// without it: its collection is incomplete, or does not delete, or it was refused, or is archived.
type Needed struct {
	Collection string `json:"collection"`
	Key        string `json:"key"`
	// By and ByKey are a row that needs it, and Column the one by which that points at it.
	By     string `json:"by"`
	ByKey  string `json:"by_key"`
	Column string `json:"column"`
}

// spare takes from what is gone the rows that others which stay cannot be without, then those that these cannot be
// without, and so on.
func (p *planner) spare(ctx context.Context) error {
	some := false
	for again := true; again; {
		again = false
		for _, c := range slices.Backward(p.order) {
			for _, f := range c.shape.fields {
				if !f.points() || !c.isBoundBy(f) {
					continue
				}
				for _, at := range c.targets[f.number] {
					spared, more, err := p.spareFor(ctx, p.states[c], f, p.states[at])
					if err != nil {
						return err
					}
					some = some || spared
					again = again || more || spared && p.states[at].place >= p.states[c].place
				}
			}
		}
	}
	if !some {
		return nil
	}
	for _, c := range p.order {
		if c.joins != nil {
			p.keepUnsaid(p.states[c])
		}
	}
	for _, s := range p.states {
		slices.SortFunc(s.needed.first, func(a, b Needed) int { return strings.Compare(a.Key, b.Key) })
	}
	return nil
}

// isBoundBy reports whether a row of the database cannot be made to point at nothing by a field.
func (c *collection) isBoundBy(f *field) bool {
	return c.mode() == ReadOnly || f.policy == required || f.readOnly || slices.Contains(c.above(), f)
}

// spareFor spares the rows of a collection at which rows of another one that stay point by a field. More reports that
// rows of collections that were looked at before stay, too.
func (p *planner) spareFor(ctx context.Context, s *state, f *field, at *state) (some, more bool, err error) {
	if !at.deletes() || !p.mayPointAtGone(s, f, at) {
		return false, false, nil
	}
	needed := map[storage.Value]Needed{}
	for values, err := range p.rowsPointing(ctx, s, f, s.pointersAt(f, at.collection, maps.Keys(at.gone))) {
		if err != nil {
			return false, false, err
		}
		if s.deletes() && s.isGone(s.idIn(values)) || s.moved(f, values) {
			continue
		}
		id := s.fieldValues(f, values)[0]
		by := Needed{at.name, clip(at.readableKey(at.gone[id].key)), s.name, clip(s.readableKey(s.keyValues(values))), f.column}
		if before, there := needed[id]; !there || by.ByKey < before.ByKey {
			needed[id] = by
		}
	}
	for _, id := range slices.SortedFunc(maps.Keys(needed), compareValues) {
		at.needed.add(needed[id])
		at.keepGone(id)
	}
	more, err = p.spareChildren(ctx, at, slices.Collect(maps.Keys(needed)))
	return len(needed) > 0, more, err
}

// moved reports whether a row that was brought is going to point at another one by a field, or at none.
func (s *state) moved(f *field, values []storage.Value) bool {
	row := s.rowOf(s.idIn(values))
	if row < 0 || s.same[row] || !s.mode().updates() || s.left[row] || f.key || f.readOnly || f.ifEmpty {
		return false
	}
	cells := s.cellsAt(row)
	return cells[f.number].set && !s.stale(cells, values).has(f)
}

// spareChildren spares what would only go because it belongs to rows that stay after all, and what belongs to that.
func (p *planner) spareChildren(ctx context.Context, at *state, ids []storage.Value) (some bool, err error) {
	if len(ids) == 0 {
		return false, nil
	}
	for _, c := range p.order {
		s := p.states[c]
		if s.keeps == nil || len(s.gone) == 0 {
			continue
		}
		var stay []storage.Value
		for _, f := range c.above() {
			if !slices.Contains(c.targets[f.number], at.collection) {
				continue
			}
			for values, err := range p.rowsPointing(ctx, s, f, s.pointersAt(f, at.collection, slices.Values(ids))) {
				if err != nil {
					return false, err
				}
				if id := s.idIn(values); s.isGone(id) && !p.orphaned(s, values) {
					s.keepGone(id)
					stay = append(stay, id)
				}
			}
		}
		if _, err := p.spareChildren(ctx, s, stay); err != nil {
			return false, err
		}
		some = some || len(stay) > 0
	}
	return some, nil
}

// keepGone keeps a row that was gone.
func (s *state) keepGone(id storage.Value) {
	delete(s.gone, id)
	s.kept++
}

// readableKey returns the key of a row of the database, for people.
func (s *state) readableKey(key []storage.Value) string {
	parts := make([]string, len(key))
	for i, column := range s.columnsOf(s.shape.primary) {
		parts[i] = column.Name + "=" + key[i].String()
	}
	return strings.Join(parts, " ")
}
