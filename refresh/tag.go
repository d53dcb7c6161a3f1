package refresh

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"slices"
	"strings"
)

// A tag says what a field of a row is:
//
//	Ref   string      `reeve:"ems_ref,key"`
//	UUID  string      `reeve:"uid_ems,index=by_uuid"`
//	Host  Ref[Host]   `reeve:"host_id,stub"`
//	Owner AnyRef      `reeve:"owner_id,key,to=vms:Machine|images:Machine,type=owner_type"`
//	Nets  []Ref[Net]  `reeve:"nets,through=vms_nets(vm_id,net_id)"`
type tag struct {
	column   string
	key      bool
	indexes  []string
	readOnly bool
	ifEmpty  bool
	json     bool
	policy   policy
	to       []string          // of an AnyRef
	typeIn   string            // the column that says to which of them it points
	types    map[string]string // what it says, where that is not the collection's name
	version  versionOf
	null     bool // a reference in a key may be null
	tree     bool // no row is above itself
	through  joinTable
}

// A joinTable has a row for each pair of rows that belong together.
type joinTable struct{ table, own, other string }

// A policy is what becomes of a reference to a row that is not there.
type policy uint8

const (
	optional policy = iota // null, and reported
	required               // the row is refused, and reported
	stub                   // the other row is created with nothing but its key
	lookup                 // it is looked for in the database alone
)

var policies = map[string]policy{"optional": optional, "required": required, "stub": stub, "lookup": lookup}

// versionOf says what a column counts the versions of.
type versionOf struct {
	row    bool
	column string
}

// parseTag returns what a tag says. An empty one: the field is no column.
func parseTag(text string) (t tag, err error) {
	name, options, _ := strings.Cut(text, ",")
	if t.column = name; name == "" || name == allRows {
		return t, errors.New("it names no column; `reeve:\"column\"` is right")
	}
	for option := range optionsIn(options) {
		if option == "" {
			continue
		}
		if err := t.set(option); err != nil {
			return t, err
		}
	}
	return t, nil
}

// optionsIn yields what stands between commas that are not in parentheses.
func optionsIn(text string) iter.Seq[string] {
	depth := 0
	return strings.FieldsFuncSeq(text, func(r rune) bool {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		return r == ',' && depth == 0
	})
}

// tagOptions are those that stand in a tag, as an error names them.
const tagOptions = "key, null, index=NAME, readonly, ifempty, json, optional, required, stub, lookup, tree, to=COLLECTION|COLLECTION, type=COLUMN, through=TABLE(OWN_COLUMN,OTHER_COLUMN), version and version=COLUMN"

func (t *tag) set(option string) error {
	name, value, valued := strings.Cut(option, "=")
	if policy, ok := policies[option]; ok {
		t.policy = policy
		return nil
	}
	switch {
	case option == "key":
		t.key = true
	case option == "null":
		t.null = true
	case option == "tree":
		t.tree = true
	case option == "readonly":
		t.readOnly = true
	case option == "ifempty":
		t.ifEmpty = true
	case option == "json":
		t.json = true
	case option == "version":
		t.version.row = true
	case name == "version" && value != "":
		t.version.column = value
	case name == "index" && value != "":
		t.indexes = append(t.indexes, value)
	case name == "to" && value != "":
		return t.setTo(value)
	case name == "through" && value != "":
		return t.setThrough(value)
	case name == "type" && value != "":
		t.typeIn = value
	case valued && value == "":
		return fmt.Errorf("option %q lacks what comes after =", option)
	default:
		return fmt.Errorf("option %q is not known; there are %s", option, tagOptions)
	}
	return nil
}

// setTo reads COLLECTION|COLLECTION, each with :TYPE after it if the column of types has another name for it.
func (t *tag) setTo(value string) error {
	t.types = map[string]string{}
	for one := range strings.SplitSeq(value, "|") {
		collection, typ, named := strings.Cut(one, ":")
		switch {
		case collection == "":
			return errors.New("to= names an empty collection")
		case named && typ == "":
			return fmt.Errorf("to= gives collection %q an empty type", collection)
		case slices.Contains(t.to, collection):
			return fmt.Errorf("to= names collection %q twice", collection)
		case named:
			t.types[collection] = typ
		}
		t.to = append(t.to, collection)
	}
	return nil
}

// typeOf returns what the column of types says of a row of a collection.
func (t *tag) typeOf(collection string) string {
	return cmp.Or(t.types[collection], collection)
}

// setThrough reads TABLE(OWN_COLUMN,OTHER_COLUMN).
func (t *tag) setThrough(value string) error {
	table, columns, _ := strings.Cut(value, "(")
	columns, closed := strings.CutSuffix(columns, ")")
	own, other, two := strings.Cut(columns, ",")
	t.through = joinTable{table, strings.TrimSpace(own), strings.TrimSpace(other)}
	j := t.through
	if !closed || !two || j.table == "" || j.own == "" || j.other == "" || j.own == j.other || strings.Contains(j.other, ",") {
		return fmt.Errorf("through=%s is no table with two columns; through=TABLE(OWN_COLUMN,OTHER_COLUMN) is right", value)
	}
	return nil
}

// check finds what contradicts itself in a tag of a field of that type.
func (t *tag) check(field reflect.Type) error {
	isAny := field == reflect.TypeFor[AnyRef]()
	points := field.Implements(reflect.TypeFor[reference]())
	many := field.Kind() == reflect.Slice && field.Elem().Implements(reflect.TypeFor[reference]())
	versions := t.version != versionOf{}
	switch {
	case isAny && len(t.to) == 0:
		return errors.New("it says to no collection that it may point; to=COLLECTION|COLLECTION is right")
	case !isAny && (len(t.to) > 0 || t.typeIn != ""):
		return errors.New("to= and type= are for fields of type AnyRef")
	case len(t.types) > 0 && t.typeIn == "":
		return errors.New("to= names types and no column that has them; type=COLUMN is right")
	case t.typeIn != "" && t.typeIn == t.column:
		return errors.New("type= names the column of the field itself")
	case !points && !many && t.policy != optional:
		return errors.New("required, stub and lookup are for fields that point at rows")
	case many != (t.through != joinTable{}):
		return errors.New("through=TABLE(OWN_COLUMN,OTHER_COLUMN) and a slice of Ref belong together")
	case many && (t.key || len(t.indexes) > 0 || t.readOnly || t.ifEmpty || t.json || versions || t.tree):
		return errors.New("what goes through another table has no option but required, stub and lookup")
	case t.key && (t.readOnly || t.ifEmpty):
		return errors.New("a key is neither readonly nor ifempty")
	case t.null && (!t.key || !points):
		return errors.New("null is for references that are part of a key")
	case t.tree && (!points || isAny || t.key):
		return errors.New("tree is for a Ref to rows of the same collection that is no part of the key")
	case t.json && t.key:
		return errors.New("JSON is no key")
	case t.version.row && t.version.column != "":
		return errors.New("it cannot be the version of the row and of a column")
	case versions && (t.key || t.readOnly || t.ifEmpty || t.json):
		return errors.New("a version is neither key, readonly, ifempty nor json")
	}
	return nil
}
