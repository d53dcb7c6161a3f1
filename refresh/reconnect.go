package refresh

import (
	"context"
	"maps"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// reconnect finds archived rows that came back under another key: by one index after the other of those that the
// collection's options name. A row is taken if it alone has the values of the index, among the archived ones and
// among those that were brought.
func (p *planner) reconnect(ctx context.Context, s *state) error {
	if !s.mode().creates() || !s.mode().updates() {
		return nil
	}
	taken := map[storage.Value]bool{}
	for _, name := range s.options.Reconnect {
		if err := p.reconnectBy(ctx, s, s.shape.others[name], taken); err != nil {
			return err
		}
	}
	return nil
}

func (p *planner) reconnectBy(ctx context.Context, s *state, x *index, taken map[storage.Value]bool) error {
	rows, tuples := s.unmatched(x)
	found := map[string][][]storage.Value{}
	columns := s.columnsOf(x)
	for some := range slices.Chunk(tuples, tuplesAtOnce) {
		q := storage.RowQuery{
			Table: s.options.Table, Columns: s.columns, In: p.scopesOf(s.collection),
			Among: &storage.Among{Columns: columns, Tuples: some},
		}
		for values, err := range p.view.Rows(ctx, q) {
			if err != nil {
				return err
			}
			_, byKey := s.keys.row(s.keyIn(values))
			if key := s.valuesIn(x, values); s.archived(values) && !byKey && !taken[values[0]] {
				found[key] = append(found[key], slices.Clone(values))
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		row, archived := rows[key], found[key]
		switch {
		case len(archived) > 1:
			s.lose(x.fields[0].column, archivedLike(s, x, archived[0]), true)
		case row != twice:
			values := archived[0]
			s.ids.set(row, values[0])
			taken[values[0]], s.reconnected[row] = true, true
			if _, err := s.seen.add(appendSeenRow(nil, row, values)); err != nil {
				return err
			}
		}
	}
	return nil
}

// unmatched returns the rows that are not in the database, by their values in an index, and those values.
func (s *state) unmatched(x *index) (rows map[string]int32, tuples [][]storage.Value) {
	rows = map[string]int32{}
	for i := range s.rows.len() {
		if !s.ids.at(int32(i)).IsNull() || s.refused[i] {
			continue
		}
		row := int32(i)
		key, ok := valuesOf(x, s.cellsAt(row))
		if !ok {
			continue
		}
		if _, there := rows[key]; there {
			row = twice
		} else if tuple, ok := tupleOf(key, len(s.columnsOf(x))); ok {
			tuples = append(tuples, tuple)
		}
		rows[key] = row
	}
	return rows, tuples
}

// archivedLike names what several archived rows have in common.
func archivedLike(s *state, x *index, values []storage.Value) string {
	cells := make([]cell, len(s.shape.fields))
	for _, f := range x.fields {
		cells[f.number] = cell{set: true, value: values[s.places[f.number][0]]}
	}
	return s.name + "(" + readable(x, cells) + "), archived"
}
