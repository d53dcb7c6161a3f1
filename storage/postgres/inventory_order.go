package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// The changes of one statement are made in an order of the server's own, and it looks after each whether what has to be
// unique is. So two changes of which one gives a row what another row has until its own change are made by two statements,
// in their order: whether that is a conflict depends on which comes first.

// uniqueAmong returns the unique indexes that fields are in.
func (t *shape) uniqueAmong(fields []adapter.Field) (indexes [][]string) {
	for _, names := range t.Unique {
		if slices.ContainsFunc(fields, func(f adapter.Field) bool { return slices.Contains(names, f.Name) }) {
			indexes = append(indexes, names)
		}
	}
	return indexes
}

// cuts returns how many of the changes are made by each statement and those before it: none if all are by one.
func (u *updater) cuts(ctx context.Context, params [][]byte) (ends []int, err error) {
	all := len(u.ids)
	if len(u.unique) == 0 || all == 1 {
		return nil, nil
	}
	before := make([]int, all) // the place of the last one before it by which it cannot be made
	rows := u.tx.run(ctx, u.pairs(), params[:1+len(u.fields)], []int16{binaryFormat, binaryFormat})
	for rows.NextRow() {
		later, earlier := signed(rows.Values()[0]), int(signed(rows.Values()[1]))
		before[later-1] = max(before[later-1], earlier)
	}
	if _, err := rows.Close(); err != nil {
		return nil, refusal(u.shape.Name, err)
	}
	from := 0
	for i, at := range before {
		if at > from {
			ends = append(ends, i)
			from = i
		}
	}
	if len(ends) > 0 {
		ends = append(ends, all)
	}
	return ends, nil
}

// pairs finds changes of which one gives a row what the other's row has, and returns their places, the later one first.
func (u *updater) pairs() string {
	names := slices.Concat(u.unique...)
	slices.Sort(names)
	names = slices.Compact(names)
	columns := []string{"u.place"}
	for i, name := range names {
		of := "t." + quoted(name)
		becomes := of
		if at := slices.IndexFunc(u.fields, func(f adapter.Field) bool { return f.Name == name }); at >= 0 {
			becomes = u.given(at)
		}
		columns = append(columns, fmt.Sprintf("%s AS was%d, %s AS becomes%[2]d", of, i, becomes))
	}
	pairs := make([]string, len(u.unique))
	for i, index := range u.unique {
		pairs[i] = "SELECT greatest(a.place, b.place), least(a.place, b.place) FROM rows AS a JOIN rows AS b ON a.place <> b.place"
		for _, name := range index {
			pairs[i] += fmt.Sprintf(" AND a.becomes%d = b.was%[1]d", slices.Index(names, name))
		}
	}
	return "WITH rows AS MATERIALIZED (SELECT " + strings.Join(columns, ", ") + " FROM " + u.rows(nil, nil) + " JOIN " + u.shape.name + " AS t ON " + u.isRow() + ") " +
		strings.Join(pairs, " UNION ALL ")
}
