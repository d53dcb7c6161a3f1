package refresh

import (
	"encoding/binary"
	"reflect"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A join is what a collection has that is not declared: it keeps the rows of a table that joins those of two others,
// for a field that is a slice of references. Its rows have no id and nothing but their key.
type join struct {
	owner *collection
	by    *field // of the owner
}

// ownField and otherField are the numbers of the fields of a join.
const ownField, otherField = 0, 1

// addJoins adds the collections for the fields of a collection that are slices of references.
func (b *Builder) addJoins(c *collection) {
	for _, f := range c.shape.fields {
		if f.kind != manyField {
			continue
		}
		own := &field{tag: tag{column: f.through.own, key: true}, kind: refField, other: c.shape.row, number: ownField}
		other := &field{tag: tag{column: f.through.other, key: true, policy: f.policy}, kind: refField, other: f.other, number: otherField}
		for _, of := range []*field{own, other} {
			of.name = f.name
		}
		fields := []*field{own, other}
		j := &collection{
			node: node{name: c.name + "." + f.column}, in: c.in, joins: &join{c, f},
			options: CollectionOptions{Table: f.through.table, ChildOf: []string{own.column}, Mode: modeOfJoin(c.options.Mode)},
			shape:   &shape{row: c.shape.row, fields: fields, primary: &index{fields: fields}},
			targets: map[int][]*collection{}, promises: make([]list[*promise], 1),
		}
		b.joins = append(b.joins, j)
	}
}

// modeOfJoin returns the mode of a join: to take a row from another is to update them.
func modeOfJoin(m Mode) Mode {
	switch m {
	case NoDelete, UpdateOnly:
		return Keep
	case Keep, CreateOnly, ReadOnly:
	}
	return m
}

// fillMany returns a slice of references as a value: their promises, each once and in order.
func (c *collection) fillMany(f *field, of reflect.Value) (storage.Value, error) {
	numbers := make([]int32, 0, of.Len())
	for i := range of.Len() {
		to := of.Index(i).Addr().Interface().(reference).promise() //nolint:forcetypeassert // such is the field
		if err := c.pointsRight(f, to); err != nil {
			return storage.Value{}, err
		}
		if to != nil {
			numbers = append(numbers, to.number)
		}
	}
	slices.Sort(numbers)
	text := make([]byte, 0, 4*len(numbers))
	for _, n := range slices.Compact(numbers) {
		text = binary.AppendUvarint(text, uint64(n)) //nolint:gosec // from 1 on
	}
	return storage.BytesValue(text), nil
}

// many returns the promises of a slice of references.
func (in *contents) many(of storage.Value) (out []*promise) {
	in.mu.Lock()
	r := reader{rest: of.Text(), promises: in.promises}
	in.mu.Unlock()
	for len(r.rest) > 0 {
		out = append(out, r.promise())
	}
	if r.err != nil {
		in.fail(r.err)
	}
	return out
}

// join makes the rows of a join: a row for each reference in the slices of its owner's rows. A row of
// the owner whose slice was not said keeps what the database has.
func (p *planner) join(s *state) {
	owner := p.states[s.joins.owner]
	s.said = map[storage.Value]bool{}
	for i, at := range owner.rows.all() {
		cells := s.in.cells(s.in.row(at), len(owner.shape.fields))
		said := &cells[s.joins.by.number]
		if !said.set || owner.refused[i] || owner.options.Mode == CreateOnly && !owner.ids.at(i).IsNull() {
			continue
		}
		if id := owner.ids.at(i); !id.IsNull() {
			s.said[id] = true
		}
		key, _ := keyOf(owner.shape.primary, cells) // it is there, because it has been built
		own := owner.promise(owner.shape.primary, key)
		if own.found.is == notLooked {
			own.found = owner.found(i)
		}
		for _, to := range s.in.many(said.value) {
			row := []cell{{set: true, to: own}, {set: true, to: to}}
			key, _ := keyOf(s.shape.primary, row)
			if number := s.byKey.add([]byte(key)); !s.has(number) {
				s.put(number, row)
			}
		}
	}
	s.brought = s.rows.len()
}

// unjoin notes that a row of a join is not written, because one of the two that it joins is not there. Only of the
// other one there is something to say.
func (p *planner) unjoin(s *state, row int32, cells []cell) {
	s.refused[row] = true
	if to := cells[otherField].to; !s.shape.fields[otherField].finds(to) && s.shape.fields[ownField].finds(cells[ownField].to) {
		p.states[s.joins.owner].lose(s.joins.by.column, to.String(), to.found.is == several)
	}
}

// keepUnsaid takes from what is gone of a join the rows of those owners of which nothing was said, if both rows that
// they join stay.
func (p *planner) keepUnsaid(s *state) {
	owner := p.states[s.joins.owner]
	for pair, of := range s.gone {
		if own := of.key[ownField]; s.said[own] || owner.isGone(own) {
			continue
		}
		if !slices.ContainsFunc(s.targets[otherField], func(at *collection) bool { return p.states[at].isGone(of.key[otherField]) }) {
			delete(s.gone, pair)
			s.kept++
		}
	}
}
