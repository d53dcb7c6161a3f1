package supervision

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// read takes what the store has of q.
func (p *parts) read(o *core, q storage.ElementQuery) bool {
	for e, err := range o.store.Elements(o.ctx, o.key, q) {
		if err != nil {
			o.fail(fmt.Errorf("its elements %w: %w", errUnread, err))
			return false
		}
		p.take(e)
	}
	return true
}

// complete reports whether every stored element that wanted selects is in hand.
func (p *parts) complete(wanted func(group) bool) bool {
	for g, n := range p.unread {
		if n > 0 && wanted(g) {
			return false
		}
	}
	return true
}

func anywhere(group) bool { return true }

// find returns an element by name; nil: there is none.
func (p *parts) find(o *core, name string) *part {
	if p.rows[name] == nil && !p.absent[name] && !p.complete(anywhere) {
		p.read(o, storage.ElementQuery{Names: []string{name}})
	}
	if row := p.rows[name]; row != nil && !row.gone {
		return row
	}
	return nil
}

// pick returns the elements in the groups and states, by name; none of either: any.
func (p *parts) pick(o *core, groups []int, states []string) []*part {
	wanted := wantedBy(groups, states)
	if !p.complete(wanted) && !p.read(o, storage.ElementQuery{Groups: groups, States: states}) {
		return nil
	}
	return p.sorted(func(row *part) bool { return !row.gone && wanted(row.place()) })
}

func wantedBy(groups []int, states []string) func(group) bool {
	return func(g group) bool {
		return (len(groups) == 0 || slices.Contains(groups, g.number)) && (len(states) == 0 || slices.Contains(states, g.state))
	}
}

// first returns the first n of what pick returns, and reads no more than it takes to know them.
func (p *parts) first(o *core, n int, groups []int, states []string) []*part {
	q := storage.ElementQuery{Groups: groups, States: states, Limit: n}
	for _, row := range p.rows {
		if row.stored && q.Matches(&row.was) {
			q.Limit++ // it may not be in the way any more
		}
	}
	wanted := wantedBy(groups, states)
	if !p.complete(wanted) && !p.read(o, q) {
		return nil
	}
	found := p.sorted(func(row *part) bool { return !row.gone && wanted(row.place()) })
	return found[:min(n, len(found))]
}

// sorted returns those in hand that are wanted, by name.
func (p *parts) sorted(wanted func(*part) bool) []*part {
	var out []*part
	for _, row := range p.rows {
		if wanted(row) {
			out = append(out, row)
		}
	}
	slices.SortFunc(out, func(a, b *part) int { return strings.Compare(a.was.Name, b.was.Name) })
	return out
}

// due returns those in hand whose time has come.
func (p *parts) due(now time.Time) []*part {
	return p.sorted(func(row *part) bool { return !row.gone && row.isDue(now) })
}

func (row *part) isDue(now time.Time) bool {
	next := row.next()
	return !next.IsZero() && !next.After(now)
}
