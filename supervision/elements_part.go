package supervision

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// An element is what stands behind an [Element]. Only one due time is stored, the earlier of the limit
// of the state and of the wake. The limit is known from Since, and so what is not the limit is a wake,
// and a limit that is earlier than the due time has ended.
type element[X any, S, E ~string] struct {
	of      *Elements[X, S, E]
	shown   *Element[X, S] // what the decider has in hand
	name    string
	state   S
	added   bool      // in this turn
	group   int       // that it was stored in
	since   time.Time // that it was stored with
	limited bool      // the limit of its stay counts
	wake    time.Time
	ordered bool // by a step, in this turn
}

// typed implements [AnyElements].
func (e *Elements[X, S, E]) typed(was *storage.Element) (typedPart, error) {
	if !e.machine.Has(S(was.State)) {
		return nil, fmt.Errorf("%w %q in machine %q; this program does not know it", fsm.ErrUnknownState, was.State, e.machine.Name())
	}
	data := new(X)
	if len(was.Data) > 0 {
		if err := e.options.Codec.Unmarshal(was.Data, data); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrData, err)
		}
	}
	in := &element[X, S, E]{of: e, name: was.Name, state: S(was.State), group: was.Group, since: was.Since, wake: was.Due}
	in.shown = &Element[X, S]{Name: was.Name, State: S(was.State), Group: was.Group, Since: was.Since, Due: was.Due, Data: data}
	limit := in.limit()
	in.limited = !limit.IsZero() && !was.Due.IsZero() && !was.Due.After(limit)
	if in.limited {
		in.shown.Until = limit
	}
	if was.Due.Equal(limit) {
		in.wake = time.Time{}
	}
	return in, nil
}

// show returns what a decider gets of an element.
func (e *Elements[X, S, E]) show(o *core, row *part) (*Element[X, S], bool) {
	if row == nil {
		return nil, false
	}
	in, ok := o.parts.typed(o, row).(*element[X, S, E])
	if !ok {
		return nil, false
	}
	return in.shown, true
}

// limit returns when the time of a stay that began at Since is up; zero: never.
func (in *element[X, S, E]) limit() time.Time {
	d, _, _ := in.of.machine.Timeout(in.state)
	if in.of.options.Timeout != nil && in.shown.Data != nil {
		if own := in.of.options.Timeout(in.state, in.shown.Data); own > 0 {
			d = own
		}
	}
	if d <= 0 {
		return time.Time{}
	}
	return storage.Time(in.shown.Since.Add(d))
}

func (in *element[X, S, E]) place() group { return group{in.shown.Group, string(in.state)} }

func (in *element[X, S, E]) next() time.Time {
	if !in.limited {
		return in.wake
	}
	return earliest(in.wake, in.limit())
}

// fire moves the element.
func (in *element[X, S, E]) fire(o *core, event E) error {
	to, err := in.of.machine.Step(in.state, event)
	if err != nil {
		return err
	}
	same := in.of.machine.Stays(in.state, event)
	o.line(storage.Line{Element: in.name, From: string(in.state), Event: string(event), To: string(to)})
	in.state, in.shown.State = to, to
	if !same {
		in.enter(o.now)
	}
	return nil
}

// enter begins a stay in the state. No two stays that are stored begin at the same time.
func (in *element[X, S, E]) enter(now time.Time) {
	in.shown.Since, in.wake = now, time.Time{}
	if after := in.since.Add(time.Microsecond); now.Before(after) {
		in.shown.Since = after
	}
	in.limited = true
	in.shown.Until = in.limit()
	in.shown.Due = in.next()
}

// wait ends the limit of the stay, and what the element was to be woken for.
func (in *element[X, S, E]) wait() {
	in.limited, in.wake = false, time.Time{}
	in.shown.Until, in.shown.Due = time.Time{}, time.Time{}
}

func (in *element[X, S, E]) wakeAfter(now time.Time, d time.Duration) {
	in.wake = time.Time{}
	if d > 0 {
		in.wake = storage.Time(now.Add(d))
	}
	in.shown.Due = in.next()
}

// overdue reports whether the time of the stay is up.
func (in *element[X, S, E]) overdue(now time.Time) bool {
	limit := in.limit()
	return !limit.IsZero() && !limit.After(now)
}

// doomed reports whether the event of the limit will be fired at the end of the turn.
func (in *element[X, S, E]) doomed(now time.Time) bool {
	_, _, ok := in.of.machine.Timeout(in.state)
	return ok && in.overdue(now)
}

// expire fires the event of a limit that is up. The decider has not seen what comes of it, so the
// record gets another turn.
func (in *element[X, S, E]) expire(o *core) {
	if !in.wake.After(o.now) {
		in.wake = time.Time{}
	}
	doomed := in.doomed(o.now)
	in.limited = in.limited && !in.overdue(o.now)
	if !doomed {
		return
	}
	_, event, _ := in.of.machine.Timeout(in.state)
	if err := in.fire(o, event); err != nil {
		o.fail(fmt.Errorf("element %q: %w", in.name, err))
	}
	o.wakeAt(o.now)
}

// row implements typedPart.
func (in *element[X, S, E]) row() (storage.Element, error) {
	if err := in.intact(); err != nil {
		return storage.Element{}, err
	}
	data, err := in.of.options.Codec.Marshal(in.shown.Data)
	if err != nil {
		return storage.Element{}, fmt.Errorf("%w: it cannot be written: %w", ErrData, err)
	}
	return storage.Element{
		Name: in.name, State: string(in.state), Group: in.shown.Group,
		Since: storage.Time(in.shown.Since), Due: in.next(), Data: data,
	}, nil
}

// intact refuses what the decider may not change by hand.
func (in *element[X, S, E]) intact() error {
	switch {
	case in.shown.Name != in.name:
		return fmt.Errorf("its name was set to %q; add another element and remove this one", in.shown.Name)
	case in.shown.State != in.state:
		return fmt.Errorf("its state %q was set to %q; Fire moves it", in.state, in.shown.State)
	case in.shown.Data == nil:
		return errNoData
	}
	return nil
}
