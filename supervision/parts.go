package supervision

import (
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Parts are the elements of a record as far as its turn has them in hand. Here they have no types;
// [Elements] gives them theirs. The others are counted and not read: what a turn costs does not grow
// with the elements that it has no business with.
type parts struct {
	sort   AnyElements // what they are; nil: the kind has none
	rows   map[string]*part
	absent map[string]bool // messages name them, and they are not there
	unread map[group]int   // how many are stored and not among rows
	counts map[group]int   // how many there are, as far as rows say where they were counted
}

// A group is what a tally counts by.
type group struct {
	number int
	state  string
}

// A part is one element.
type part struct {
	was     storage.Element // as it is stored
	stored  bool
	typed   typedPart // nil: the decider has not asked for it
	gone    bool
	counted bool // at counts[in]
	in      group
}

// A typedPart is an element with its types.
type typedPart interface {
	// place is what a tally counts.
	place() group
	// next is when it needs a turn.
	next() time.Time
	// expire does what its time, being up, means if the decider left it alone.
	expire(o *core)
	// row is what is to be stored.
	row() (storage.Element, error)
}

// see takes over what a snapshot tells of elements.
func (p *parts) see(seen *storage.Snapshot, sort AnyElements) {
	p.sort = sort
	p.rows = make(map[string]*part, len(seen.Elements))
	p.unread, p.counts = make(map[group]int, len(seen.Tally)), make(map[group]int, len(seen.Tally))
	for _, t := range seen.Tally {
		p.unread[group{t.Group, t.State}] += t.N
	}
	if seen.Tally == nil {
		for i := range seen.Elements {
			p.unread[placeOf(&seen.Elements[i])]++
		}
	}
	maps.Copy(p.counts, p.unread)
	for i := range seen.Elements {
		p.take(seen.Elements[i])
	}
	for i := range seen.Messages {
		if name := seen.Messages[i].Element; name != "" && p.rows[name] == nil {
			if p.absent == nil {
				p.absent = map[string]bool{}
			}
			p.absent[name] = true
		}
	}
}

func placeOf(e *storage.Element) group { return group{e.Group, e.State} }

// take adds a stored element to those in hand, unless it is there already.
func (p *parts) take(e storage.Element) {
	if p.rows[e.Name] != nil {
		return
	}
	in := placeOf(&e)
	p.rows[e.Name] = &part{was: e, stored: true, counted: true, in: in}
	p.unread[in]--
}

func (row *part) next() time.Time {
	if row.typed == nil {
		return row.was.Due
	}
	return row.typed.next()
}

func (row *part) place() group {
	if row.typed == nil {
		return placeOf(&row.was)
	}
	return row.typed.place()
}

// typed gives an element its types; nil if that cannot be done, which fails the turn.
func (p *parts) typed(o *core, row *part) typedPart {
	if row.typed != nil {
		return row.typed
	}
	err := errNoElements
	if p.sort != nil {
		row.typed, err = p.sort.typed(&row.was)
	}
	if err != nil {
		o.fail(fmt.Errorf("element %q: %w", row.was.Name, err))
		return nil
	}
	return row.typed
}

var errNoElements = errors.New("its kind has no elements; name them in KindOptions.Elements")
