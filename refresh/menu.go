package refresh

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// A Menu is collections, by name, from which the inventories of several kinds of managers are put together: see [Offer]
// and [Pick]. What a kind of manager has besides is added by [Add]. It does not change, so that it is safe for
// concurrent use.
type Menu struct {
	presets map[string]Preset
	err     error
}

// A Preset is one collection of a [Menu], see [Offer].
type Preset struct {
	name    string
	row     reflect.Type
	options CollectionOptions
}

// Offer returns a collection for a menu: as [Add] would add it.
func Offer[T any](name string, o *CollectionOptions) Preset {
	p := Preset{name: name, row: reflect.TypeFor[T]()}
	if o != nil {
		p.options = o.clone()
	}
	return p
}

// NewMenu returns a menu. Two of one name are an error of whoever picks from it.
func NewMenu(presets ...Preset) *Menu {
	m := &Menu{presets: make(map[string]Preset, len(presets))}
	for _, p := range presets {
		if _, there := m.presets[p.name]; there {
			m.err = errors.Join(m.err, fmt.Errorf("refresh: the menu has two collections %q", p.name))
		}
		m.presets[p.name] = p
	}
	return m
}

// Pick adds the collection that a menu has under that name. Change, if it is not nil, changes its options, which are a
// copy. A name that the menu does not have, and rows of another type than it offers, are an error of [NewPersister].
func Pick[T any](b *Builder, m *Menu, name string, change func(*CollectionOptions)) *Collection[T] {
	p, there := m.presets[name]
	row := reflect.TypeFor[T]()
	switch {
	case m.err != nil && !slices.Contains(b.errs, m.err):
		b.errs = append(b.errs, m.err)
	case !there:
		b.errs = append(b.errs, fmt.Errorf("refresh: collection %q is not on the menu; there is %s", name, m.names()))
	case p.row != row:
		b.errs = append(b.errs, fmt.Errorf("refresh: collection %q of the menu has rows of type %s, and it is picked with %s", name, p.row, row))
	}
	o := p.options.clone()
	if change != nil {
		change(&o)
	}
	return Add[T](b, name, &o)
}

func (m *Menu) names() string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(m.presets)) {
		names = append(names, fmt.Sprintf("%q", name))
	}
	return strings.Join(names, ", ")
}

// clone returns options that have nothing in common with others.
func (o *CollectionOptions) clone() CollectionOptions {
	c := *o
	c.ChildOf, c.Reconnect, c.After, c.Where = slices.Clone(o.ChildOf), slices.Clone(o.Reconnect), slices.Clone(o.After), maps.Clone(o.Where)
	if o.Guard != nil {
		guard := *o.Guard
		c.Guard = &guard
	}
	return c
}
