package supervision

import (
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// Elements are the parts of a record that have a machine of their own: a composition's components, a
// request's resources. Each is stored as a row. A turn is given those that its messages name and those
// whose time has come; others are read when they are asked for, so that a turn about one element costs
// the same however many there are. A kind names its elements in [KindOptions.Elements].
//
// Its methods take the turn of a record of that kind. What cannot be done then, such as reading,
// makes the turn fail. Elements are safe for concurrent use; a turn is not.
type Elements[X any, S, E ~string] struct {
	machine *fsm.Machine[S, E]
	options ElementsOptions[X, S]
}

// ElementsOptions are the options of elements. Nil is the same as the zero value.
type ElementsOptions[X any, S ~string] struct {
	// Timeout overrides how long an element may stay in a state, from its data. Zero or less: the
	// definition's limit.
	Timeout func(s S, data *X) time.Duration
	// Codec turns data into bytes and back. An element whose bytes differ at the end of a turn is
	// written. Nil: [JSON].
	Codec Codec
}

// NewElements returns elements with that machine.
func NewElements[X any, S, E ~string](m *fsm.Machine[S, E], o *ElementsOptions[X, S]) *Elements[X, S, E] {
	e := &Elements[X, S, E]{machine: m}
	if o != nil {
		e.options = *o
	}
	if e.options.Codec == nil {
		e.options.Codec = JSON{}
	}
	return e
}

// AnyElements is an [*Elements], whatever its types are.
type AnyElements interface {
	check() error
	typed(was *storage.Element) (typedPart, error)
}

func (e *Elements[X, S, E]) check() error {
	if e == nil || e.machine == nil {
		return errors.New("its elements have no machine; compile a definition")
	}
	return nil
}

// An Element is a part of a record, as a turn has it. Data and Group are the host's to change; what
// they are at the end of the turn is written. Everything else changes by the methods of [Elements].
// One turn returns the same pointer for the same element, whichever method is asked.
type Element[X any, S ~string] struct {
	// Name tells it from the others of its record.
	Name string
	// State is where it is. [Elements.Fire] moves it.
	State S
	// Group is its phase, its stage, or whatever number the host sorts its elements by.
	Group int
	// Since is when it entered its state, Until when its time there is up; zero: never. Due is when it
	// brings its record to a turn: at Until, or when [Elements.Wake] said.
	Since, Until, Due time.Time
	// Data is a copy of its data.
	Data *X
}

// Add adds an element in the machine's initial state. A name that the record has already makes the
// turn fail.
func (e *Elements[X, S, E]) Add(t Outbound, name string, group int, data X) *Element[X, S] {
	var start S
	if e.check() == nil {
		start = e.machine.Initial()
	}
	return e.AddAt(t, name, start, group, data)
}

// AddAt is Add in another of the machine's starts.
func (e *Elements[X, S, E]) AddAt(t Outbound, name string, start S, group int, data X) *Element[X, S] {
	shown := &Element[X, S]{Name: name, State: start, Group: group, Data: &data}
	o := e.of(t)
	if o == nil {
		return shown
	}
	row := o.parts.rows[name]
	err := checkStart(e.machine, start)
	if row != nil && !row.gone {
		err = storage.ErrExists
	}
	if err != nil {
		o.fail(fmt.Errorf("element %q: %w", name, err))
		return shown
	}
	if row == nil {
		row = &part{was: storage.Element{Name: name}}
		o.parts.rows[name] = row
	}
	in := &element[X, S, E]{of: e, shown: shown, name: name, state: start, added: true, since: row.was.Since}
	in.enter(o.now)
	row.typed, row.gone = in, false
	o.line(storage.Line{Element: name, To: string(start)})
	return shown
}

// Get returns the element of that name; ok is false if the record has none.
func (e *Elements[X, S, E]) Get(t Outbound, name string) (el *Element[X, S], ok bool) {
	o := e.of(t)
	if o == nil {
		return nil, false
	}
	return e.show(o, o.parts.find(o, name))
}

// Fire moves an element as its machine says, with a line in the record's history. An event that is not
// permitted is a [*fsm.TransitionError] and changes nothing.
func (e *Elements[X, S, E]) Fire(t Outbound, el *Element[X, S], event E) error {
	o, in, err := e.own(t, el)
	if err == nil {
		err = in.fire(o, event)
	}
	if err != nil {
		return fmt.Errorf("element %q: %w", nameOf(el), err)
	}
	return nil
}

// Wake brings the element to a turn after d, unless it enters another state before; what was said
// earlier no longer counts. Zero or less: not before the time of its state is up.
func (e *Elements[X, S, E]) Wake(t Outbound, el *Element[X, S], d time.Duration) {
	o, in, err := e.own(t, el)
	if err != nil {
		o.fail(fmt.Errorf("element %q: wake: %w", nameOf(el), err))
		return
	}
	in.wakeAfter(o.now, d)
}

// Remove removes the element from its record.
func (e *Elements[X, S, E]) Remove(t Outbound, el *Element[X, S]) {
	o, in, err := e.own(t, el)
	if err != nil {
		o.fail(fmt.Errorf("element %q: remove: %w", nameOf(el), err))
		return
	}
	o.line(storage.Line{Element: in.name, From: string(in.state)})
	o.parts.rows[in.name].gone = true
}

// of returns what these elements are part of; nil if that is a record of another kind, which fails the
// turn.
func (e *Elements[X, S, E]) of(t Outbound) *core {
	o := t.outbound()
	switch {
	case o.parts.sort == AnyElements(e):
		return o
	case o.parts.sort == nil:
		o.fail(errNoElements)
	default:
		o.fail(errors.New("the kind has other elements than those that were asked; ask those of its KindOptions.Elements"))
	}
	return nil
}

// own returns what stands behind an element that this turn has handed out.
func (e *Elements[X, S, E]) own(t Outbound, el *Element[X, S]) (*core, *element[X, S, E], error) {
	o := e.of(t)
	if o == nil {
		return t.outbound(), nil, t.outbound().err
	}
	if el == nil {
		return o, nil, errNotOurs
	}
	row := o.parts.rows[el.Name]
	if row == nil || row.gone {
		return o, nil, errNotOurs
	}
	in, ok := row.typed.(*element[X, S, E])
	if !ok || in.shown != el {
		return o, nil, errNotOurs
	}
	return o, in, in.intact()
}

var errNotOurs = errors.New("the turn has no such element, or has it no more; get it from this turn")

func nameOf[X any, S ~string](el *Element[X, S]) string {
	if el == nil {
		return ""
	}
	return el.Name
}
