package storage

import "time"

// A Line is one entry of a record's history.
type Line struct {
	// Version is that of the record after the change, N the line's number among those of one change.
	// The store sets both.
	Version uint64
	N       int
	// Element is the part that moved; empty: the record itself.
	Element string
	// From, Event and To say what moved it where. Where nothing moved, Event is empty.
	From, Event, To string
	// At is when, by the store's time. The store sets it.
	At time.Time
	// Cause says what brought it about, such as "order" or "timeout".
	Cause string
	// Operation is the order that was under way.
	Operation string
	// Inputs is what the decision was made from, so that it can be made again. Opaque to the store.
	Inputs []byte
}

// Retention says for how long to keep what has ended. Zero fields keep it for ever. Other times may be
// as long as they can: what reaches back to before 1970 keeps everything.
type Retention struct {
	// Messages is for those consumed, stale or replaced. Their ids are forgotten with them.
	Messages time.Duration
	// Effects is for those done or canceled.
	Effects time.Duration
	// Dead is for dead messages and dead effects.
	Dead time.Duration
	// Lines is for the history. The newest line of a record that exists is always kept.
	Lines time.Duration
}
