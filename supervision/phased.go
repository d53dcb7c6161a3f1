package supervision

import "time"

// Phased orders elements group by group: those of one when none of the group before is open any more.
// A decider calls Advance in each turn of an operation, once it has applied the turn's messages, and so
// does an order that begins the operation or changes elements under way:
//
//	step, err := deploy.Advance(t)
//	if err != nil || !step.Done {
//		return err
//	}
//	return t.Fire(Deployed)
//
// The step is in the turn's Step, as the group's number: effects and answers quote it, and one that
// names another step is stale. A new operation begins with none; a decider that uses a second Phased
// in the same operation clears Step before. The record must be in an active or waiting state, because
// no operation and so no step is kept in others. Elements may be added, removed and moved to another
// group meanwhile: the step is always that of the first group with an open element. It is safe for
// concurrent use.
type Phased[X any, S, E ~string] struct {
	// Elements are what it is over. Required.
	Elements *Elements[X, S, E]
	// Open reports whether an element in this state is not done yet: where it has not reached the
	// operation's target, say. Required.
	Open func(s S) bool
	// Descend takes the groups from the highest to the lowest.
	Descend bool
	// Limit is how long the record may stay in its state, set anew at each step; zero: it is left alone.
	Limit time.Duration
	// Resend is how long an element that was ordered may be silent before it is ordered again; zero:
	// for ever. It ends when the element enters another state, and starts anew with each order.
	Resend time.Duration
	// Order wants done what brings elements further, usually with an effect for each. Els are in the
	// order of their names: all open ones of the step if it begins, otherwise those that were silent
	// for too long or have joined it. Nil: nothing is to be ordered, only waited for.
	//
	// The limit of the state that an element is in starts when its step begins. For an element whose
	// step has not come yet it runs as well; one that Order moves into such a state has none before.
	Order func(t Outbound, step Step, els []*Element[X, S]) error
}

// Advance finds out which step it is, from the states of the elements as the turn has them by now, and
// orders what is to be ordered. Step says what it did. An error is one of Order, or of the store.
func (p *Phased[X, S, E]) Advance(t Outbound) (Step, error) {
	phases := steps[X, S, E]{
		elements: p.Elements, open: p.Open, limit: p.Limit, resend: p.Resend, order: p.Order, descend: p.Descend,
	}
	return phases.advance(t)
}
