package supervision

import (
	"errors"
	"slices"
	"strconv"
	"time"
)

// A Step says how far [Simple], [Phased] or [Staged] has come.
type Step struct {
	// Group is the group whose turn it is. For [Simple], and when all is done, it is zero.
	Group int
	// Moved: the step began in this turn, so all of its open elements were ordered.
	Moved bool
	// Resent: the step is the one that it was, and some of its elements were ordered in this turn:
	// again, or for the first time because they have joined it since.
	Resent bool
	// Done: no element is open.
	Done bool
}

// steps is what Simple, Phased and Staged have in common. Which step it is follows from the counts of
// the elements, so that a turn in which nothing advances reads none.
type steps[X any, S, E ~string] struct {
	elements      *Elements[X, S, E]
	open          func(S) bool
	limit, resend time.Duration
	order         func(t Outbound, step Step, els []*Element[X, S]) error
	descend       bool
	whole         bool // there is one step, and all groups are in it
}

// advance finds the step that it is now, and orders what is to be ordered.
func (s *steps[X, S, E]) advance(t Outbound) (Step, error) {
	if err := s.check(); err != nil {
		return Step{}, err
	}
	o := t.outbound()
	groups := s.groups(t)
	if len(groups) == 0 || o.err != nil {
		return Step{Done: o.err == nil}, o.err
	}
	step := Step{Group: s.group(groups)}
	if name := s.name(step); name != o.step {
		step.Moved = true
		t.toStep(name, s.limit)
	}
	if s.order == nil {
		return step, nil
	}
	els := s.toOrder(t, step)
	if len(els) == 0 || o.err != nil {
		return step, o.err
	}
	step.Resent = !step.Moved
	s.begin(t, step, els)
	if err := s.order(t, step, els); err != nil {
		return step, err
	}
	s.ordered(t, step, els)
	return step, o.err
}

func (s *steps[X, S, E]) check() error {
	switch {
	case s.elements == nil:
		return errors.New("the steps have no Elements; say what they are over")
	case s.open == nil:
		return errors.New("the steps have no Open; say which elements are not done yet")
	}
	return nil
}

// groups returns those that have open elements, ascending.
func (s *steps[X, S, E]) groups(t Outbound) []int {
	var out []int
	for group := range s.elements.Groups(t, s.open) {
		out = append(out, group)
	}
	return out
}

// group returns the one whose turn it is, of those that have open elements.
func (s *steps[X, S, E]) group(groups []int) int {
	switch {
	case s.whole:
		return 0
	case s.descend:
		return groups[len(groups)-1]
	}
	return groups[0]
}

// name returns what the record calls the step.
func (s *steps[X, S, E]) name(step Step) string {
	if s.whole {
		return "all"
	}
	return strconv.Itoa(step.Group)
}

// within returns the groups that are in the step; none: all.
func (s *steps[X, S, E]) within(step Step) []int {
	if s.whole {
		return nil
	}
	return []int{step.Group}
}

// toOrder returns the open elements of the step if it begins now; otherwise those of them that have
// been silent for too long or have joined it.
func (s *steps[X, S, E]) toOrder(t Outbound, step Step) []*Element[X, S] {
	o, within := t.outbound(), s.within(step)
	if step.Moved {
		open := slices.DeleteFunc(s.elements.machine.States(), func(state S) bool { return !s.open(state) })
		return slices.Collect(s.elements.Select(t, within, open...))
	}
	var out []*Element[X, S]
	for _, row := range o.parts.sorted(func(row *part) bool {
		in := row.place()
		return !row.gone && s.open(S(in.state)) && (len(within) == 0 || slices.Contains(within, in.number)) &&
			(s.joins(row, within) || s.resend > 0 && row.isDue(o.now))
	}) {
		if el, ok := s.elements.show(o, row); ok && (s.joins(row, within) || !s.behind(row).doomed(o.now)) {
			out = append(out, el)
		}
	}
	return out
}

// joins reports whether the element came to the step in this turn and has not been ordered.
func (s *steps[X, S, E]) joins(row *part, within []int) bool {
	in := s.behind(row)
	return in != nil && !in.ordered && (in.added || len(within) > 0 && in.group != in.shown.Group)
}

func (s *steps[X, S, E]) behind(row *part) *element[X, S, E] {
	in, _ := row.typed.(*element[X, S, E])
	return in
}

// begin starts the time of elements that are ordered for the first time in the step.
func (s *steps[X, S, E]) begin(t Outbound, step Step, els []*Element[X, S]) {
	o, within := t.outbound(), s.within(step)
	for _, el := range els {
		row := o.parts.rows[el.Name]
		if in := s.behind(row); !in.limit().IsZero() && (step.Moved || s.joins(row, within)) {
			in.enter(o.now)
		}
	}
}

// ordered starts the clocks for ordering again.
func (s *steps[X, S, E]) ordered(t Outbound, step Step, els []*Element[X, S]) {
	o := t.outbound()
	for _, el := range els {
		_, in, err := s.elements.own(t, el)
		if err != nil {
			continue // Order has removed it
		}
		if in.ordered = true; s.resend > 0 && s.open(in.state) {
			in.wakeAfter(o.now, s.resend)
		}
	}
	if groups := s.groups(t); len(groups) == 0 || s.group(groups) != step.Group {
		o.wakeAt(o.now) // it was done at once, and the next step need not wait for a message
	}
}
