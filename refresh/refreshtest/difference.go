package refreshtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mostDifferences are as many as a failure shows.
const mostDifferences = 20

// differences says, a line for each row that is only in one and for each column that differs, how tables differ from
// those that a save left. It is empty if they do not.
func differences(saved, now Tables) string {
	var lines []string
	for _, table := range keysOf(saved, now) {
		for _, key := range keysOf(saved[table], now[table]) {
			lines = append(lines, differencesOfRow(fmt.Sprintf("table %q, row %s", table, key), saved[table][key], now[table][key])...)
		}
	}
	if more := len(lines) - mostDifferences; more > 0 {
		lines = append(lines[:mostDifferences], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "\n")
}

func differencesOfRow(what string, saved, now Row) (lines []string) {
	switch {
	case now == nil:
		return []string{what + ": a save leaves it, now it is not there"}
	case saved == nil:
		return []string{what + ": it is there, and a save does not leave it"}
	}
	for _, column := range keysOf(saved, now) {
		if was, is := said(saved, column), said(now, column); was != is {
			lines = append(lines, fmt.Sprintf("%s: column %q is %s after a save, and now %s", what, column, was, is))
		}
	}
	return lines
}

func said(row Row, column string) string {
	if v, said := row[column]; said {
		return v
	}
	return "null"
}

func keysOf[M ~map[string]V, V any](a, b M) []string {
	both := slices.Concat(slices.Collect(maps.Keys(a)), slices.Collect(maps.Keys(b)))
	slices.Sort(both)
	return slices.Compact(both)
}
