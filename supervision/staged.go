package supervision

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Staged is [Phased] for elements that pass through several numbered stages each, as in a migration:
// the stage that an element is at is its group, and no element is ordered in a stage before all have
// passed the ones before. The element's stages follow from its data; it stays open until it has passed
// its last one.
type Staged[X any, S, E ~string] struct {
	// Elements are what it is over. Required.
	Elements *Elements[X, S, E]
	// Open reports whether an element in this state has stages to pass. Required.
	Open func(s S) bool
	// Stages returns the stages of an element, in any order. Required.
	Stages func(data *X) []int
	// Descend goes from the highest stage to the lowest, as on the way back.
	Descend bool
	// Limit, Resend and Order are those of [Phased].
	Limit, Resend time.Duration
	Order         func(t Outbound, step Step, els []*Element[X, S]) error
}

// First returns the stage that an element begins with: the group to give it at the start.
func (s *Staged[X, S, E]) First(data *X) (stage int, ok bool) { return s.after(data, nil) }

// Pass notes that an element has passed the stage that is ordered now, and moves it to its next one;
// more is false if that was its last, and then it is the host's to move the element to a state that is
// not open. An element that is at another stage has passed this one already, and stays where it is.
// Until its next stage is ordered, no time runs for an element.
func (s *Staged[X, S, E]) Pass(t Outbound, el *Element[X, S]) (more bool) {
	o, in, err := s.Elements.own(t, el)
	if err == nil && s.Stages == nil {
		err = errors.New("Staged has no Stages; say which stages an element has")
	}
	if err != nil {
		o.fail(fmt.Errorf("element %q: pass: %w", nameOf(el), err))
		return false
	}
	if o.step != strconv.Itoa(el.Group) {
		return true
	}
	next, more := s.after(el.Data, &el.Group)
	if more {
		el.Group = next
		in.wait()
	}
	return more
}

// after returns the element's next stage after a stage; nil: the first.
func (s *Staged[X, S, E]) after(data *X, stage *int) (next int, ok bool) {
	if s.Stages == nil {
		return 0, false
	}
	stages := slices.Clone(s.Stages(data))
	slices.Sort(stages)
	if s.Descend {
		slices.Reverse(stages)
	}
	for _, next := range stages {
		if stage == nil || next != *stage && (next > *stage) != s.Descend {
			return next, true
		}
	}
	return 0, false
}

// Advance does what [Phased.Advance] does.
func (s *Staged[X, S, E]) Advance(t Outbound) (Step, error) {
	stages := steps[X, S, E]{
		elements: s.Elements, open: s.Open, limit: s.Limit, resend: s.Resend, order: s.Order, descend: s.Descend,
	}
	return stages.advance(t)
}
