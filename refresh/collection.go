package refresh

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/reeve-go/reeve/storage"
)

// A Collection is the rows of one table that a refresh brings, each a T. It is safe for concurrent use, so
// that several parsers can fill it.
type Collection[T any] struct{ *collection }

// A collection is a Collection whatever its rows are.
type collection struct {
	name    string
	options CollectionOptions
	shape   *shape
	in      *contents

	// found once all collections are declared
	targets map[int][]*collection // where a field can point, by its number
	after   []*collection         // what it is bound to
	bonds   map[*collection]bond
	parents []*field
	where   []constant
	joins   *join // nil: it is declared

	err        error // the parser asked for what cannot be
	mu         sync.Mutex
	rows       []int64          // where each is in the spool
	byKey      map[string]int32 // a row's number, by its key
	promises   []map[string]*promise
	refused    []Refusal
	duplicates []Duplicate
	stubbed    map[string]bool // keys of rows that are only pointed at
	incomplete error
	complete   bool // if it has no rows, there are none
	scratch    []byte
}

// Build adds a row, with all of its fields. A row whose key is null or empty is refused, and the plan says
// so. Another row with the same key and other data is a duplicate: see [CollectionOptions.Duplicates].
func (c *Collection[T]) Build(row T) Ref[T] {
	cells, err := c.cellsOf(reflect.ValueOf(&row).Elem(), nil)
	return Ref[T]{c.add(cells, err)}
}

// FindOrBuild adds the row that build returns, unless there is one with the key that like has.
func (c *Collection[T]) FindOrBuild(like T, build func() T) Ref[T] {
	ref := c.LazyFindLike(like)
	if ref.to != nil && c.has(ref.to.key) {
		return ref
	}
	row := build()
	cells, err := c.cellsOf(reflect.ValueOf(&row).Elem(), nil)
	return Ref[T]{c.addUnlessThere(cells, err)}
}

// Patch adds what is known of a row: its key, and the fields to which set returns pointers. The other columns
// stay as they are; what is set to null or zero becomes so.
func (c *Collection[T]) Patch(row T, set func(row *T) []any) Ref[T] {
	chosen, err := c.fieldsAt(reflect.ValueOf(&row), set(&row))
	if err != nil {
		return Ref[T]{c.add(nil, err)}
	}
	cells, err := c.cellsOf(reflect.ValueOf(&row).Elem(), chosen)
	return Ref[T]{c.add(cells, err)}
}

// LazyFind returns a reference to the row with that key. The collection's key has to be one text; else
// [NewPersister] refuses the parser's first use of it with an error. An empty key is a reference to nothing.
func (c *Collection[T]) LazyFind(key string) Ref[T] {
	if key == "" {
		return Ref[T]{}
	}
	fields := c.shape.primary.fields
	if len(fields) != 1 || fields[0].kind != plainField || fields[0].codec.typ != storage.TextType {
		c.misused(fmt.Errorf("LazyFind(%q): its key is not one text but %s; LazyFindLike is right", key, namesOf(fields)))
		return Ref[T]{}
	}
	return Ref[T]{c.promise(c.shape.primary, string(appendValue(nil, storage.TextValue(key))))}
}

// LazyFindLike returns a reference to the row with the same key as like.
func (c *Collection[T]) LazyFindLike(like T) Ref[T] {
	return Ref[T]{c.find(c.shape.primary, reflect.ValueOf(&like).Elem())}
}

// LazyFindBy returns a reference to the row that has the same values as like in the fields of an index.
func (c *Collection[T]) LazyFindBy(name string, like T) Ref[T] {
	x := c.shape.others[name]
	if x == nil {
		c.misused(fmt.Errorf("LazyFindBy(%q): there is no such index; there is %s", name, indexesOf(c.shape)))
		return Ref[T]{}
	}
	return Ref[T]{c.find(x, reflect.ValueOf(&like).Elem())}
}

// Len returns how many rows it has by now.
func (c *Collection[T]) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.rows)
}

// add adds a row, and returns the promise of it.
func (c *collection) add(cells []cell, err error) *promise {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, blank := keyOf(c.shape.primary, cells)
	if err = errors.Join(err, blank); err != nil {
		c.refuse(cells, err)
		return nil
	}
	if c.known(key) {
		c.again(c.byKey[key], cells)
	} else {
		c.put(key, cells)
	}
	return c.promiseLocked(c.shape.primary, key)
}

func (c *collection) addUnlessThere(cells []cell, err error) *promise {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, blank := keyOf(c.shape.primary, cells)
	if err = errors.Join(err, blank); err != nil {
		c.refuse(cells, err)
		return nil
	}
	if !c.known(key) {
		c.put(key, cells)
	}
	return c.promiseLocked(c.shape.primary, key)
}

// known reports whether there is a row with that key that is not only pointed at.
func (c *collection) known(key string) bool {
	_, there := c.byKey[key]
	return there && !c.stubbed[key]
}

// put adds a row that is new, or in the place of one that was only pointed at in a plan before.
func (c *collection) put(key string, cells []cell) {
	if c.stubbed[key] {
		delete(c.stubbed, key)
		c.rows[c.byKey[key]] = c.in.keep(c.write(cells))
		return
	}
	c.byKey[key] = int32(len(c.rows)) //nolint:gosec // limited by memory
	c.rows = append(c.rows, c.in.keep(c.write(cells)))
}

// again sees to a row whose key is there already.
func (c *collection) again(at int32, cells []cell) {
	before := c.in.row(c.rows[at])
	now := c.write(cells)
	if bytes.Equal(before, now) {
		return
	}
	first := c.in.cells(before, len(c.shape.fields))
	d := Duplicate{c.name, c.readable(cells), differing(c.shape, first, cells)}
	c.duplicates = append(c.duplicates, d)
	switch c.options.Duplicates {
	case LastWins:
		c.rows[at] = c.in.keep(now)
	case Merge:
		c.rows[at] = c.in.keep(c.write(merged(first, cells)))
	case RefuseDuplicates, FirstWins:
	}
}

// merged returns the cells of the first row with what the second says besides.
func merged(first, second []cell) []cell {
	out := slices.Clone(first)
	for i := range out {
		if second[i].set {
			out[i] = second[i]
		}
	}
	return out
}

func (c *collection) write(cells []cell) []byte {
	c.scratch = c.scratch[:0]
	for i := range cells {
		c.scratch = appendCell(c.scratch, &cells[i])
	}
	return c.scratch
}

func (c *collection) has(key string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.known(key)
}

// find returns the promise of the row with the values of an index.
func (c *collection) find(x *index, like reflect.Value) *promise {
	cells := make([]cell, len(c.shape.fields))
	for _, f := range x.fields {
		if err := c.fill(&cells[f.number], f, like); err != nil {
			c.misused(fmt.Errorf("what is looked for by %s: %w", namesOf(x.fields), err))
			return nil
		}
	}
	key, blank := keyOf(x, cells)
	if blank != nil {
		return nil
	}
	return c.promise(x, key)
}

func (c *collection) promise(x *index, key string) *promise {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.promiseLocked(x, key)
}

func (c *collection) promiseLocked(x *index, key string) *promise {
	known := c.promises[x.number]
	p := known[key]
	if p == nil {
		p = c.in.newPromise(c, x, key)
		known[key] = p
	}
	return p
}

// misused notes that the parser asks for what cannot be.
func (c *collection) misused(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = errors.Join(c.err, err)
}

// keyOf returns the values of an index's fields, as one text that no other values have. The error says that
// they are no key.
func keyOf(x *index, cells []cell) (string, error) {
	if cells == nil {
		return "", nil
	}
	key := make([]byte, 0, 64)
	blank := true
	for _, f := range x.fields {
		c := &cells[f.number]
		empty := c.to == nil && (c.value.IsNull() || c.value == storage.TextValue(""))
		if empty && !f.nullable {
			return "", fmt.Errorf("column %q of its key is null or empty", f.column)
		}
		blank = blank && empty
		key = appendCell(key, c)
	}
	if blank {
		return "", fmt.Errorf("its key, %s, is null", namesOf(x.fields))
	}
	return string(key), nil
}

func namesOf(fields []*field) string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = fmt.Sprintf("%q", f.column)
	}
	return strings.Join(names, ", ")
}

func indexesOf(s *shape) string {
	if len(s.others) == 0 {
		return "none"
	}
	var names []string
	for name := range s.others {
		names = append(names, fmt.Sprintf("%q", name))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
