package memory

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A record is a row with what belongs to it.
type record struct {
	storage.Record
	token      storage.Token // the newest that was given out
	holder     string        // who has the lease, if there is one
	leaseUntil time.Time     // zero: no lease
	place      place[*record]

	elements   map[string]*element
	elementDue *queue[*element]
	tally      map[tallyKey]int

	effects    []*effect          // by number
	unfinished map[string]*effect // those of effects that have not ended, by Key
	lanes      map[string]*lane
}

type element struct {
	storage.Element
	place place[*element]
}

type tallyKey struct {
	group int
	state string
}

func newRecord(k storage.Key) *record {
	r := &record{
		elements:   map[string]*element{},
		elementDue: newQueue(func(a, b *element) int { return strings.Compare(a.Name, b.Name) }),
		tally:      map[tallyKey]int{},
		unfinished: map[string]*effect{},
		lanes:      map[string]*lane{},
	}
	r.Key = k
	r.place.value = r
	return r
}

func compareRecords(a, b *record) int { return a.Key.Compare(b.Key) }

// set takes over what a change says of the record itself.
func (r *record) set(to storage.Record, version uint64, now time.Time) {
	to.Key, to.Version, to.Fence = r.Key, version, r.Fence
	to.Data = cloneBytes(to.Data)
	to.Deadline, to.Until = storage.Time(to.Deadline), storage.Time(to.Until)
	to.Since, to.NotBefore = storage.Time(to.Since), storage.Time(to.NotBefore)
	if to.Since.IsZero() {
		to.Since = now
	}
	r.Record = to
}

func (r *record) setElement(e storage.Element) {
	e.Data = cloneBytes(e.Data)
	e.Since, e.Due = storage.Time(e.Since), storage.Time(e.Due)
	old := r.elements[e.Name]
	if old == nil {
		old = &element{}
		old.place.value = old
		r.elements[e.Name] = old
	} else {
		r.count(old, -1)
	}
	old.Element = e
	r.count(old, +1)
	r.elementDue.set(&old.place, e.Due)
}

func (r *record) removeElement(name string) {
	if e := r.elements[name]; e != nil {
		r.count(e, -1)
		r.elementDue.set(&e.place, time.Time{})
		delete(r.elements, name)
	}
}

func (r *record) count(e *element, by int) {
	k := tallyKey{e.Group, e.State}
	if r.tally[k] += by; r.tally[k] == 0 {
		delete(r.tally, k)
	}
}

// settle decides when the record is due: now if it has an open message, else at the earlier of wish
// and its elements' due times, and never while nobody may work on it.
func (s *shard) settle(r *record, now, wish time.Time) {
	r.Due = storage.Time(wish)
	if e := r.elementDue.head(); e != nil && (r.Due.IsZero() || e.at.Before(r.Due)) {
		r.Due = e.at
	}
	if len(s.mail[r.Key].openOrNone()) > 0 {
		r.Due = now
	}
	s.schedule(r, now)
}

// wake makes the record due now, or when it may have a turn, unless it is due already or nobody may work on it.
func (s *shard) wake(r *record, now time.Time) {
	if r.Due.IsZero() || r.Due.After(now) {
		r.Due = now
	}
	s.schedule(r, now)
}

// schedule puts the record where a claim finds it: at its due time, which is not before NotBefore,
// and not before its lease ends.
func (s *shard) schedule(r *record, now time.Time) {
	if r.Status != storage.OK || r.Final {
		r.Due = time.Time{}
	}
	ready := r.Due
	if !ready.IsZero() {
		r.Due = later(r.Due, r.NotBefore)
		ready = later(r.Due, r.leaseUntil)
	}
	s.dueOf(r.Key.Kind).set(&r.place, ready)
	s.hintAt(storage.HintRecords, ready, now)
}

// hintAt has a hint given if what is scheduled at a time can be handed out now.
func (s *shard) hintAt(what storage.Hint, at, now time.Time) {
	if !at.IsZero() && !at.After(now) {
		s.ready |= what
	}
}

func (s *shard) dueOf(kind string) *queue[*record] {
	return getOrMake(s.due, kind, func() *queue[*record] { return newQueue(compareRecords) })
}

// recount moves a record from one state's count to another's. An empty state stands for none.
func (s *shard) recount(kind, from, to string) {
	counts := getOrMake(s.counts, kind, func() map[string]int { return map[string]int{} })
	if counts[from]--; counts[from] <= 0 {
		delete(counts, from)
	}
	if to != "" {
		counts[to]++
	}
}

// snapshot returns a copy of the record with its tally.
func (r *record) snapshot(now time.Time) storage.Snapshot {
	s := storage.Snapshot{Record: r.Record, Now: now}
	s.Data = cloneBytes(r.Data)
	for k, n := range r.tally {
		s.Tally = append(s.Tally, storage.Tally{Group: k.group, State: k.state, N: n})
	}
	slices.SortFunc(s.Tally, func(a, b storage.Tally) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), strings.Compare(a.State, b.State))
	})
	return s
}

// turn returns a snapshot with what a turn needs: at most most open messages and due elements.
func (r *record) turn(box *mailbox, now time.Time, most int) storage.Snapshot {
	s := r.snapshot(now)
	wanted := map[string]*element{}
	for i, m := range box.openOrNone() {
		if i == most {
			s.More = true
			break
		}
		s.Messages = append(s.Messages, m.copy())
		if e := r.elements[m.Element]; e != nil {
			wanted[m.Element] = e
		}
	}
	due := r.dueElements(now)
	s.More = s.More || len(due) > most
	for _, e := range due[:min(most, len(due))] {
		wanted[e.Name] = e
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		s.Elements = append(s.Elements, wanted[name].copy())
	}
	return s
}

// dueElements returns the elements that are due, oldest first.
func (r *record) dueElements(now time.Time) []*element {
	out := r.elementDue.until(now)
	slices.SortFunc(out, func(a, b *element) int {
		return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Name, b.Name))
	})
	return out
}

func (e *element) copy() storage.Element {
	out := e.Element
	out.Data = cloneBytes(e.Data)
	return out
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// cloneBytes returns a copy; nil for an empty one.
func cloneBytes(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return bytes.Clone(b)
}
