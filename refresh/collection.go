package refresh

import (
	"errors"
	"fmt"
	"iter"
	"reflect"
	"sync"

	"github.com/reeve-go/reeve/storage"
)

// A Collection is the rows of one table that a refresh brings, each a T. It is safe for concurrent use, so
// that several parsers can fill it.
type Collection[T any] struct{ *collection }

// A collection is a Collection whatever its rows are.
type collection struct {
	node

	options CollectionOptions
	shape   *shape
	in      *contents
	named   bool                              // it is only there to look up what targets name
	told    func(collection string, rows int) // of how many rows there are; nil: nobody wants to know

	// found once all collections are declared
	targets map[int][]*collection // where a field can point, by its number
	parents []*field
	where   []constant
	hashed  []byte // what stands for its columns in the hashes of its rows
	joins   *join  // nil: it is declared

	err        error // the parser asked for what cannot be
	mu         sync.Mutex
	rows       list[int64] // where each is in the spool
	byKey      rowKeys
	others     []keyring        // what rows are looked for by besides, by the number of the index, from 1 on
	promises   []list[*promise] // by the numbers of the index and of the key; nil: nothing points at it
	refused    remarks[Refusal]
	duplicates remarks[Duplicate]
	incomplete error
	partial    bool   // of some rows not all fields were said
	bare       []bool // of which rows nothing is known but that they exist; there may be less
	complete   bool   // if it has no rows, there are none
	scratch    []byte
	spare      sync.Pool // of cells for a row
	lent       sync.Pool // of rows, as pointers
}

// Build adds a row, with all of its fields. A row whose key is null or empty is refused, and the plan says
// so. Another row with the same key and other data is a duplicate: see [CollectionOptions.Duplicates].
func (c *Collection[T]) Build(row T) Ref[T] {
	at, ok := c.lent.Get().(*T) // so that row stays where it is, and is no garbage
	if !ok {
		at = new(T)
	}
	*at = row
	ref := Ref[T]{c.build(reflect.ValueOf(at).Elem(), nil, building)}
	var none T
	*at = none
	c.lent.Put(at)
	return ref
}

// FindOrBuild adds the row that build returns, unless there is one with the key that like has.
func (c *Collection[T]) FindOrBuild(like T, build func() T) Ref[T] {
	ref := c.LazyFindLike(like)
	if !ref.IsNull() && c.has(ref.to.key) {
		return ref
	}
	row := build()
	return Ref[T]{c.build(reflect.ValueOf(&row).Elem(), nil, finding)}
}

// Patch adds what is known of a row: its key, and the fields to which set returns pointers. The other columns
// stay as they are; what is set to null or zero becomes so.
func (c *Collection[T]) Patch(row T, set func(row *T) []any) Ref[T] {
	chosen, err := c.fieldsAt(reflect.ValueOf(&row), set(&row))
	if err != nil {
		return Ref[T]{c.add(nil, err, building)}
	}
	c.mu.Lock()
	c.partial = true
	c.mu.Unlock()
	return Ref[T]{c.build(reflect.ValueOf(&row).Elem(), chosen, building)}
}

// Exists says of the row with the key of row that it is there, and nothing else: it is neither created nor updated, and not
// deleted. So a list of what there is, without data, is enough to delete what is not in it. What is built or patched
// besides says more; and where a reference whose tag says stub points at the row, it is created.
func (c *Collection[T]) Exists(row T) Ref[T] {
	return Ref[T]{c.build(reflect.ValueOf(&row).Elem(), []*field{}, existing)}
}

// LazyFind returns a reference to the row with that key, which has to be one text. Of a collection with another key the
// plan fails with an error that says so. An empty key is a reference to nothing.
func (c *Collection[T]) LazyFind(key string) Ref[T] {
	if key == "" {
		return Ref[T]{}
	}
	fields := c.shape.primary.fields
	if len(fields) != 1 || fields[0].kind != plainField || fields[0].codec.typ != storage.TextType {
		c.misused(fmt.Errorf("LazyFind(%q): its key is not one text but %s; LazyFindLike is right", key, namesOf(fields)))
		return Ref[T]{}
	}
	return Ref[T]{c.findText(key)}
}

// LazyFindLike returns a reference to the row with the same key as like.
func (c *Collection[T]) LazyFindLike(like T) Ref[T] {
	return Ref[T]{c.find(c.shape.primary, reflect.ValueOf(&like).Elem())}
}

// LazyFindBy returns a reference to the row that has the same values as like in the fields of an index. If there is no
// such index the plan fails with an error that says so.
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
	return c.rows.len()
}

// find returns a pointer to the row with the values of an index.
func (c *collection) find(x *index, like reflect.Value) pointer {
	cells := c.borrow()
	defer c.giveBack(cells)
	for _, f := range x.fields {
		if err := c.fill(&(*cells)[f.number], f, like); err != nil {
			c.misused(fmt.Errorf("what is looked for by %s: %w", namesOf(x.fields), err))
			return pointer{}
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key, blank := appendKey(c.scratch[:0], x, *cells)
	if blank != nil {
		return pointer{}
	}
	c.scratch = key
	return pointer{c, x.number, c.keysOf(x.number).add(key)}
}

// findText does so where the index is the primary key, and that is a text.
func (c *collection) findText(key string) pointer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.scratch = appendValue(c.scratch[:0], storage.TextValue(key))
	return pointer{c, c.shape.primary.number, c.byKey.add(c.scratch)}
}

// promise returns the promise of the row with a key.
func (c *collection) promise(x *index, key string) *promise {
	if c.named { // nobody asks for a promise of it again
		return &promise{in: c, by: x}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.promiseAt(x.number, c.keysOf(x.number).add([]byte(key)))
}

// promiseAt returns the promise of a key, by its number.
func (c *collection) promiseAt(by, key int32) *promise {
	at := c.promises[by].reach(key, nil)
	if *at == nil {
		*at = c.in.newPromise(c, c.shape.indexes()[by], key)
	}
	return *at
}

// keysOf returns the keys of an index, by its number.
func (c *collection) keysOf(by int32) *keyring {
	if by == 0 {
		return &c.byKey.keyring
	}
	return &c.others[by-1]
}

// promised yields the promises of an index.
func (c *collection) promised(x *index) iter.Seq[*promise] {
	return func(yield func(*promise) bool) {
		for _, to := range c.promises[x.number].all() {
			if to != nil && !yield(to) {
				return
			}
		}
	}
}

// misused notes that the parser asks for what cannot be.
func (c *collection) misused(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.err = errors.Join(c.err, err)
}
