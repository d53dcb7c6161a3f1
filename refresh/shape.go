package refresh

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// A shape is what the fields of a row are. It is read from the tags of its struct, once.
type shape struct {
	row     reflect.Type
	fields  []*field
	primary *index
	others  map[string]*index

	version  *field            // of the row; nil: it has none
	versions map[*field]*field // of columns
}

// A field of a row is a column.
type field struct {
	tag

	name   string // in Go
	number int    // among the fields
	at     []int  // in the struct
	codec  codec  // of what is known; not for references
	kind   fieldKind
	other  reflect.Type // the rows that a Ref points at

	nullable bool // as a part of a key
}

// points reports whether a field's column is the id of a row.
func (f *field) points() bool { return f.kind == refField || f.kind == valueField && f.other != nil }

// own reports whether the columns of the table have the field.
func (f *field) own() bool { return f.kind != manyField }

type fieldKind uint8

const (
	plainField fieldKind = iota
	refField             // Ref or AnyRef
	valueField           // Value
	manyField            // []Ref, by way of a table that joins
)

// An index is fields that together tell rows apart.
type index struct {
	name   string // empty: the primary key
	number int32
	fields []*field
}

// shapeOf reads the tags of a struct.
func shapeOf(row reflect.Type) (*shape, error) {
	if row.Kind() != reflect.Struct {
		return nil, fmt.Errorf("its rows are of type %s; a struct is right", row)
	}
	s := &shape{row: row, primary: &index{}, others: map[string]*index{}}
	columns := map[string]string{}
	var errs []error
	for _, f := range reflect.VisibleFields(row) {
		text, tagged := f.Tag.Lookup("reeve")
		if !tagged || text == "-" {
			continue
		}
		one, err := s.field(f, text)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("field %s, tag %q: %w", f.Name, text, err))
		case columns[one.column] != "":
			errs = append(errs, fmt.Errorf("fields %s and %s are both column %q", columns[one.column], f.Name, one.column))
		default:
			columns[one.column] = f.Name
			s.add(one)
		}
	}
	if len(errs) == 0 && len(s.primary.fields) == 0 {
		errs = append(errs, fmt.Errorf("no field of %s is its key; an option key in a tag is right", row))
	}
	if len(errs) == 0 {
		errs = append(errs, s.findVersions())
	}
	return s, errors.Join(errs...)
}

func (s *shape) field(f reflect.StructField, text string) (*field, error) {
	if !f.IsExported() {
		return nil, errors.New("it is not exported")
	}
	t, err := parseTag(text)
	if err != nil {
		return nil, err
	}
	out := &field{tag: t, name: f.Name, at: f.Index, nullable: f.Type.Kind() == reflect.Pointer}
	zero := reflect.Zero(f.Type).Interface()
	of := f.Type
	switch zero := zero.(type) {
	case reference:
		out.kind, out.other, out.nullable = refField, zero.rowType(), t.null
		return out, t.check(f.Type)
	case borrowed:
		out.kind, of = valueField, zero.valueType()
		if t.key || len(t.indexes) > 0 {
			return nil, errors.New("a Value is part of no key and no index, because it is found by them")
		}
		if r, points := reflect.TypeAssert[reference](reflect.Zero(of)); points {
			if out.other = r.rowType(); out.other == nil {
				return nil, errors.New("a Value of an AnyRef is not possible; a Value of a Ref is")
			}
			return out, t.check(f.Type)
		}
	}
	if err := t.check(f.Type); err != nil {
		return nil, err
	}
	if t.through != (joinTable{}) {
		out.kind, out.other = manyField, reflect.Zero(f.Type.Elem()).Interface().(reference).rowType() //nolint:forcetypeassert // checked
		if out.other == nil {
			return nil, errors.New("a slice of AnyRef is not possible; one of Ref is")
		}
		return out, nil
	}
	if out.codec = jsonCodec; !t.json {
		out.codec, err = codecOf(of)
	}
	return out, err
}

func (s *shape) add(f *field) {
	f.number = len(s.fields)
	s.fields = append(s.fields, f)
	if f.key {
		s.primary.fields = append(s.primary.fields, f)
	}
	for _, name := range f.indexes {
		x := s.others[name]
		if x == nil {
			x = &index{name: name, number: int32(len(s.others) + 1)} //nolint:gosec // few
			s.others[name] = x
		}
		x.fields = append(x.fields, f)
	}
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
