package refresh

import (
	"context"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A dangler is a row of the database that stays and points at rows that are deleted.
type dangler struct {
	key    []storage.Value
	hash   storage.Value
	fields [][]ColumnChange // by which it points at nothing: the columns of a field together
}

// dangle finds the rows of a collection that stay and point at rows that are deleted, whoever brought them or not.
// What it is bound by does not dangle: see spare.
func (p *planner) dangle(ctx context.Context, s *state) error {
	for _, f := range s.shape.fields {
		if !f.points() || s.isBoundBy(f) {
			continue
		}
		for _, at := range s.targets[f.number] {
			if !p.states[at].deletes() || !p.mayPointAtGone(s, f, p.states[at]) {
				continue
			}
			for values, err := range p.rowsPointing(ctx, s, f, s.pointersAt(f, at, maps.Keys(p.states[at].gone))) {
				if err != nil {
					return err
				}
				s.dangles(f, values)
			}
		}
	}
	return nil
}

func (s *state) dangles(f *field, values []storage.Value) {
	id := values[0]
	if s.deletes() && s.isGone(id) {
		return
	}
	of := s.danglers[id]
	of.key = s.keyValues(values)
	if s.options.Hash != "" {
		of.hash = values[s.hashAt]
	}
	of.fields = append(of.fields, s.cleared(f, s.fieldValues(f, values)))
	s.danglers[id] = of
}

// clear adds to the changes of a row those by which it does not point any more at what is deleted: by columns of which
// nothing is said, or nothing that is written.
func (s *state) clear(c *Change) {
	of := s.danglers[c.ID]
	delete(s.danglers, c.ID)
	for _, columns := range of.fields {
		said := slices.ContainsFunc(c.Columns, func(has ColumnChange) bool {
			return slices.ContainsFunc(columns, func(of ColumnChange) bool { return of.Column == has.Column })
		})
		if !said {
			c.Columns = append(c.Columns, columns...)
		}
	}
}

// clearRest notes the rows that are changed in nothing else.
func (p *planner) clearRest(s *state) error {
	for _, id := range slices.SortedFunc(maps.Keys(s.danglers), compareValues) {
		of := s.danglers[id]
		columns := slices.Concat(of.fields...)
		if !of.hash.IsNull() {
			columns = append(columns, ColumnChange{Column: s.options.Hash, Old: of.hash})
		}
		if err := p.plan.add(&Change{Kind: Update, ID: id, key: of.key, Columns: columns}); err != nil {
			return err
		}
	}
	return nil
}
