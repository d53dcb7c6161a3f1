package supervision

import "time"

// Simple orders all open elements at once and waits until none is open any more: the one step of an
// operation, which the record calls "all". For the rest it is like [Phased].
type Simple[X any, S, E ~string] struct {
	// Elements are what it is over. Required.
	Elements *Elements[X, S, E]
	// Open reports whether an element in this state is not done yet. Required.
	Open func(s S) bool
	// Limit, Resend and Order are those of [Phased].
	Limit, Resend time.Duration
	Order         func(t Outbound, step Step, els []*Element[X, S]) error
}

// Advance does what [Phased.Advance] does.
func (s *Simple[X, S, E]) Advance(t Outbound) (Step, error) {
	all := steps[X, S, E]{
		elements: s.Elements, open: s.Open, limit: s.Limit, resend: s.Resend, order: s.Order, whole: true,
	}
	return all.advance(t)
}
