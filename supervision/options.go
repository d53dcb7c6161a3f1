package supervision

import "time"

// A CreateOption varies one call of [Kind.Create].
type CreateOption interface{ applyCreate(o *callOptions) }

// An OrderOption varies one order: [Kind.Fire], [Kind.Order], [Kind.Touch] or [Kind.Delete].
type OrderOption interface{ applyOrder(o *callOptions) }

// A CallOption varies a creation or an order.
type CallOption interface {
	CreateOption
	OrderOption
}

type callOptions struct {
	at        string
	operating bool
	within    time.Duration
	setUp     func(Outbound) error
	version   uint64
	cause     string
}

type createOption func(*callOptions)

func (f createOption) applyCreate(o *callOptions) { f(o) }

type orderOption func(*callOptions)

func (f orderOption) applyOrder(o *callOptions) { f(o) }

type callOption func(*callOptions)

func (f callOption) applyCreate(o *callOptions) { f(o) }
func (f callOption) applyOrder(o *callOptions)  { f(o) }

// At creates the record in one of the machine's starts instead of its initial state.
func At[S ~string](start S) CreateOption {
	return createOption(func(o *callOptions) { o.at = string(start) })
}

// Operating begins an operation with the record, which may take the given time in all; zero: any.
func Operating(within time.Duration) CreateOption {
	return createOption(func(o *callOptions) { o.operating, o.within = true, within })
}

// SetUp calls f in the turn in which the record comes to be, a [*Turn] of the kind, so that it can add
// elements and emit effects in the same commit. An error of f is returned, and there is no record.
func SetUp(f func(t Outbound) error) CreateOption {
	return createOption(func(o *callOptions) { o.setUp = f })
}

// IfVersion lets the order through only if the record is at this version, as the caller read it.
// Otherwise it is [storage.ErrConflict], and nothing is changed.
func IfVersion(v uint64) OrderOption {
	return orderOption(func(o *callOptions) { o.version = v })
}

// Cause says in the history who or what brought it about. The default is the name of the method.
func Cause(why string) CallOption {
	return callOption(func(o *callOptions) { o.cause = why })
}
