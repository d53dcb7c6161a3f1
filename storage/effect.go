package storage

import (
	"time"

	"github.com/reeve-go/reeve/internal/enum"
)

// An EffectStatus says how far an effect is.
type EffectStatus uint8

const (
	// EffectPending: it waits to be taken.
	EffectPending EffectStatus = iota
	// EffectRunning: someone has a lease on it.
	EffectRunning
	// EffectDone: it was performed.
	EffectDone
	// EffectDead: it was given up, after too many tries or past its deadline. It can be redriven.
	EffectDead
	// EffectCanceled: its record no longer wants it.
	EffectCanceled
)

var effectStatusNames = [...]string{
	EffectPending: "pending", EffectRunning: "running", EffectDone: "done", EffectDead: "dead", EffectCanceled: "canceled",
}

// String returns the status's name in lower case.
func (s EffectStatus) String() string { return enum.String(effectStatusNames[:], s, "EffectStatus") }

// MarshalText returns the status's name.
func (s EffectStatus) MarshalText() ([]byte, error) {
	return enum.Marshal(effectStatusNames[:], s, "storage", "effect status")
}

// UnmarshalText accepts the name of an effect status.
func (s *EffectStatus) UnmarshalText(text []byte) error {
	return enum.Unmarshal(effectStatusNames[:], s, text, "storage", "effect status")
}

// An Effect is something that a record wants done outside. It is performed at least once.
type Effect struct {
	// ID is this emission: the store accepts each once.
	ID string
	// Key is the idempotency key that the outside sees, equal over tries and re-sends. Of the effects
	// of a record that are pending or running no two have the same.
	Key string
	// From is the record that emitted it. The store sets it.
	From Key
	// Lane, if it is not empty, is a queue of the record: its effects are performed one after another.
	// One that was canceled while it ran is waited for until it is settled or released, or its lease has
	// ended. Past its own deadline an effect can be taken out of its turn; who took it keeps it, whatever
	// ends before it.
	Lane string
	// Name says what is to be done; who performs it goes by it.
	Name string
	// Element, Operation and Step are those that it is for; its outcome quotes them.
	Element   string
	Operation string
	Step      string
	Body      []byte
	// Deadline is when it is to be given up; zero: never.
	Deadline time.Time
	// Keep: it outlives its operation, see [Cancel].
	Keep bool
	// Quiet: success needs no message.
	Quiet bool
	// Group is the host's own grouping, for caps.
	Group string

	// Seq is its number, Attempt how often it was taken, Owner who has a lease on it (empty: nobody, or
	// it has ended), Due when it can next be taken (zero while it is behind another in its lane, or has
	// ended); Status and Reason say how far it is and what went wrong last. Canceling it leaves the
	// reason as it was, and settling it afterwards still sets it. The store sets them.
	Seq     uint64
	Attempt int
	Owner   string
	Due     time.Time
	Status  EffectStatus
	Reason  string
}

// Taken is an effect with the lease that it was taken under.
type Taken struct {
	Effect
	Lease Lease
	// Now is the store's time.
	Now time.Time
}

// A Settlement ends one attempt at an effect.
type Settlement struct {
	// Lease is the lease that the effect was taken under.
	Lease Lease
	// As is what becomes of it: [EffectDone], [EffectDead], or [EffectPending] to be tried again.
	As EffectStatus
	// Retry is how long to wait before the next try, at most until its deadline.
	Retry time.Duration
	// Reason is what went wrong.
	Reason string
	// Outcome, if it is not nil, is delivered to the effect's record. To is set by the store.
	Outcome *Message
}

// A Cancel cancels effects of a record that have not ended. Those marked Keep are only canceled by a
// Cancel that names their lane.
type Cancel struct {
	// Operation is the operation of the effects; empty: any.
	Operation string
	// Lane is the lane of the effects; empty: any.
	Lane string
}

// Matches reports whether c cancels e.
func (c Cancel) Matches(e *Effect) bool {
	return (c.Operation == "" || c.Operation == e.Operation) &&
		(c.Lane == "" && !e.Keep || c.Lane != "" && c.Lane == e.Lane)
}

// An EffectQuery selects effects. Zero fields select everything.
type EffectQuery struct {
	// From is the record; a Key with a Kind alone selects every record of the kind.
	From Key
	// Statuses are what the effects may be in; empty: any.
	Statuses []EffectStatus
	// After is the number to go on from, exclusive.
	After uint64
	// Limit is the most to yield; zero: no limit.
	Limit int
}
