package bolt

import (
	"bytes"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A record is a row of the table of records.
type record struct {
	indexed
	storage.Record

	Token      storage.Token   // the newest that was given out
	Holder     string          // who has the lease, if there is one
	LeaseUntil time.Time       // zero: no lease
	Tally      []storage.Tally // of its elements, by group and state
}

func (r *record) place() place { return place{records, name(r.Key)} }

func (r *record) entries() []entry {
	all := []entry{{recordsByState, text(r.Key.Kind) + text(r.State) + text(r.Key.ID)}}
	if at := r.ready(); !at.IsZero() {
		all = append(all, entry{recordsByDue, text(r.Key.Kind) + moment(at) + text(r.Key.ID)})
	}
	return all
}

// record returns a record; nil if there is none.
func (t *tx) record(k storage.Key) *record {
	r, _ := t.load(place{records, name(k)}, &record{}).(*record)
	return r
}

// recordsAt returns the records that were found.
func (t *tx) recordsAt(hits []hit) []*record {
	return read(t, records, hits, func() *record { return &record{} })
}

// create makes a record that is going to be saved. Its version and its tokens go on where the history
// ends.
func (t *tx) create(k storage.Key) *record {
	r := &record{Record: storage.Record{Key: k}}
	if newest := t.newestLine(k); newest != nil {
		r.Version, r.Token = newest.Version, storage.Token(newest.Version)
		newest.Old = false
		t.save(newest)
	}
	t.keep(r)
	return r
}

// set takes over what a change says of the record itself.
func (r *record) set(to storage.Record, now time.Time) {
	to.Key, to.Version, to.Fence = r.Key, r.Version+1, r.Fence
	to.Deadline, to.Until, to.NotBefore = storage.Time(to.Deadline), storage.Time(to.Until), storage.Time(to.NotBefore)
	if to.Since = storage.Time(to.Since); to.Since.IsZero() {
		to.Since = now
	}
	to.Data = own(to.Data)
	r.Record = to
}

// settle decides when the record is due: now if it has an open message, else as it wishes, or earlier
// if an element needs it. It saves the record.
func (t *tx) settle(r *record, wish time.Time) {
	r.Due = storage.Time(wish)
	if at := t.firstDueElement(r.Key); !at.IsZero() && (r.Due.IsZero() || at.Before(r.Due)) {
		r.Due = at
	}
	if t.any(openMessages, name(r.Key)) {
		r.Due = t.now
	}
	t.schedule(r)
}

// wake makes the record due now, unless it is due already.
func (t *tx) wake(r *record) {
	if r.Due.IsZero() || r.Due.After(t.now) {
		r.Due = t.now
		t.schedule(r)
	}
}

// schedule saves the record with its due time: none while nobody may work on it, and none before it may
// have a turn.
func (t *tx) schedule(r *record) {
	switch {
	case r.Status != storage.OK || r.Final:
		r.Due = time.Time{}
	case !r.Due.IsZero():
		r.Due = later(r.Due, r.NotBefore)
	}
	t.hint(storage.HintRecords, r.ready())
	t.save(r)
}

// ready is when a claim can have the record: when it is due and nobody has a lease on it. Zero: never.
func (r *record) ready() time.Time {
	if r.Due.IsZero() {
		return r.Due
	}
	return later(r.Due, r.LeaseUntil)
}

// hint has those who listen be told, after the commit, if what can be handed out at a time can be now.
func (t *tx) hint(what storage.Hint, at time.Time) {
	if !at.IsZero() && !at.After(t.now) {
		t.due |= what
	}
}

// snapshot returns a copy of the record, as a caller gets it, who may ask for the same one twice.
func (t *tx) snapshot(r *record) storage.Snapshot {
	s := storage.Snapshot{Record: r.Record, Tally: append([]storage.Tally(nil), r.Tally...), Now: t.now}
	s.Data = bytes.Clone(r.Data)
	return s
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// own returns bytes as they are stored: nil for none.
func own(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}
