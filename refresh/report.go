package refresh

import (
	"slices"

	"github.com/reeve-go/reeve/internal/text"
)

// A Refusal is a row that is not written because of what the parser said.
type Refusal struct {
	Collection string `json:"collection"`
	// Key is the row's key as far as it is known, for people.
	Key string `json:"key"`
	// Reason says what was wrong.
	Reason string `json:"reason"`
}

// A Duplicate is a row whose key another row had before, with other data.
type Duplicate struct {
	Collection string `json:"collection"`
	Key        string `json:"key"`
	// Columns are those in which the two differ.
	Columns []string `json:"columns"`
}

// An Unresolved is a reference to a row that is not there.
type Unresolved struct {
	Collection string `json:"collection"`
	Column     string `json:"column"`
	// To is what is looked for, for people.
	To string `json:"to"`
	// Several: there is more than one such row, so none is taken.
	Several bool `json:"several,omitempty"`
}

const (
	mostRemarks = 1000 // of a sort and a collection
	mostKeys    = 100  // of a ring
)

// remarks are what a plan says of a collection besides its changes, of one sort: the first, and how many there are.
type remarks[R any] struct {
	first []R
	n     int
}

func (r *remarks[R]) add(one R) {
	if r.n++; len(r.first) < mostRemarks {
		r.first = append(r.first, one)
	}
}

// with returns them with others that come after them.
func (r remarks[R]) with(others remarks[R]) remarks[R] {
	all := slices.Concat(r.first, others.first)
	return remarks[R]{all[:min(len(all), mostRemarks)], r.n + others.n}
}

// lose notes that a column points at a row that is not there.
func (s *state) lose(column, to string, several bool) {
	s.unresolved.add(Unresolved{s.name, column, clip(to), several})
}

// ambiguous notes that two rows have the same values in an index.
func (s *state) ambiguous(x *index, cells []cell) {
	s.alike.add(Duplicate{s.name, clip(readable(x, cells)), []string{x.name}})
}

// remark puts into the plan what there is to say of a collection besides its changes.
func (p *planner) remark(s *state) {
	refused, duplicates := s.collection.refused.with(s.reasons), s.duplicates.with(s.alike)
	p.plan.refused = append(p.plan.refused, refused.first...)
	p.plan.duplicates = append(p.plan.duplicates, duplicates.first...)
	p.plan.unresolved = append(p.plan.unresolved, s.unresolved.first...)
	p.plan.rings = append(p.plan.rings, s.rings.first...)
	p.plan.needed = append(p.plan.needed, s.needed.first...)
	n := s.counts
	n.Refused, n.Duplicates, n.Unresolved, n.Rings, n.Needed = refused.n, duplicates.n, s.unresolved.n, s.rings.n, s.needed.n
}

// clip bounds a text for people, which can have a value of any length in it.
func clip(s string) string { return text.Clip(s, mostText) }

// more says how many remarks the plan does not list.
func (n *CollectionPlan) more(print func(string, ...any)) {
	for _, of := range []struct {
		sort string
		n    int
	}{{"unresolved", n.Unresolved}, {"refused", n.Refused}, {"duplicate", n.Duplicates}, {"needed", n.Needed}, {"ring", n.Rings}} {
		if of.n > mostRemarks {
			print("%s %s: and %d more\n", of.sort, n.Name, of.n-mostRemarks)
		}
	}
}
