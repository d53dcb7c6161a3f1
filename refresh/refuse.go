package refresh

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// A place is a row that was brought.
type place struct {
	in  *state
	row int32
}

// refuse notes that a row is not written.
func (s *state) refuse(cells []cell, err error) {
	s.reasons.add(Refusal{s.name, clip(s.readable(cells)), clip(err.Error())})
}

// finds reports whether a promise was found as a field wants it.
func (f *field) finds(to *promise) bool {
	return to.found.is == one && (f.policy != lookup || !to.found.id.IsNull())
}

// need refuses the rows that lack a row that they cannot do without, then those that cannot do without these, and so
// on. A row that is refused stays as the database has it, and can be pointed at there.
func (p *planner) need(ctx context.Context) error {
	var queue []place
	for _, c := range p.order {
		s := p.states[c]
		refused, err := p.cutRings(ctx, s)
		if err != nil {
			return fmt.Errorf("refresh: collection %q: %w", c.name, err)
		}
		queue = append(queue, refused...)
		if !s.demanding() {
			continue
		}
		for row, at := range s.rows.all() {
			if s.refused[row] {
				continue
			}
			cells := s.in.cells(s.in.row(at), len(s.shape.fields))
			if p.refuseLacking(s, row, cells) {
				queue = append(queue, place{s, row})
			}
		}
	}
	if len(queue) > 0 {
		p.cascade(queue)
	}
	return p.in.err
}

// demanded returns the fields of a collection that a row cannot be created without.
func (p *planner) demanded(c *collection) (out []*field) {
	table := p.tables[c.options.Table]
	if table == nil || c.joins != nil || !c.mode().creates() {
		return nil
	}
	constant := func(f *field) bool {
		return slices.ContainsFunc(slices.Concat(p.scope, c.where), func(to constant) bool { return to.column == f.column })
	}
	for _, f := range c.shape.fields {
		at := slices.IndexFunc(table.Columns, func(to storage.Column) bool { return to.Name == f.column })
		if at >= 0 && f.own() && !f.readOnly && !table.Columns[at].Null && !table.Columns[at].Default && f.column != table.ID && !constant(f) {
			out = append(out, f)
		}
	}
	return out
}

// demanding reports whether rows of a collection can lack something besides what their key points at.
func (s *state) demanding() bool {
	return s.partial && len(s.demanded) > 0 ||
		slices.ContainsFunc(s.shape.fields, func(f *field) bool { return f.policy == required && !f.key }) ||
		slices.ContainsFunc(s.parents, func(f *field) bool { return !f.key })
}

// refuseLacking refuses a row if it lacks something.
func (p *planner) refuseLacking(s *state, row int32, cells []cell) bool {
	err := s.lack(row, cells)
	switch {
	case err == nil:
		return false
	case s.joins != nil:
		p.unjoin(s, row, cells)
	default:
		s.refused[row] = true
		s.refuse(cells, err)
	}
	return true
}

// lack returns what a row lacks.
func (s *state) lack(row int32, cells []cell) error {
	if s.partial && s.ids.at(row).IsNull() && !s.isBare(row) {
		for _, f := range s.demanded {
			if !cells[f.number].set {
				return fmt.Errorf("column %q has to have a value in a row that is created, and none was said; Build says all", f.column)
			}
		}
	}
	for _, f := range s.shape.fields {
		c := &cells[f.number]
		switch {
		case !c.set || f.kind == plainField || f.kind == valueField:
		case f.kind == manyField && f.policy == required:
			for _, to := range s.in.many(c.value) {
				if to.found.is != one {
					return fmt.Errorf("column %q points at %s, which is not there", f.column, to)
				}
			}
		case c.to == nil && f.policy == required:
			return fmt.Errorf("column %q is required, and it points at nothing", f.column)
		case c.to != nil && (f.key || f.policy == required) && !f.finds(c.to):
			return fmt.Errorf("column %q points at %s, which is not there", f.column, c.to)
		}
	}
	return s.lackParent(cells)
}

// lackParent returns why a row belongs to none.
func (s *state) lackParent(cells []cell) error {
	var missing []string
	for _, f := range s.parents {
		c := &cells[f.number]
		switch {
		case !c.set: // the database says
			return nil
		case c.to == nil:
			missing = append(missing, fmt.Sprintf("column %q points at nothing", f.column))
		case f.finds(c.to):
			return nil
		default:
			missing = append(missing, fmt.Sprintf("column %q points at %s, which is not there", f.column, c.to))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("it belongs to no row: %s", strings.Join(missing, " and "))
}

// cascade refuses what cannot do without rows that are refused.
func (p *planner) cascade(queue []place) {
	pointing, needing := p.pointing(), p.needing()
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, to := range pointing[at] {
			if to.found.row = -1; !to.found.id.IsNull() {
				continue // it is found in the database
			}
			to.found = target{is: nothing}
			for _, by := range needing[to] {
				if by.in.refused[by.row] {
					continue
				}
				cells := by.in.in.cells(by.in.written(by.row), len(by.in.shape.fields))
				if p.refuseLacking(by.in, by.row, cells) {
					queue = append(queue, by)
				}
			}
		}
	}
}

// pointing returns the promises of each row.
func (p *planner) pointing() map[place][]*promise {
	out := map[place][]*promise{}
	for _, to := range p.in.promises {
		if to.found.is == one && to.found.row >= 0 {
			at := place{p.states[to.in], to.found.row}
			out[at] = append(out[at], to)
		}
	}
	return out
}

// needing returns the rows that may not be able to do without what a promise is of.
func (p *planner) needing() map[*promise][]place {
	out := map[*promise][]place{}
	for _, c := range p.order {
		s := p.states[c]
		if !s.demanding() && !s.shape.primary.refers() {
			continue
		}
		for row, at := range s.rows.all() {
			by := place{s, row}
			cells := s.in.cells(s.in.row(at), len(s.shape.fields))
			for _, f := range s.shape.fields {
				switch c := &cells[f.number]; {
				case f.kind == manyField && f.policy == required:
					for _, to := range s.in.many(c.value) {
						out[to] = append(out[to], by)
					}
				case f.kind == refField && c.to != nil && (f.key || f.policy == required || slices.Contains(s.parents, f)):
					out[c.to] = append(out[c.to], by)
				}
			}
		}
	}
	return out
}
