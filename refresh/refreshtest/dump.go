package refreshtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// Tables are the rows of tables, by table.
type Tables map[string]Rows

// Rows are the rows of a table, by their keys: column=value for each column, or column=(key) where it points at a
// row.
type Rows map[string]Row

// A Row has the values of the other columns, by column: what does not depend on ids. Null columns are left
// out, so that a table can get columns.
type Row map[string]string

// DumpOptions say how tables are read. Nil is what the database says of them.
type DumpOptions struct {
	// Keys are the columns by which rows are told apart, by table. Without an entry: those of the table's
	// first unique index; all of its columns if it has none.
	Keys map[string][]string
	// Any are columns that point at rows of several tables.
	Any []AnyColumn
	// Unlike are columns, by table, whose values are another each time, such as the times of archived
	// rows: of those only is said that they are not null.
	Unlike map[string][]string
	// Without are columns, by table, that are left out, such as hashes, which are made of ids, too.
	Without map[string][]string
}

// An AnyColumn points at rows of several tables.
type AnyColumn struct {
	Table, Column string
	// Type is the column that says of which one.
	Type string
	// Tables are the tables by what is in Type. Without an entry: the one of that name.
	Tables map[string]string
}

// Dump returns what tables hold, without ids: where a column points at a row, it says that row's key. So what
// two databases hold can be compared, also with a literal. It holds all rows in memory, and nobody should write meanwhile.
func Dump(ctx context.Context, in storage.Inventory, tables []string, o *DumpOptions) (Tables, error) {
	if o == nil {
		o = &DumpOptions{}
	}
	d := dumper{in: in, options: o, tables: map[string]*dumped{}}
	if err := d.read(ctx, tables); err != nil {
		return nil, fmt.Errorf("refreshtest: %w", err)
	}
	out := Tables{}
	for _, name := range tables {
		out[name] = d.rows(name)
	}
	return out, nil
}

// A dumper reads each table once.
type dumper struct {
	in      storage.Inventory
	options *DumpOptions
	tables  map[string]*dumped
}

// dumped is a table that was read.
type dumped struct {
	*storage.Table

	key  []string
	rows []values
	byID map[storage.Value]values
}

// values are those of a row, by column.
type values map[string]storage.Value

// read reads tables, then those that they point at, and so on. No table is described while rows are read: the database
// may have one connection.
func (d *dumper) read(ctx context.Context, names []string) error {
	for len(names) > 0 {
		for _, name := range names {
			t, err := d.in.Describe(ctx, name)
			if err != nil {
				return err
			}
			d.tables[name] = &dumped{Table: t, byID: map[storage.Value]values{}}
			d.tables[name].key = d.tables[name].keyColumns(d.options.Keys[name])
		}
		view, err := d.in.View(ctx)
		if err != nil {
			return err
		}
		for _, name := range names {
			err = errors.Join(err, d.tables[name].read(ctx, view))
		}
		if err = errors.Join(err, view.Close()); err != nil {
			return err
		}
		var more []string
		for _, name := range names {
			more = append(more, d.pointsAt(d.tables[name])...)
		}
		slices.Sort(more)
		names = slices.Compact(more)
	}
	return nil
}

func (t *dumped) read(ctx context.Context, view storage.InventoryView) error {
	columns := make([]storage.Column, len(t.Columns))
	for i, c := range t.Columns {
		columns[i].Name = c.Name
	}
	for row, err := range view.Rows(ctx, storage.RowQuery{Table: t.Name, Columns: columns}) {
		if err != nil {
			return err
		}
		of := values{}
		for i, v := range row {
			of[columns[i].Name] = v
		}
		t.rows = append(t.rows, of)
		if t.ID != "" {
			t.byID[of[t.ID]] = of
		}
	}
	return nil
}

// pointsAt returns the tables at which one points and that were not read yet.
func (d *dumper) pointsAt(t *dumped) (names []string) {
	for _, row := range t.rows {
		for column, v := range row {
			if at, points := d.target(t, row, column); points && !v.IsNull() && at != "" && d.tables[at] == nil {
				names = append(names, at)
			}
		}
	}
	return names
}

// target returns the table at which a column of a row points. It is empty if nothing says which.
func (d *dumper) target(t *dumped, of values, column string) (at string, points bool) {
	at, points = t.References[column]
	for _, a := range d.options.Any {
		if a.Table == t.Name && a.Column == column {
			points = true
			if at = of[a.Type].Text(); a.Tables[at] != "" {
				at = a.Tables[at]
			}
		}
	}
	return at, points
}

func (t *dumped) keyColumns(chosen []string) []string {
	if chosen != nil {
		return chosen
	}
	for _, unique := range t.Unique {
		if !slices.Contains(unique, t.ID) {
			return unique
		}
	}
	var all []string
	for _, c := range t.Columns {
		if c.Name != t.ID {
			all = append(all, c.Name)
		}
	}
	return all
}

func (d *dumper) rows(name string) Rows {
	t := d.tables[name]
	out := Rows{}
	for _, of := range t.rows {
		key := d.key(t, of, 0)
		for n := 2; ; n++ { // rows that no index keeps apart
			if _, there := out[key]; !there {
				break
			}
			key = fmt.Sprintf("%s #%d", d.key(t, of, 0), n)
		}
		row := Row{}
		for column, v := range of {
			if column != t.ID && !slices.Contains(t.key, column) && !v.IsNull() && !slices.Contains(d.options.Without[name], column) {
				row[column] = d.value(t, of, column, 0)
			}
		}
		out[key] = row
	}
	return out
}

// key returns what tells a row apart.
func (d *dumper) key(t *dumped, of values, depth int) string {
	const deepest = 50
	if depth > deepest {
		return "…" // rows that point at each other by their keys
	}
	parts := make([]string, len(t.key))
	for i, column := range t.key {
		parts[i] = column + "=" + d.value(t, of, column, depth)
	}
	return strings.Join(parts, " ")
}

// value returns what a column holds, without ids.
func (d *dumper) value(t *dumped, of values, column string, depth int) string {
	v := of[column]
	at, points := d.target(t, of, column)
	switch {
	case v.IsNull():
		return v.String()
	case slices.Contains(d.options.Unlike[t.Name], column):
		return "set"
	case !points:
		return v.String()
	}
	if at == "" {
		return nowhere
	}
	to := d.tables[at]
	row, there := to.byID[v]
	if !there {
		return nowhere
	}
	return "(" + d.key(to, row, depth+1) + ")"
}

// nowhere is what a column holds that points at no row.
const nowhere = "(nowhere)"

// dangling returns the columns that point at no row.
func (t Tables) dangling() (found []string) {
	for table, rows := range t {
		for key, row := range rows {
			if strings.Contains(key, nowhere) {
				found = append(found, fmt.Sprintf("the key of row %s of table %q", key, table))
			}
			for column, v := range row {
				if strings.Contains(v, nowhere) {
					found = append(found, fmt.Sprintf("column %q of row %s of table %q", column, key, table))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}
