package refresh

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// A collection can have a column in which each row has a hash of what it was last said to hold, so that a full refresh
// need not read the rows of which the same is said again. The hash is a sum to which each reference adds a number of its
// own: so the ids of rows that a plan creates are added when they are known.

// A rowHash becomes the hash of a row. Nil: its collection has none.
type rowHash struct {
	text  []byte // what is plainly said
	ids   uint64 // what the references add
	lacks bool   // not all that is said of the row is in it
}

// newHash begins the hash of a row, until it is called again.
func (s *state) newHash() *rowHash {
	if s.options.Hash == "" {
		return nil
	}
	s.hash = rowHash{text: append(s.hash.text[:0], s.hashed...)}
	return &s.hash
}

// hashedColumns returns what stands for a collection's columns in its rows' hashes: where there are others, or they are
// written otherwise, no row has the hash that it had.
func hashedColumns(s *shape) []byte {
	var all []byte
	for _, f := range s.fields {
		if f.own() && !f.readOnly {
			all = appendText(appendText(all, f.column), fmt.Sprint(f.typeIn, f.codec.typ, f.ifEmpty))
		}
	}
	sum := sha256.Sum256(all)
	return sum[:8]
}

// add adds what the columns of a field are to hold.
func (h *rowHash) add(f *field, says []want) {
	if h == nil {
		return
	}
	for i, w := range says {
		switch {
		case w.row != nil: // see withIDs
		case i == 0 && f.points() && !w.value.IsNull():
			h.ids += idHash(f.column, w.value)
		default:
			h.text = appendValue(h.text, w.value)
		}
	}
}

// addText adds a value that is written already.
func (h *rowHash) addText(value string) {
	if h != nil {
		h.text = append(h.text, value...)
	}
}

// lack notes that the row has something else than what is said of it.
func (h *rowHash) lack() {
	if h != nil {
		h.lacks = true
	}
}

// sum returns the hash, or null: then the row is read each time.
func (h *rowHash) sum() storage.Value {
	if h.lacks {
		return storage.Value{}
	}
	text := sha256.Sum256(h.text)
	return storage.IntValue(int64(binary.BigEndian.Uint64(text[:]) + h.ids)) //nolint:gosec // its bits
}

// idHash returns what a column adds that points at a row: FNV-1a, mixed.
func idHash(column string, id storage.Value) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	var room [64]byte
	for _, b := range appendValue(append(room[:0], column...), id) {
		h = (h ^ uint64(b)) * prime
	}
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}

// withIDs returns the hash of a changed row with the ids of the rows that the plan creates.
func (w *writer) withIDs(hash storage.Value, c *Change) (storage.Value, error) {
	if hash.IsNull() {
		return hash, nil
	}
	sum := uint64(hash.Int()) //nolint:gosec // its bits
	for i := range c.Columns {
		if to := &c.Columns[i]; to.NewRow != nil {
			id, err := w.value(to)
			if err != nil {
				return id, err
			}
			sum += idHash(to.Column, id)
		}
	}
	return storage.IntValue(int64(sum)), nil //nolint:gosec // its bits
}

// rehash adds the hash to the changes of a row. Where not all is said and nothing is changed, the one that the row has
// is still right.
func (h *rowHash) rehash(c *Change, column string, old storage.Value) {
	if h == nil {
		return
	}
	if now := h.sum(); now != old && (!now.IsNull() || len(c.Columns) > 0) {
		c.Columns = append(c.Columns, ColumnChange{Column: column, Old: old, New: now})
	}
}

// matchHashes matches rows by their hashes, and reads only those that have another one: or all, if those are many.
func (p *planner) matchHashes(ctx context.Context, s *state) error {
	q := p.all(s)
	others, many, err := p.otherHashes(ctx, s, q.RowQuery)
	if err != nil {
		return err
	}
	if many {
		return p.matchRows(ctx, s, q)
	}
	for some := range slices.Chunk(others, tuplesAtOnce) {
		q.Among = &storage.Among{Columns: s.columns[:1], Tuples: some}
		if err := p.matchRows(ctx, s, q); err != nil {
			return err
		}
	}
	return nil
}

// otherHashes returns the ids of the rows of the database that do not have the hash of what was brought, unless they are
// more than a quarter of that. Archived rows that nobody brought are left alone.
func (p *planner) otherHashes(ctx context.Context, s *state, q storage.RowQuery) (ids [][]storage.Value, many bool, err error) {
	const share = 4
	places := []int{0, s.hashAt, len(s.columns) - 1} // the last one may say when a row was archived
	for _, f := range s.shape.primary.fields {
		places = append(places, s.places[f.number]...)
	}
	slices.Sort(places)
	places = slices.Compact(places)
	q.Columns = nil
	for _, at := range places {
		q.Columns = append(q.Columns, s.columns[at])
	}
	values := make([]storage.Value, len(s.columns))
	for row, err := range p.view.Rows(ctx, q) {
		if err != nil {
			return nil, false, err
		}
		for i, at := range places {
			values[at] = row[i]
		}
		s.tally.row()
		at, brought := s.keys.row(s.keyIn(values))
		if !brought && s.archived(values) || brought && s.matchHash(at, values) {
			continue
		}
		if ids = append(ids, []storage.Value{values[0]}); len(ids) > s.rows.len()/share {
			return nil, true, nil
		}
	}
	return ids, false, nil
}

// matchHash matches a row of the database with the one that was brought, if they have the same hash.
func (s *state) matchHash(at int32, values []storage.Value) bool {
	if !s.ids.at(at).IsNull() || s.archived(values) || values[s.hashAt].IsNull() || s.plainHash(at) != values[s.hashAt] {
		return false
	}
	s.ids.set(at, values[0])
	s.stored++
	s.same[at], s.unread = true, true
	return true
}

// hasHash reports whether a row of the database that is as it should be has the hash that goes with it.
func (s *state) hasHash(at int32, values []storage.Value) bool {
	if s.options.Hash == "" {
		return true
	}
	hash := s.plainHash(at)
	return hash.IsNull() || hash == values[s.hashAt]
}

// plainHash returns the hash of a row of which it is plain by now what it is to hold; else null.
func (s *state) plainHash(row int32) storage.Value {
	h := s.newHash()
	r := s.in.reader(s.written(row))
	var c cell
	var says [2]want
	for _, f := range s.shape.fields {
		written := r.rest
		plain := r.skip()
		if !plain {
			r.cell(&c)
		}
		switch {
		case f.readOnly || !f.own():
		case plain:
			for range s.places[f.number] { // of a reference to nothing all are null
				h.addText(written[:len(written)-len(r.rest)])
			}
		case c.to == nil || c.from != 0 || !f.finds(c.to) || c.to.found.id.IsNull():
			return storage.Value{}
		default:
			says[0].value, says[1].value = c.to.found.id, storage.TextValue(f.typeOf(c.to.in.name))
			h.add(f, says[:len(s.places[f.number])])
		}
	}
	if r.err != nil {
		return storage.Value{}
	}
	return h.sum()
}
