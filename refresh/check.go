package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/storage"
)

// Check compares the collections with the tables of the database. Its error names everything that is wrong: tables,
// ids and columns that are not there, types that do not fit, columns that may not be null and would have to be, and
// keys by which the database would let two rows be the same. [Persister.Open] does it the first time.
//
// It asks [PersisterOptions.Scope] for the columns of a manager without a name.
func (p *Persister[P]) Check(ctx context.Context) error {
	r, err := p.open()
	if err != nil {
		return err
	}
	scope, err := constantsOf(p.options.Scope(""))
	if err != nil {
		return fmt.Errorf("refresh: the scope of a manager: %w", err)
	}
	tables := map[string]*storage.Table{}
	var errs []error
	for n, c := range r.graph.order {
		table, err := p.store.Describe(ctx, c.options.Table)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			errs = append(errs, fmt.Errorf("refresh: collection %q: there is no table %q", c.name, c.options.Table))
			continue
		case err != nil:
			return errors.Join(append(errs, fmt.Errorf("refresh: collection %q: %w", c.name, err))...)
		}
		tables[table.Name] = table
		k := checker{collection: c, table: table, before: r.graph.order[:n], constants: c.where}
		if len(c.parents) == 0 {
			k.constants = slices.Concat(scope, c.where)
		}
		for _, wrong := range k.check(r.graph.order) {
			errs = append(errs, fmt.Errorf("refresh: collection %q, table %q: %s", c.name, table.Name, wrong))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	p.tables.Store(&tables)
	return nil
}

// checkOnce checks the first time, and again as long as something is wrong.
func (p *Persister[P]) checkOnce(ctx context.Context) error {
	if p.tables.Load() != nil {
		return nil
	}
	return p.Check(ctx)
}

// A checker finds what is wrong with the table of a collection.
type checker struct {
	*collection

	table     *storage.Table
	before    []*collection // in order
	constants []constant
	wrong     []string
}

func (k *checker) errorf(format string, args ...any) {
	k.wrong = append(k.wrong, fmt.Sprintf(format, args...))
}

func (k *checker) check(all []*collection) []string {
	if k.joins == nil && k.table.ID != k.options.ID {
		k.errorf("its id is %q and CollectionOptions.ID says %q", k.table.ID, k.options.ID)
	}
	for _, f := range k.shape.fields {
		if f.own() {
			k.checkField(f)
		}
	}
	for _, c := range k.constants {
		k.column(c.column, "that all its rows have in common")
	}
	if name := k.options.Hash; name != "" {
		if c := k.column(name, "of Hash"); c != nil && (!c.Null || c.Type != storage.IntType && c.Type != storage.AnyType) {
			k.errorf("column %q of Hash is %s; an integer that may be null is right", name, described(c))
		}
		if slices.ContainsFunc(k.constants, func(c constant) bool { return c.column == name }) {
			k.errorf("column %q is Hash and the same in all its rows besides; a column of its own is right", name)
		}
	}
	if name := k.options.Archive; name != "" {
		if c := k.column(name, "of Archive"); c != nil && (!c.Null || !fits(storage.TimeType, c.Type)) {
			k.errorf("column %q of Archive is %s; a time that may be null is right", name, described(c))
		}
	}
	k.checkKey()
	k.checkFilled(all)
	return k.wrong
}

// column returns a column of the table, or notes that there is none.
func (k *checker) column(name, what string) *storage.Column {
	at := slices.IndexFunc(k.table.Columns, func(c storage.Column) bool { return c.Name == name })
	if at < 0 {
		k.errorf("there is no column %q %s", name, what)
		return nil
	}
	return &k.table.Columns[at]
}

func (k *checker) checkField(f *field) {
	c := k.column(f.column, "of field "+f.name)
	if f.typeIn != "" {
		if types := k.column(f.typeIn, "of types of field "+f.name); types != nil && !fits(storage.TextType, types.Type) {
			k.errorf("column %q is %s; it is for types, so a text is right", f.typeIn, described(types))
		}
	}
	switch {
	case c == nil:
	case !fits(f.codec.typ, c.Type):
		k.errorf("column %q is %s, and field %s has %s", f.column, described(c), f.name, f.codec.typ)
	case f.points():
		k.checkPointing(f, c)
	case f.nullable && !c.Null && !f.readOnly:
		k.errorf("column %q may not be null, and field %s may", f.column, f.name)
	}
}

// checkPointing finds what is wrong with a column that points at rows.
func (k *checker) checkPointing(f *field, c *storage.Column) {
	at := k.targets[f.number]
	if to, declared := k.table.References[f.column]; declared && f.typeIn == "" && to != at[0].options.Table {
		k.errorf("column %q points at table %q, and field %s at rows of %q", f.column, to, f.name, at[0].options.Table)
	}
	if c.Null || f.readOnly {
		return
	}
	onlyParent := len(k.parents) == 1 && k.parents[0] == f
	switch {
	case f.nullable:
		k.errorf("column %q may not be null, and the tag of field %s says that it may", f.column, f.name)
	case f.policy != required && !f.key && !onlyParent:
		k.errorf("column %q may not be null, and field %s points at nothing where a row is not found; required is right, or a column that may be null", f.column, f.name)
	case slices.ContainsFunc(at, func(to *collection) bool { return !slices.Contains(k.before, to) }):
		k.errorf("column %q may not be null, and what field %s points at can be written later", f.column, f.name)
	}
}

// checkKey demands that the database lets no two rows have the same key.
func (k *checker) checkKey() {
	var key []string
	for _, f := range k.shape.primary.fields {
		if key = append(key, f.column); f.typeIn != "" {
			key = append(key, f.typeIn)
		}
	}
	if slices.Contains(key, k.table.ID) {
		return
	}
	for _, c := range k.constants {
		key = append(key, c.column)
	}
	within := func(unique []string) bool {
		return !slices.ContainsFunc(unique, func(column string) bool { return !slices.Contains(key, column) })
	}
	if !slices.ContainsFunc(k.table.Unique, within) {
		k.errorf("no unique index keeps two rows from having the same key; one on (%s) is right", strings.Join(key, ", "))
	}
}

// checkFilled demands that rows can be created with what is known of them.
func (k *checker) checkFilled(all []*collection) {
	if !k.mode().creates() {
		return
	}
	filled, inKey := map[string]bool{k.options.ID: true}, map[string]bool{}
	for _, f := range k.shape.fields {
		for _, column := range []string{f.column, f.typeIn} {
			filled[column] = filled[column] || !f.readOnly && f.own()
			inKey[column] = f.key
		}
	}
	for _, c := range k.constants {
		filled[c.column], inKey[c.column] = true, true
	}
	by := stubbedBy(k.collection, all)
	for _, c := range k.table.Columns {
		switch {
		case c.Null || c.Default || c.Name == k.table.ID:
		case !filled[c.Name]:
			k.errorf("column %q may not be null and has no default, and no field fills it", c.Name)
		case by != "" && !inKey[c.Name]:
			k.errorf("column %q may not be null and has no default, and rows with nothing but a key are created for %s", c.Name, by)
		}
	}
}

// stubbedBy returns a field for which rows of a collection are created with nothing but their key.
func stubbedBy(c *collection, all []*collection) string {
	for _, other := range all {
		for _, f := range other.shape.fields {
			if f.policy == stub && slices.Contains(other.targets[f.number], c) {
				return fmt.Sprintf("field %s of collection %q, whose tag says stub", f.name, other.name)
			}
		}
	}
	return ""
}

// fits reports whether a column of a type can have all values of another.
func fits(values, column storage.ColumnType) bool {
	return values == storage.AnyType || column == storage.AnyType || values == column || slices.Contains(fitting[values], column)
}

var fitting = map[storage.ColumnType][]storage.ColumnType{
	storage.BoolType:  {storage.IntType, storage.TextType},
	storage.IntType:   {storage.NumericType, storage.TextType},
	storage.FloatType: {storage.NumericType, storage.TextType},
	storage.TextType:  {storage.UUIDType, storage.NumericType, storage.JSONType, storage.TimeType},
	storage.TimeType:  {storage.IntType, storage.TextType},
	storage.JSONType:  {storage.TextType},
}

func described(c *storage.Column) string {
	if c.Null {
		return c.Type.String()
	}
	return c.Type.String() + " that may not be null"
}
