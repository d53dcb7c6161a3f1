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
	if p.rows[name] == nil && !p.complete(anywhere) {
		p.read(o, storage.ElementQuery{Names: []string{name}})
	}
	if row := p.rows[name]; row != nil && !row.gone {
		return row
	}
	return nil
}

// pick returns the elements in the groups and states, by name; none of either: any.
func (p *parts) pick(o *core, groups []int, states []string) []*part {
	wanted := func(g group) bool {
		return (len(groups) == 0 || slices.Contains(groups, g.number)) && (len(states) == 0 || slices.Contains(states, g.state))
	}
	if !p.complete(wanted) && !p.read(o, storage.ElementQuery{Groups: groups, States: states}) {
		return nil
	}
	return p.sorted(func(row *part) bool { return !row.gone && wanted(row.place()) })
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
