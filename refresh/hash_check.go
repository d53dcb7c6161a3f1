package refresh

import (
	"errors"
	"fmt"
	"slices"
)

// checkHashes refuses columns of hashes that are of no use, and such as two collections would write into in turns.
func (g *graph) checkHashes() error {
	var errs []error
	for n, c := range g.order {
		if c.options.Hash == "" {
			continue
		}
		if why := c.unhashable(g.order[:n]); why != "" {
			errs = append(errs, fmt.Errorf("refresh: collection %q: option Hash is of no use where %s: then all columns are read and compared; leave it empty", c.name, why))
		}
		for _, other := range g.order[:n] {
			if other.options.Table == c.options.Table && other.options.Hash == c.options.Hash && !apart(c, other) {
				errs = append(errs, fmt.Errorf("refresh: collections %q and %q have their hashes in the same column %q of table %q, and a row can be in both; a column each is right, or options Where that tell them apart",
					other.name, c.name, c.options.Hash, c.options.Table))
			}
		}
	}
	return errors.Join(errs...)
}

// unhashable returns why all rows of a collection are read, whatever their hashes are; before are the collections that come
// first in the order of the graph. Empty: they are not.
func (c *collection) unhashable(before []*collection) string {
	if !c.mode().updates() {
		return "rows are not updated, as option Mode says"
	}
	if v := c.shape.version; v != nil {
		return fmt.Sprintf("rows have a version, field %s", v.name)
	}
	for _, f := range c.shape.fields {
		if to := c.pointsBack(f, before); to != nil {
			return fmt.Sprintf("a row can point at one that is written with it or later, by field %s at one of %q", f.name, to.name)
		}
	}
	return ""
}

// pointsBack returns a collection of those at whose rows a field can point that is not one of those that come before; nil:
// there is none. What is in a key always comes before.
func (c *collection) pointsBack(f *field, before []*collection) *collection {
	if !f.points() {
		return nil
	}
	for _, to := range c.targets[f.number] {
		if !slices.Contains(before, to) {
			return to
		}
	}
	return nil
}

// apart reports whether no row can be in both of two collections of one table: they have different constants, or one parent
// each, by the same column, and the parents are apart or of different types.
func apart(a, b *collection) bool {
	for _, of := range a.where {
		if slices.ContainsFunc(b.where, func(c constant) bool { return c.column == of.column && c.value != of.value }) {
			return true
		}
	}
	if len(a.parents) != 1 || len(b.parents) != 1 {
		return false
	}
	f, g := a.parents[0], b.parents[0]
	if f.column != g.column || f.typeIn != g.typeIn {
		return false
	}
	for _, x := range a.targets[f.number] {
		for _, y := range b.targets[g.number] {
			told := f.typeIn != "" && f.typeOf(x.name) != g.typeOf(y.name)
			if !told && (x.options.Table != y.options.Table || !apart(x, y)) {
				return false
			}
		}
	}
	return true
}
