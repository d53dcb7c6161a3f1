package refresh

import (
	"reflect"

	"github.com/reeve-go/reeve/storage"
)

// A Ref points at a row of a collection that is found when the refresh is planned: in what this refresh
// brought, else in the database. So rows may come in any order, and point at each other. The zero Ref
// points at nothing, and its column is null.
type Ref[T any] struct{ to pointer }

// Any returns the Ref for a field that points at rows of several collections.
func (r Ref[T]) Any() AnyRef { return AnyRef(r) }

// IsNull reports whether it points at nothing.
func (r Ref[T]) IsNull() bool { return r.to.in == nil }

func (r Ref[T]) promise() *promise     { return r.to.promise() }
func (r Ref[T]) rowType() reflect.Type { return reflect.TypeFor[T]() }

func (r *Ref[T]) pointAt(p *promise) { r.to = p.pointer() }

// An AnyRef points at a row of one of several collections: those that its tag names after to=. The zero
// AnyRef points at nothing.
type AnyRef struct{ to pointer }

// IsNull reports whether it points at nothing.
func (r AnyRef) IsNull() bool { return r.to.in == nil }

func (r AnyRef) promise() *promise     { return r.to.promise() }
func (r AnyRef) rowType() reflect.Type { return nil }
func (r *AnyRef) pointAt(p *promise)   { r.to = p.pointer() }

// A reference is what a field that points at a row holds.
type reference interface {
	promise() *promise
	rowType() reflect.Type // of the rows it can point at; nil: its tag says which
}

// A pointer is what a reference is made of: a key of an index of a collection, by their numbers. Only what a row holds
// becomes a promise: of most rows nobody needs one.
type pointer struct {
	in  *collection // nil: it points at nothing
	by  int32
	key int32
}

func (p pointer) promise() *promise {
	if p.in == nil {
		return nil
	}
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	return p.in.promiseAt(p.by, p.key)
}

// A promise is a row that is looked for: by the values of an index of its collection. All references to
// the same row by the same index share one.
type promise struct {
	in     *collection
	by     *index
	key    int32 // the number of the values in the index
	number int32 // in the inventory, from 1 on

	stub     bool         // the row is created if it is not there
	borrowed map[int]bool // the fields that others have from the row
	found    target       // once it is planned
}

func (p *promise) pointer() pointer {
	if p == nil {
		return pointer{}
	}
	return pointer{p.in, p.by.number, p.key}
}

// text returns the values that it looks for, as the index writes them.
func (p *promise) text() string {
	p.in.mu.Lock()
	defer p.in.mu.Unlock()
	return string(p.in.keysOf(p.by.number).at(p.key))
}

// A target is what a promise was found to be.
type target struct {
	is     found
	newer  bool                  // it is not there because a newer refresh removed it
	row    int32                 // in its collection, if the refresh brought it
	id     storage.Value         // null: it is to be created
	fields map[int]storage.Value // that others have from it, as the database has them
	stays  map[int]bool          // those of them of which it does not count what was said
}

type found uint8

const (
	notLooked found = iota
	nothing         // there is no such row
	several         // there is more than one, so the index is none
	one
)

// A Value is what a column is to hold: something that the parser knows, or a field of another row that is
// found with it. The zero Value is the zero value of V. V can be a Ref: a field of type Value[Ref[Host]] points at
// what another row points at.
type Value[V any] struct {
	known V // or, if from is set, what counts where there is no such row, or its field is null
	from  *promise
	field int // of the row's collection
}

// Of returns a Value that is known.
func Of[V any](v V) Value[V] { return Value[V]{known: v} }

// From returns the Value that a field of the row has that r points at; field says which, by the address in the row
// that it is given. Otherwise is what counts if there is no such row, or its field is null; a stored false or zero is
// a value.
//
// It is what the field holds when the refresh is saved: what the parser said of it, or what the database has where the
// parser said nothing, or where what it said is not written.
func From[T, V any](r Ref[T], field func(*T) *V, otherwise V) Value[V] {
	v := Value[V]{known: otherwise, from: r.promise()}
	if v.from != nil {
		var row T
		v.field = v.from.in.fieldAt(reflect.ValueOf(&row), reflect.ValueOf(field(&row)))
	}
	return v
}

// FromValue is [From] where the field of the other row is itself a Value, so that it may be from a third one.
func FromValue[T, V any](r Ref[T], field func(*T) *Value[V], otherwise V) Value[V] {
	v := From(r, field, Value[V]{})
	return Value[V]{known: otherwise, from: v.from, field: v.field}
}

// A borrowed value is what a field of type [Value] holds.
type borrowed interface {
	source() (from *promise, field int)
	literal() reflect.Value
	valueType() reflect.Type
}

func (v Value[V]) source() (*promise, int) { return v.from, v.field }
func (v Value[V]) literal() reflect.Value  { return reflect.ValueOf(&v.known).Elem() }
func (v Value[V]) valueType() reflect.Type { return reflect.TypeFor[V]() }
