package bolt

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// An element is a row of the table of elements.
type element struct {
	indexed
	storage.Element

	Of storage.Key
}

func (e *element) place() place { return place{elements, name(e.Of) + text(e.Name)} }

func (e *element) entries() []entry {
	if e.Due.IsZero() {
		return nil
	}
	return []entry{{elementsByDue, name(e.Of) + moment(e.Due) + text(e.Name)}}
}

// element returns an element of a record; nil if there is none.
func (t *tx) element(of storage.Key, called string) *element {
	e, _ := t.load(place{elements, name(of) + text(called)}, &element{}).(*element)
	return e
}

// elementsAt returns the elements that were found.
func (t *tx) elementsAt(hits []hit) []*element {
	return read(t, elements, hits, func() *element { return &element{} })
}

// setElement writes an element of a record, new or over the old one. The record has to be saved.
func (t *tx) setElement(r *record, to storage.Element) {
	to.Since, to.Due, to.Data = storage.Time(to.Since), storage.Time(to.Due), own(to.Data)
	e := t.element(r.Key, to.Name)
	if e == nil {
		e = &element{Of: r.Key}
	} else {
		r.count(e, -1)
	}
	e.Element = to
	r.count(e, +1)
	t.save(e)
}

// removeElement removes an element of a record, if there is such a one. The record has to be saved.
func (t *tx) removeElement(r *record, called string) {
	if e := t.element(r.Key, called); e != nil {
		r.count(e, -1)
		t.remove(e)
	}
}

// count keeps the record's tally, so that nobody has to look at all its elements.
func (r *record) count(e *element, by int) {
	at, there := slices.BinarySearchFunc(r.Tally, e, func(n storage.Tally, e *element) int {
		return cmp.Or(cmp.Compare(n.Group, e.Group), strings.Compare(n.State, e.State))
	})
	if !there {
		r.Tally = slices.Insert(r.Tally, at, storage.Tally{Group: e.Group, State: e.State})
	}
	if r.Tally[at].N += by; r.Tally[at].N == 0 {
		r.Tally = slices.Delete(r.Tally, at, at+1)
	}
}

// dueElements returns up to n elements of a record that are due, those due longest first.
func (t *tx) dueElements(of storage.Key, n int) []*element {
	return t.elementsAt(t.find(elementsByDue, name(of), name(of)+past(t.now), n))
}

// firstDueElement is when a record is due because of an element. Zero: not because of one.
func (t *tx) firstDueElement(of storage.Key) time.Time {
	for _, e := range t.elementsAt(t.find(elementsByDue, name(of), end(name(of)), 1)) {
		return e.Due
	}
	return time.Time{}
}
