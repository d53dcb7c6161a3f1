package refresh

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// cellsOf sets cells to what the fields of a row say: those that are chosen and those of its key; without a choice
// all of them.
func (c *collection) cellsOf(cells []cell, row reflect.Value, chosen []*field) error {
	var errs []error
	for _, f := range c.shape.fields {
		if chosen != nil && !f.key && !slices.Contains(chosen, f) {
			continue
		}
		to := &cells[f.number]
		err := c.fill(to, f, row)
		if err == nil {
			err = to.value.CheckStorable() // so that the row alone is kept out
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("column %q: %w", f.column, err))
		}
	}
	return errors.Join(errs...)
}

// fill sets a cell to what the field of a row says.
func (c *collection) fill(to *cell, f *field, row reflect.Value) (err error) {
	v := row.FieldByIndex(f.at)
	to.set = true
	switch f.kind {
	case refField:
		to.to = v.Addr().Interface().(reference).promise() //nolint:forcetypeassert // such is the field
		return c.pointsRight(f, to.to)
	case valueField:
		return c.fillValue(to, f, v.Addr().Interface().(borrowed)) //nolint:forcetypeassert // such is the field
	case manyField:
		to.value, err = c.fillMany(f, v)
		return err
	default:
		to.value, err = f.codec.encode(v)
		return err
	}
}

// fillValue sets a cell to what is known or borrowed.
func (c *collection) fillValue(to *cell, f *field, b borrowed) (err error) {
	var from int
	if to.to, from = b.source(); to.to != nil {
		if err := c.borrowsRight(to.to, from); err != nil {
			return err
		}
		to.from = from + 1
		to.to.lend(from)
	}
	if f.other == nil {
		to.value, err = f.codec.encode(b.literal())
		return err
	}
	known := b.literal().Addr().Interface().(reference).promise() //nolint:forcetypeassert // such is the field
	if err := c.pointsRight(f, known); err != nil || known == nil {
		return err
	}
	if to.to == nil {
		to.to = known
		return nil
	}
	to.value = storage.IntValue(int64(known.number)) // a promise stands for itself until it is planned
	return nil
}

// pointsRight refuses a reference to where the field cannot point. It notes if the row is to be created.
func (c *collection) pointsRight(f *field, p *promise) error {
	switch {
	case p == nil:
		return nil
	case p.in.in != c.in:
		return fmt.Errorf("it points at a row of another refresh's collection %q", p.in.name)
	case f.other == nil && !slices.Contains(f.to, p.in.name):
		return fmt.Errorf("it points at collection %q, and its tag allows %q", p.in.name, f.to)
	case f.policy == stub && p.by == p.in.shape.primary: // else there is no key to create it with
		p.in.mu.Lock()
		p.stub = true
		p.in.mu.Unlock()
	}
	return nil
}

func (c *collection) borrowsRight(p *promise, from int) error {
	if p.in.in != c.in {
		return fmt.Errorf("it is from a row of another refresh's collection %q", p.in.name)
	}
	if from < 0 {
		return fmt.Errorf("From was given a function that does not return a pointer to a tagged field of %s", p.in.shape.row)
	}
	return nil
}

// lend notes that others have a field from the row.
func (p *promise) lend(field int) {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	if p.borrowed == nil {
		p.borrowed = map[int]bool{}
	}
	p.borrowed[field] = true
}

// fieldAt returns the number of the field of a row that a pointer points at; -1: none.
func (c *collection) fieldAt(row, at reflect.Value) int {
	for _, f := range c.shape.fields {
		if row.Elem().FieldByIndex(f.at).Addr().Pointer() == at.Pointer() && row.Elem().FieldByIndex(f.at).Type() == at.Type().Elem() {
			return f.number
		}
	}
	return -1
}

// fieldsAt returns the fields of a row that pointers point at.
func (c *collection) fieldsAt(row reflect.Value, at []any) ([]*field, error) {
	chosen := make([]*field, 0, len(at))
	for _, one := range at {
		v := reflect.ValueOf(one)
		if v.Kind() != reflect.Pointer {
			return nil, fmt.Errorf("a patch names a %T; pointers to fields of the row are right", one)
		}
		n := c.fieldAt(row, v)
		if n < 0 {
			return nil, fmt.Errorf("a patch names a %T that points at no tagged field of the row", one)
		}
		chosen = append(chosen, c.shape.fields[n])
	}
	return chosen, nil
}
