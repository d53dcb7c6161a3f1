package refresh

import (
	"errors"
	"reflect"
	"slices"
)

// An adding is what becomes of a row whose key is there already, and of one whose key is not.
type adding uint8

const (
	building adding = iota // it may be a duplicate
	finding                // the row that is there counts
	existing               // the row that is there counts, and nothing is known of one that is not but that it exists
)

// build adds a row, and returns a pointer to it: the fields that are chosen, or all.
func (c *collection) build(row reflect.Value, chosen []*field, as adding) pointer {
	cells := c.borrow()
	defer c.giveBack(cells)
	err := c.cellsOf(*cells, row, chosen)
	return c.add(*cells, err, as)
}

// borrow returns cells for a row that say nothing, until they are given back.
func (c *collection) borrow() *[]cell {
	if cells, ok := c.spare.Get().(*[]cell); ok {
		return cells
	}
	cells := make([]cell, len(c.shape.fields))
	return &cells
}

func (c *collection) giveBack(cells *[]cell) {
	clear(*cells)
	c.spare.Put(cells)
}

// add adds a row, and returns a pointer to it.
func (c *collection) add(cells []cell, err error, as adding) pointer {
	p, rows := c.addLocked(cells, err, as)
	if c.told != nil && rows > 0 && rows%progressRows == 0 {
		c.told(c.name, rows)
	}
	return p
}

// addLocked returns also how many rows there are then; zero: it is none of them.
func (c *collection) addLocked(cells []cell, err error, as adding) (p pointer, rows int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, blank := appendKey(c.scratch[:0], c.shape.primary, cells)
	if err = errors.Join(err, blank); err != nil {
		c.refuse(cells, err)
		return pointer{}, 0
	}
	c.scratch = key
	number := c.byKey.add(key)
	switch at, there := c.byKey.rowAt(number); {
	case !there:
		c.put(number, cells)
		if rows = c.rows.len(); as == existing {
			c.setBare(rows - 1)
		}
	case as == existing:
	case c.isBare(at):
		*c.rows.at(at), c.bare[at] = c.in.keep(c.write(cells)), false
	case as == building:
		c.again(at, cells)
	}
	return pointer{c, c.shape.primary.number, number}, rows
}

// put adds a row that is new, and has the key of that number.
func (c *collection) put(key int32, cells []cell) {
	c.byKey.set(key, int32(c.rows.len())) //nolint:gosec // limited by memory
	c.rows.add(c.in.keep(c.write(cells)))
}

// setBare notes of a row that nothing is known of it but that it exists.
func (c *collection) setBare(row int) {
	c.bare = append(c.bare, make([]bool, row+1-len(c.bare))...)
	c.bare[row] = true
}

func (c *collection) isBare(row int32) bool { return int(row) < len(c.bare) && c.bare[row] }

// again sees to a row whose key is there already.
func (c *collection) again(at int32, cells []cell) {
	before := c.written(at)
	now := c.write(cells)
	if before == string(now) {
		return
	}
	first := c.in.cells(before, len(c.shape.fields))
	c.duplicates.add(Duplicate{c.name, clip(c.readable(cells)), differing(c.shape, first, cells)})
	switch c.options.Duplicates {
	case LastWins:
		*c.rows.at(at) = c.in.keep(now)
	case Merge:
		*c.rows.at(at) = c.in.keep(c.write(merged(first, cells)))
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

// has reports whether there is a row with the key of that number.
func (c *collection) has(key int32) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, there := c.byKey.rowAt(key)
	return there && !c.isBare(at)
}

// written returns a row as it was written.
func (c *collection) written(row int32) string { return c.in.row(*c.rows.at(row)) }
