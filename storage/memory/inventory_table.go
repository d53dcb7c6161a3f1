package memory

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// tables are the tables of an inventory by name.
type tables map[string]*table

func (all tables) find(name string) (*table, error) {
	if t := all[name]; t != nil {
		return t, nil
	}
	return nil, fmt.Errorf("%w: there is no table %q", storage.ErrNotFound, name)
}

// A table holds rows by their place. Rows are never changed, but replaced.
type table struct {
	shape   *storage.Table
	rows    [][]storage.Value // nil: free
	free    []int
	unique  []*index // the first is the id's, if there is one
	pointed []*pointed
	id      int   // the id's column; -1: none
	last    int64 // the greatest integer that was an id
}

// An index finds the place of a row by the values of columns.
type index struct {
	columns []int
	places  map[string]int
}

// pointed counts how many rows point at each id of another table.
type pointed struct {
	column int
	at     string
	counts map[storage.Value]int
}

func newTable(shape storage.Table) (*table, error) {
	shape = cloneShape(shape)
	t := &table{shape: &shape, id: -1}
	find := func(name string) (int, error) {
		at := slices.IndexFunc(shape.Columns, func(c storage.Column) bool { return c.Name == name })
		if at < 0 {
			return at, fmt.Errorf("memory: table %q has no column %q", shape.Name, name)
		}
		return at, nil
	}
	if shape.ID != "" {
		at, err := find(shape.ID)
		if err != nil {
			return nil, err
		}
		id := &shape.Columns[at]
		id.Null, id.Default = false, id.Default || id.Type == storage.IntType
		t.id = at
		t.unique = append(t.unique, &index{[]int{at}, map[string]int{}})
	}
	for _, names := range shape.Unique {
		x := &index{places: map[string]int{}}
		for _, name := range names {
			at, err := find(name)
			if err != nil {
				return nil, err
			}
			x.columns = append(x.columns, at)
		}
		t.unique = append(t.unique, x)
	}
	for name, to := range shape.References {
		at, err := find(name)
		if err != nil {
			return nil, err
		}
		t.pointed = append(t.pointed, &pointed{at, to, map[storage.Value]int{}})
	}
	return t, nil
}

// clone returns a copy that can be changed.
func (t *table) clone() *table {
	c := *t
	c.rows, c.free, c.unique, c.pointed = slices.Clone(t.rows), slices.Clone(t.free), slices.Clone(t.unique), slices.Clone(t.pointed)
	for i, x := range t.unique {
		c.unique[i] = &index{x.columns, maps.Clone(x.places)}
	}
	for i, p := range t.pointed {
		c.pointed[i] = &pointed{p.column, p.at, maps.Clone(p.counts)}
	}
	return &c
}

// key returns the values of a row by which an index finds it. A row with a null among them is not found,
// and is like no other.
func (x *index) key(row []storage.Value) (key string, found bool) {
	values := make([]storage.Value, len(x.columns))
	for i, at := range x.columns {
		if values[i] = row[at]; values[i].IsNull() {
			return "", false
		}
	}
	return adapter.Key(values), true
}

// placeOf returns the place of the row with an id.
func (t *table) placeOf(id storage.Value) (place int, found bool) {
	place, found = t.unique[0].places[adapter.Key([]storage.Value{id})]
	return place, found
}

// put sets the row at a place: a new one, one in the place of another, or none. References and what points
// at it are the caller's matter.
func (t *table) put(place int, row []storage.Value) error {
	old := t.rows[place]
	for _, x := range t.unique {
		if row == nil {
			break
		}
		key, ok := x.key(row)
		if other, taken := x.places[key]; ok && taken && other != place {
			return storage.Errorf(storage.ErrConflict, t.keyOf(row), "a row with the same %s is there", t.names(x.columns))
		}
	}
	for _, x := range t.unique {
		if old != nil {
			if key, ok := x.key(old); ok {
				delete(x.places, key)
			}
		}
		if row != nil {
			if key, ok := x.key(row); ok {
				x.places[key] = place
			}
		}
	}
	for _, p := range t.pointed {
		if old != nil {
			p.counts[old[p.column]]--
		}
		if row != nil {
			p.counts[row[p.column]]++
		}
	}
	t.rows[place] = row
	if row != nil && t.id >= 0 {
		t.last = max(t.last, row[t.id].Int())
	}
	return nil
}

// add puts a row where there is room.
func (t *table) add(row []storage.Value) error {
	if n := len(t.free); n > 0 {
		if err := t.put(t.free[n-1], row); err != nil {
			return err
		}
		t.free = t.free[:n-1]
		return nil
	}
	t.rows = append(t.rows, nil)
	return t.put(len(t.rows)-1, row)
}

// keyOf names a row in errors: by its id, else by all its values.
func (t *table) keyOf(row []storage.Value) storage.Key {
	if t.id >= 0 {
		return storage.Key{Kind: t.shape.Name, ID: row[t.id].String()}
	}
	texts := make([]string, len(row))
	for i, v := range row {
		texts[i] = v.String()
	}
	return storage.Key{Kind: t.shape.Name, ID: strings.Join(texts, ", ")}
}

func (t *table) names(columns []int) string {
	names := make([]string, len(columns))
	for i, at := range columns {
		names[i] = t.shape.Columns[at].Name
	}
	return strings.Join(names, ", ")
}

// blank returns a row of what columns have that are not named.
func (t *table) blank() []storage.Value {
	row := make([]storage.Value, len(t.shape.Columns))
	for i, c := range t.shape.Columns {
		if c.Default {
			row[i] = defaults[c.Type]
		}
	}
	return row
}

var defaults = map[storage.ColumnType]storage.Value{
	storage.BoolType:    storage.BoolValue(false),
	storage.IntType:     storage.IntValue(0),
	storage.FloatType:   storage.FloatValue(0),
	storage.TextType:    storage.TextValue(""),
	storage.BytesType:   storage.BytesValue(nil),
	storage.TimeType:    storage.TimeValue(time.Unix(0, 0)),
	storage.JSONType:    storage.TextValue("{}"),
	storage.NumericType: storage.TextValue("0"),
	storage.UUIDType:    storage.TextValue("00000000-0000-0000-0000-000000000000"),
}
