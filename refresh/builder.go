package refresh

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A Builder collects the collections of one refresh, see [Add].
type Builder struct {
	in          *contents
	told        func(collection string, rows int)
	collections []*collection
	joins       []*collection // what is not declared
	steps       []Step
	errs        []error
}

// Add adds a collection of rows of type T, under a name that is its own. The tags of T's fields say which columns of the
// table they are; fields without a tag are none.
//
//	Ref   string      `reeve:"ems_ref,key"`
//	UUID  string      `reeve:"uid_ems,index=by_uuid"`
//	Host  Ref[Host]   `reeve:"host_id,stub"`
//	Owner AnyRef      `reeve:"owner_id,key,to=vms:Machine|images:Machine,type=owner_type"`
//	Nets  []Ref[Net]  `reeve:"nets,through=vms_nets(vm_id,net_id)"`
//
// After the column there can be:
//
//   - key: with all others that say so it tells rows apart. A part may not be null or empty, but nil where it is a pointer,
//     and pointing at nothing where a reference says null, too. A reference in a key has to be found.
//   - index=NAME: with all others of that name it finds rows, see [Collection.LazyFindBy].
//   - readonly: rows are found and compared by it, and it is never written.
//   - ifempty: it is written where the database has null or an empty text.
//   - json: any type, as JSON.
//   - version: a number or time that grows with what is said of the row. What is older than what the database has is
//     not written. Version=COLUMN is the same for one column.
//   - to=COLLECTION|COLLECTION: where an [AnyRef] can point. Type=COLUMN is the column that has the collection's name,
//     or the one after a colon, COLLECTION:TYPE.
//   - tree: no row is above itself by this reference, also by way of rows that only the database has. Where it would be, in
//     a [Ring], it points at nothing.
//   - through=TABLE(OWN_COLUMN,OTHER_COLUMN): a slice of references is kept in a table that has a row for each: the
//     name before it is only for reports. Nobody else has rows there for the row.
//
// And what becomes of a reference to a row that is not there, neither brought nor in the database:
//
//   - optional, as without a word: null, and [Plan.Unresolved] has it.
//   - required: the row is refused, see [Plan.Refused], and what cannot be without it, too. What the database has of a
//     row that is refused stays, and can be pointed at. What a row that stays requires stays with it, see [Plan.Needed].
//   - stub: the other row is created with nothing but its key, and stays as long as something points at it like that.
//     If it is archived, it comes back. Where it is not looked for by its key, it is as optional.
//   - lookup: only what is in the database already is found.
func Add[T any](b *Builder, name string, o *CollectionOptions) *Collection[T] {
	return &Collection[T]{b.add(name, reflect.TypeFor[T](), o)}
}

func (b *Builder) add(name string, row reflect.Type, o *CollectionOptions) *collection {
	c := &collection{node: node{name: name}, in: b.in, told: b.told, targets: map[int][]*collection{}}
	if o != nil {
		c.options = *o
	}
	if c.options.Table == "" {
		c.options.Table = name
	}
	if c.options.ID == "" {
		c.options.ID = "id"
	}
	s, err := shapeOf(row)
	if err == nil {
		err = c.options.check(s)
	}
	if err == nil {
		c.where, err = constantsOf(c.options.Where)
	}
	c.shape = s
	c.promises = make([]list[*promise], 1)
	if s != nil {
		c.others = make([]keyring, len(s.others))
		c.promises = make([]list[*promise], 1+len(s.others))
		if c.options.Hash != "" {
			c.hashed = hashedColumns(s)
		}
	}
	switch {
	case name == "":
		err = errors.New("its name is empty")
	case b.named(name) != nil:
		err = errors.New("there are two of that name")
	}
	if err != nil {
		b.errs = append(b.errs, fmt.Errorf("refresh: collection %q: %w", name, err))
	}
	b.collections = append(b.collections, c)
	return c
}

func (b *Builder) named(name string) *collection {
	for _, c := range b.collections {
		if c.name == name {
			return c
		}
	}
	return nil
}

// check finds what does not fit the fields of the rows.
func (o *CollectionOptions) check(s *shape) error {
	var errs []error
	for _, column := range o.ChildOf {
		if f := s.column(column); f == nil || f.kind != refField {
			errs = append(errs, fmt.Errorf("option ChildOf names column %q, which is no Ref or AnyRef of %s; those are %s", column, s.row, referencesOf(s)))
		}
	}
	for _, name := range o.Reconnect {
		if s.others[name] == nil {
			errs = append(errs, fmt.Errorf("option Reconnect names index %q; there is %s", name, indexesOf(s)))
		}
	}
	if len(o.Reconnect) > 0 && o.Archive == "" {
		errs = append(errs, errors.New("option Reconnect is for rows that are archived, and Archive is empty"))
	}
	if o.Guard != nil {
		if err := o.Guard.check(); err != nil {
			errs = append(errs, fmt.Errorf("Guard: %w", err))
		}
	}
	if o.Hash != "" && o.names(s, o.Hash) {
		errs = append(errs, fmt.Errorf("column %q is Hash and something else besides; a column of its own is right", o.Hash))
	}
	if o.Archive != "" && s.column(o.Archive) != nil {
		errs = append(errs, fmt.Errorf("column %q is a field and Archive; the library alone writes Archive", o.Archive))
	}
	if len(o.Reconnect) > 0 && s.column(o.ID) != nil {
		errs = append(errs, fmt.Errorf("option Reconnect is for rows that come back under another key, and column %q is the key and the table's id, which stays", o.ID))
	}
	if s.column(o.ID) != nil && !s.column(o.ID).key {
		errs = append(errs, fmt.Errorf("column %q is the table's id and a field that is not its key", o.ID))
	}
	return errors.Join(errs...)
}

// names reports whether fields, or options besides Hash, are about a column.
func (o *CollectionOptions) names(s *shape, column string) bool {
	_, constant := o.Where[column]
	return constant || column == o.ID || column == o.Archive ||
		slices.ContainsFunc(s.fields, func(f *field) bool { return f.column == column || f.typeIn == column })
}

func (s *shape) column(name string) *field {
	i := slices.IndexFunc(s.fields, func(f *field) bool { return f.column == name })
	if i < 0 {
		return nil
	}
	return s.fields[i]
}

func referencesOf(s *shape) string {
	var names []string
	for _, f := range s.fields {
		if f.kind == refField {
			names = append(names, fmt.Sprintf("%q", f.column))
		}
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
