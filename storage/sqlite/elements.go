package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

const (
	// countElements adds the elements that are named to the tally, or takes them away.
	countElements = `WITH v (kind, id, name) AS (VALUES {rows})
INSERT INTO reeve_tally (kind, id, grp, state, n)
SELECT e.kind, e.id, e.grp, e.state, ? * count(*)
FROM v CROSS JOIN reeve_element AS e ON e.kind = v.kind AND e.id = v.id AND e.name = v.name
WHERE true GROUP BY e.kind, e.id, e.grp, e.state
ON CONFLICT (kind, id, grp, state) DO UPDATE SET n = n + excluded.n`

	sweepTally = `DELETE FROM reeve_tally WHERE (kind, id) IN (VALUES {rows}) AND n = 0`

	writeElements = `INSERT INTO reeve_element (kind, id, name, state, grp, since, due, data) VALUES {rows}
ON CONFLICT (kind, id, name) DO UPDATE SET
	state = excluded.state, grp = excluded.grp, since = excluded.since, due = excluded.due, data = excluded.data`

	removeElements = `DELETE FROM reeve_element WHERE (kind, id, name) IN (VALUES {rows})`
)

// changesElements reports whether the change adds, changes or removes elements.
func (c *step) changesElements() bool { return len(c.Elements)+len(c.Gone) > 0 }

// writeElements writes the elements of steps and counts them. It costs as much as there are touched
// ones, however many the records have.
func (s *session) writeElements(ctx context.Context, steps []*step) error {
	var touched, written, gone values
	var keys []storage.Key
	for _, c := range steps {
		if !c.changesElements() {
			continue
		}
		keys = append(keys, c.Key)
		last := map[string]int{} // of several of one name the last counts; minus one: it goes
		for i := range c.Elements {
			last[c.Elements[i].Name] = i
		}
		for _, name := range c.Gone {
			last[name] = -1
		}
		for name, i := range last {
			touched.row(c.Key.Kind, c.Key.ID, name)
			if i < 0 {
				gone.row(c.Key.Kind, c.Key.ID, name)
				continue
			}
			e := &c.Elements[i]
			written.row(c.Key.Kind, c.Key.ID, name, e.State, e.Group,
				micros(storage.Time(e.Since)), micros(storage.Time(e.Due)), blob(e.Data))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if err := s.exec(ctx, countElements, touched, -1); err != nil {
		return err
	}
	if err := s.exec(ctx, writeElements, written); err != nil {
		return err
	}
	if err := s.exec(ctx, removeElements, gone); err != nil {
		return err
	}
	if err := s.exec(ctx, countElements, touched, +1); err != nil {
		return err
	}
	return s.exec(ctx, sweepTally, keyValues(keys))
}

const elementColumns = `e.kind, e.id, e.name, e.state, e.grp, e.since, e.due, e.data`

// scanElement scans elementColumns: an element, and the record it is part of.
func scanElement(rows *sql.Rows) (of storage.Key, e storage.Element, err error) {
	err = rows.Scan(&of.Kind, &of.ID, &e.Name, &e.State, &e.Group, timeColumn{&e.Since}, timeColumn{&e.Due}, &e.Data)
	return of, e, err
}

// Elements implements [storage.Records].
func (s *Store) Elements(ctx context.Context, key storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	names := slices.Compact(slices.Sorted(slices.Values(q.Names)))
	return pages("elements", q.Limit, func(last *storage.Element, size int) (out []storage.Element, err error) {
		after := q.After
		if last != nil {
			after = last.Name
		}
		if len(names) == 0 {
			return s.elements(ctx, key, q, after, nil, size)
		}
		at, found := slices.BinarySearch(names, after)
		if found {
			at++
		}
		for wanted := range slices.Chunk(names[at:], mostNames) {
			more, err := s.elements(ctx, key, q, after, wanted, size-len(out))
			if out = append(out, more...); err != nil || len(out) == size {
				return out, err
			}
		}
		return out, nil
	})
}

// mostNames is how many names are asked for at a time, because a statement's parameters are limited.
const mostNames = 500

func (s *Store) elements(ctx context.Context, key storage.Key, q storage.ElementQuery, after string, names []string, size int) ([]storage.Element, error) {
	var f filter
	f.add("e.kind = ? AND e.id = ? AND e.name > ?", key.Kind, key.ID, after)
	addIn(&f, "e.name", names)
	addIn(&f, "e.grp", q.Groups)
	addIn(&f, "e.state", q.States)
	query := "SELECT " + elementColumns + " FROM reeve_element AS e" + f.where() + " ORDER BY e.name LIMIT ?"
	var out []storage.Element
	err := s.read(ctx, func(tx *session) error {
		return tx.list(ctx, query, append(f.args, size), func(rows *sql.Rows) error {
			_, e, err := scanElement(rows)
			out = append(out, e)
			return err
		})
	})
	return out, err
}
