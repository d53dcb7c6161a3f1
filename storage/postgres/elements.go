package postgres

import (
	"context"
	"iter"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

var (
	nameRow    = columnsOf(`kind text, id text, name text`)
	elementRow = columnsOf(`kind text, id text, name text, state text, grp integer, since timestamptz, due timestamptz, data bytea`)

	ofName = ofKey + ` AND t.name = v.name`

	// countElements adds the elements that are named to the tally, or takes them away.
	countElements = `INSERT INTO reeve.tally AS t (kind, id, grp, state, n)
SELECT e.kind, e.id, e.grp, e.state, $4::bigint * count(*)
FROM ` + nameRow.with("e", "reeve.element", ofName) + `
GROUP BY e.kind, e.id, e.grp, e.state ORDER BY e.kind, e.id, e.grp, e.state
ON CONFLICT (kind, id, grp, state) DO UPDATE SET n = t.n + excluded.n`

	sweepTally = `DELETE FROM reeve.tally AS t USING ` + keyRow.at(1, "reeve.tally", ofKey+" AND t.n = 0") + `
WHERE t.ctid = found.at`

	writeElements = `INSERT INTO reeve.element AS e (` + elementRow.names("") + `)
SELECT ` + elementRow.names("v.") + ` FROM ` + elementRow.as("v", 1) + `
ON CONFLICT (kind, id, name) DO UPDATE SET
	state = excluded.state, grp = excluded.grp, since = excluded.since, due = excluded.due, data = excluded.data`

	removeElements = `DELETE FROM reeve.element AS e USING ` + nameRow.at(1, "reeve.element", ofName) + `
WHERE e.ctid = found.at`
)

// writeElements writes the elements of steps and counts them. It costs as much as there are touched
// ones, however many the records have.
func (s *session) writeElements(steps []*step) {
	touched, written, gone := nameRow.rows(len(steps)), elementRow.rows(len(steps)), nameRow.rows(len(steps))
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
			touched.add(c.Key.Kind, c.Key.ID, name)
			if i < 0 {
				gone.add(c.Key.Kind, c.Key.ID, name)
				continue
			}
			e := &c.Elements[i]
			written.add(c.Key.Kind, c.Key.ID, name, e.State, e.Group, storage.Time(e.Since), storage.Time(e.Due), e.Data)
		}
	}
	s.over(countElements, touched, -1)
	s.over(writeElements, written)
	s.over(removeElements, gone)
	s.over(countElements, touched, +1)
	s.over(sweepTally, keyRows(keys))
}

const elementColumns = `e.kind, e.id, e.name, e.state, e.grp, e.since, e.due, e.data`

// scanElement scans elementColumns: an element, and the record it is part of.
func scanElement(rows pgx.Rows) (of storage.Key, e storage.Element, err error) {
	err = rows.Scan(&of.Kind, &of.ID, &e.Name, &e.State, &e.Group, timeColumn{&e.Since}, timeColumn{&e.Due}, &e.Data)
	return of, e, err
}

// Where names are wanted, each is looked for by itself: a record can have many elements.
const elementsNamed = `unnest($3::text[]) AS v(name)
CROSS JOIN LATERAL (SELECT * FROM reeve.element AS t WHERE t.kind = $1 AND t.id = $2 AND t.name = v.name OFFSET 0) AS e`

// Elements implements [storage.Records].
func (s *Store) Elements(ctx context.Context, key storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return adapter.Pages(q.Limit, func(last *storage.Element, size int) ([]storage.Element, error) {
		after := q.After
		if last != nil {
			after = last.Name
		}
		var f filter
		f.add("e.kind = $", key.Kind)
		f.add("e.id = $", key.ID)
		from := `reeve.element AS e`
		if len(q.Names) > 0 {
			from, f.args = elementsNamed, append(f.args, distinct(q.Names))
		}
		f.add("e.name > $", after)
		addAny(&f, "e.grp", q.Groups)
		addAny(&f, "e.state", q.States)
		return list(ctx, s, "elements", `SELECT `+elementColumns+` FROM `+from+f.where()+` ORDER BY e.name`, &f, size,
			func(rows pgx.Rows) (storage.Element, error) {
				_, e, err := scanElement(rows)
				return e, err
			})
	})
}
