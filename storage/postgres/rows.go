package postgres

import (
	"fmt"
	"strings"
	"time"
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

// with returns the same, and with each row what a table has for it, as a table of that name: an index search a
// row. The planner cannot turn it around (that is what OFFSET 0 is for), as it would where it takes the
// table for small: plans are kept while tables grow.
func (c columns) with(first int, name, table, where string) string {
	return c.as("v", first) + `
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

// args returns the arrays as parameters, and what follows them.
func (r *rows) args(more ...any) []any {
	args := make([]any, len(r.arrays), len(r.arrays)+len(more))
	for i, a := range r.arrays {
		args[i] = a.value()
	}
	return append(args, more...)
}

// An array is the values of one column.
type array interface {
	add(v any)
	value() any
}

func arrayOf(typ string, room int) array {
	switch typ {
	case "text":
		return arrayWith[string](room)
	case "bigint":
		return arrayWith[int64](room)
	case "integer":
		return arrayWith[int](room)
	case "boolean":
		return arrayWith[bool](room)
	case "timestamptz":
		return &times{make([]*time.Time, 0, room)}
	case "bytea":
		return &blobs{make([][]byte, 0, room)}
	}
	panic("no array of type " + typ) // the types are constants of this package
}

// values are those of a type that is never null.
type values[T any] struct{ all []T }

func arrayWith[T any](room int) *values[T] { return &values[T]{make([]T, 0, room)} }

func (a *values[T]) add(v any)  { a.all = append(a.all, v.(T)) } //nolint:forcetypeassert // a row's types are those of its columns
func (a *values[T]) value() any { return a.all }

// times has null for the zero time.
type times struct{ all []*time.Time }

func (a *times) add(v any) {
	t := v.(time.Time) //nolint:forcetypeassert // a row's types are those of its columns
	if t.IsZero() {
		a.all = append(a.all, nil)
	} else {
		a.all = append(a.all, &t)
	}
}
func (a *times) value() any { return a.all }

// blobs has null for no bytes.
type blobs struct{ all [][]byte }

func (a *blobs) add(v any) {
	b := v.([]byte) //nolint:forcetypeassert // a row's types are those of its columns
	if len(b) == 0 {
		b = nil
	}
	a.all = append(a.all, b)
}
func (a *blobs) value() any { return a.all }
