package replay

import (
	"cmp"
	"slices"

	"github.com/reeve-go/reeve/examples/amazon/wire"
)

// known is what a recording tells of the things in one listing. The newest answer that tells of a thing counts.
type known struct {
	things map[wire.Name]*wire.Node // by each of their names; nil: nothing has it any more
	whole  bool                     // what is not in things does not exist
}

// learn notes what a question was answered with. A question about everything or by names alone also says what there
// is not.
func (k *known) learn(l *wire.Listing, q *wire.Question, items []*wire.Node) {
	names, exactly := namedIn(l, q)
	switch {
	case len(q.Asked) == 0:
		k.whole = true
		clear(k.things)
	case exactly:
		for _, name := range names {
			k.lose(l, name)
		}
	}
	k.see(l, items)
}

func (k *known) see(l *wire.Listing, items []*wire.Node) {
	for _, item := range items {
		for _, name := range l.Names(item) {
			k.things[name] = item
		}
	}
}

// lose notes that nothing has a name, so also not the others that it went by.
func (k *known) lose(l *wire.Listing, name wire.Name) {
	if item := k.things[name]; item != nil {
		for _, other := range l.Names(item) {
			k.things[other] = nil
		}
	}
	k.things[name] = nil
}

// all returns everything there is; false: nobody asked for that.
func (k *known) all(l *wire.Listing) (items []*wire.Node, told bool) {
	for name, item := range k.things {
		if item != nil && l.Names(item)[0] == name {
			items = append(items, item)
		}
	}
	slices.SortFunc(items, func(a, b *wire.Node) int { return cmp.Compare(l.Names(a)[0].Value, l.Names(b)[0].Value) })
	return items, k.whole
}

// some returns what has the names; false: of one of them nobody knows whether anything has it.
func (k *known) some(names []wire.Name) (items []*wire.Node, told bool) {
	for _, name := range names {
		item, told := k.things[name]
		if !told && !k.whole {
			return nil, false
		}
		if item != nil && !slices.Contains(items, item) {
			items = append(items, item)
		}
	}
	return items, true
}

// namedIn returns the names by which a question asks; false: it asks by something else, too, or not by names.
func namedIn(l *wire.Listing, q *wire.Question) (names []wire.Name, exactly bool) {
	names, besides := l.Named(q)
	return names, len(q.Asked) == 1 && len(besides) == 0
}
