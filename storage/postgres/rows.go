package postgres

import (
	"fmt"
	"strings"
)

// columns describe rows that go to the server together: an array a column, which unnest makes rows
// again.
type columns []column

type column struct{ name, typ string }

// columnsOf reads columns as SQL declares them: "kind text, id text, version bigint".
func columnsOf(declared string) columns {
	var c columns
	for one := range strings.SplitSeq(declared, ",") {
		name, typ, _ := strings.Cut(strings.TrimSpace(one), " ")
		c = append(c, column{name, typ})
	}
	return c
}

// names returns the names of the columns, each after the prefix.
func (c columns) names(prefix string) string {
	names := make([]string, len(c))
	for i := range c {
		names[i] = prefix + c[i].name
	}
	return strings.Join(names, ", ")
}

// as returns the rows as a table v, whose last column, ordinal, counts them. Their arrays are the parameters
// from the first-th on.
func (c columns) as(v string, first int) string {
	arrays := make([]string, len(c))
	for i := range c {
		arrays[i] = fmt.Sprintf("$%d::%s[]", first+i, c[i].typ)
	}
	return fmt.Sprintf("unnest(%s) WITH ORDINALITY AS %s(%s, ordinal)", strings.Join(arrays, ", "), v, c.names(""))
}

// with returns the rows as v, from the first parameter on, and with each row what a table has for it, as a table
// of that name: an index search a row. The planner cannot turn it around (that is what OFFSET 0 is for), as it
// would where it takes the table for small: plans are kept while tables grow.
func (c columns) with(name, table, where string) string {
	return c.as("v", 1) + `
CROSS JOIN LATERAL (SELECT * FROM ` + table + ` AS t WHERE ` + where + ` OFFSET 0) AS ` + name
}

// at is with for statements that write to the table: where its rows are is found.at.
func (c columns) at(first int, table, where string) string {
	return c.as("v", first) + `
CROSS JOIN LATERAL (SELECT t.ctid AS at FROM ` + table + ` AS t WHERE ` + where + ` OFFSET 0) AS found`
}

// rows are values for columns.
type rows struct {
	n      int
	arrays []array
}

// rows returns no rows yet, with room for some.
func (c columns) rows(room int) *rows {
	r := &rows{arrays: make([]array, len(c))}
	for i := range c {
		r.arrays[i] = arrayOf(c[i].typ, room)
	}
	return r
}

// add adds a row, with a value a column: string, int64, int, bool, time.Time (zero: null) or []byte
// (empty: null).
func (r *rows) add(values ...any) {
	for i, v := range values {
		r.arrays[i].add(v)
	}
	r.n++
}

// args returns the arrays as parameters, and what follows them. Plain ones are slices.
func (r *rows) args(plain bool, more ...any) []any {
	args := make([]any, len(r.arrays), len(r.arrays)+len(more))
	for i, a := range r.arrays {
		if args[i] = a; plain {
			args[i] = a.plain()
		}
	}
	return append(args, more...)
}
