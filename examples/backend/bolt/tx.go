package bolt

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/storage"
)

// A tx is one transaction: all of it happens at one time. It remembers the first thing that failed,
// and then nothing of it is committed, so that its methods need not return errors.
type tx struct {
	root  *bbolt.Bucket
	now   time.Time
	rows  map[place]row // those that were read or written: each is in memory once
	wrote bool          // there is something to commit
	due   storage.Hint  // what can be handed out that could not be before
	err   error
}

func newTx(handle *bbolt.Tx, now time.Time) *tx {
	return &tx{root: handle.Bucket(rootBucket), now: now, rows: map[place]row{}}
}

// A row is what a table holds.
type row interface {
	// place is where it stands.
	place() place
	// entries are those under which it is to be found.
	entries() []entry
	// found are those under which it can be found now.
	found() *[]entry
}

// A place is a key in a table, an entry a key in an index.
type (
	place struct {
		in  table
		key string
	}
	entry struct {
		in  index
		key string
	}
)

// indexed makes a row remember its entries.
type indexed struct{ stands []entry }

func (i *indexed) found() *[]entry { return &i.stands }

func (t *tx) fail(err error) {
	if t.err == nil {
		t.err = err
	}
}

// load reads the row at a place into a blank one, unless it was read before. It returns nil if there is
// none.
func (t *tx) load(at place, blank row) row {
	if r, ok := t.rows[at]; ok {
		return r
	}
	data := t.root.Bucket([]byte(at.in)).Get([]byte(at.key))
	if data == nil {
		return nil
	}
	if err := json.Unmarshal(data, blank); err != nil {
		t.fail(fmt.Errorf("%s %q: %w", at.in, at.key, err))
		return nil
	}
	*blank.found() = blank.entries()
	t.keep(blank)
	return blank
}

// read reads the rows that were found, each into a blank one.
func read[R row](t *tx, in table, hits []hit, blank func() R) (all []R) {
	for _, h := range hits {
		if r, ok := t.load(place{in, h.row}, blank()).(R); ok {
			all = append(all, r)
		}
	}
	return all
}

// keep makes a row known that is going to be saved.
func (t *tx) keep(r row) { t.rows[r.place()] = r }

// save writes a row, and moves its entries.
func (t *tx) save(r row) {
	at := r.place()
	data, err := json.Marshal(r)
	if err != nil {
		t.fail(fmt.Errorf("%s %q: %w", at.in, at.key, err))
		return
	}
	t.put(string(at.in), at.key, data)
	t.move(r, r.entries())
	t.keep(r)
}

// remove removes a row, and its entries.
func (t *tx) remove(r row) {
	at := r.place()
	t.delete(string(at.in), at.key)
	t.move(r, nil)
	delete(t.rows, at)
}

// move takes a row from the entries that it had and puts it under those that it is to have.
func (t *tx) move(r row, to []entry) {
	from := *r.found()
	for _, e := range from {
		if !slices.Contains(to, e) {
			t.delete(string(e.in), e.key)
		}
	}
	for _, e := range to {
		if !slices.Contains(from, e) {
			t.put(string(e.in), e.key, []byte(r.place().key))
		}
	}
	*r.found() = to
}

func (t *tx) put(bucket, key string, value []byte) {
	t.wrote = true
	if err := t.root.Bucket([]byte(bucket)).Put([]byte(key), value); err != nil {
		t.fail(fmt.Errorf("%s %q: %w", bucket, key, err))
	}
}

func (t *tx) delete(bucket, key string) {
	t.wrote = true
	if err := t.root.Bucket([]byte(bucket)).Delete([]byte(key)); err != nil {
		t.fail(fmt.Errorf("%s %q: %w", bucket, key, err))
	}
}

// next returns the next number of a table.
func (t *tx) next(in table) uint64 {
	n, err := t.root.Bucket([]byte(in)).NextSequence()
	if err != nil {
		t.fail(fmt.Errorf("%s: %w", in, err))
	}
	return n
}

// A hit is a key that was looked for, with the key of the row that is meant.
type hit struct{ key, row string }

// inIndex and inTable are what a key and a value of theirs mean.
func inIndex(key, value []byte) hit { return hit{string(key), string(value)} }
func inTable(key, _ []byte) hit     { return hit{string(key), string(key)} }

// find returns the first n entries of an index, zero for all, from a key to before another.
func (t *tx) find(in index, from, to string, n int) []hit {
	return t.scan(string(in), from, to, n, inIndex)
}

// list does the same for the rows of a table.
func (t *tx) list(in table, from, to string, n int) []hit {
	return t.scan(string(in), from, to, n, inTable)
}

// scan returns hits rather than yielding them, because a cursor must not be used after a write.
func (t *tx) scan(bucket, from, to string, n int, see func(key, value []byte) hit) (hits []hit) {
	c, before := t.root.Bucket([]byte(bucket)).Cursor(), []byte(to)
	for key, value := c.Seek([]byte(from)); key != nil && bytes.Compare(key, before) < 0; key, value = c.Next() {
		hits = append(hits, see(key, value))
		if len(hits) == n {
			break
		}
	}
	return hits
}

// any reports whether an index has an entry under a prefix.
func (t *tx) any(in index, prefix string) bool {
	return len(t.find(in, prefix, end(prefix), 1)) > 0
}

// last returns the last hit in a bucket under a prefix, if there is one.
func (t *tx) last(bucket, prefix string, see func(key, value []byte) hit) []hit {
	c := t.root.Bucket([]byte(bucket)).Cursor()
	next, _ := c.Seek([]byte(end(prefix)))
	before := c.Prev
	if next == nil {
		before = c.Last
	}
	if key, value := before(); bytes.HasPrefix(key, []byte(prefix)) {
		return []hit{see(key, value)}
	}
	return nil
}
