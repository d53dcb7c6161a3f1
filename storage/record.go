package storage

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/internal/enum"
)

// A Key identifies a record.
type Key struct {
	// Kind is the sort of record, such as "node".
	Kind string
	// ID tells it from the others of its kind.
	ID string
}

// String returns "kind/id".
func (k Key) String() string { return k.Kind + "/" + k.ID }

// Compare orders keys by kind, then by ID: negative if k comes before o, zero if they are the same.
func (k Key) Compare(o Key) int {
	return cmp.Or(strings.Compare(k.Kind, o.Kind), strings.Compare(k.ID, o.ID))
}

// A Token numbers the leases of a record. A newer lease has a greater token; the token of a lease is
// the fence of what is written under it. Zero is no lease.
//
// The tokens of a record count up by one, and begin with the version that it was created with: each lease
// has the next number, and what is written or released under one uses up another. So they tell how often
// a record was claimed in vain. A [Locker] may go ahead of them; after what is written under it they go on.
type Token uint64

// A Status says whether a record gets turns. It is apart from the record's state.
type Status uint8

const (
	// OK: the record gets a turn when it is due.
	OK Status = iota
	// Paused: someone decided that it gets none for now.
	Paused
	// Quarantined: it was set aside, with its error, after too many failed turns.
	Quarantined
)

var statusNames = [...]string{OK: "ok", Paused: "paused", Quarantined: "quarantined"}

// String returns the status's name in lower case.
func (s Status) String() string { return enum.String(statusNames[:], s, "Status") }

// MarshalText returns the status's name.
func (s Status) MarshalText() ([]byte, error) {
	return enum.Marshal(statusNames[:], s, "storage", "status")
}

// UnmarshalText accepts the name of a status.
func (s *Status) UnmarshalText(text []byte) error {
	return enum.Unmarshal(statusNames[:], s, text, "storage", "status")
}

// A Record is one managed thing.
type Record struct {
	Key Key
	// State is where it is in the machine of its kind.
	State string
	// Final: nothing moves it any more, so it gets no turns, and what is said to it is [MessageStale].
	Final bool
	// Version is one after creation and one higher after each change. A record that was deleted and is
	// created again goes on above it, and above the tokens of its leases, as long as the history
	// remembers, see [Change].Delete: so no lease on the old one is good for the new one.
	Version uint64
	// Fence is the newest token that has written. The store keeps it.
	Fence Token
	// Status says whether it gets turns, and Reason why, if it does not.
	Status Status
	Reason string
	// Operation is the id of the order under way, Deadline when its time is up, Step how far it is.
	Operation string
	Deadline  time.Time
	Step      string
	// Data is the host's own, and DataVersion the version of its form.
	Data        []byte
	DataVersion int
	// Since is when it entered the state, Until when its time there is up (zero: never).
	Since time.Time
	Until time.Time
	// Due is when it next needs a turn; zero: when a message comes.
	Due time.Time
	// NotBefore is when it may have its next turn at the earliest, whatever is said to it meanwhile:
	// so a record waits whose turn failed. Zero: at any time.
	NotBefore time.Time
	// Failures counts failed turns since the last one that succeeded.
	Failures int
	// Group is the host's own grouping, for lists and caps.
	Group string
}

// An Element is a part of a record with a state of its own, stored as a row of its own.
type Element struct {
	// Name tells it from the others of its record.
	Name  string
	State string
	// Group orders elements, as phases do.
	Group int
	// Since is when it entered the state.
	Since time.Time
	// Due is when its record needs a turn because of it; zero: not because of it.
	Due  time.Time
	Data []byte
}

// A Tally counts the elements of a record that are in one group and one state.
type Tally struct {
	Group int
	State string
	N     int
}

// A Snapshot is a record as the store saw it at one moment, with what a turn needs.
type Snapshot struct {
	Record
	// Tally counts its elements by group and state, in that order.
	Tally []Tally
	// Elements are those that Messages name and those that are due, by name. Only from a claim.
	Elements []Element
	// Messages are the unconsumed ones, in the order of their numbers. Only from a claim.
	Messages []Message
	// More: there are further unconsumed messages or due elements.
	More bool
	// Now is the store's time.
	Now time.Time
	// Lease is the lease, if it was claimed.
	Lease Lease
	// Holder says who has a lease on the record, and HeldUntil until when; empty and zero: nobody, or
	// it has ended. Only from a load: what was claimed has its Lease.
	Holder    string
	HeldUntil time.Time
}

// A Query selects records. Zero fields select everything.
type Query struct {
	// Kind is the kind of the records. Required.
	Kind string
	// States and Statuses are what the records may be in; empty: any.
	States   []string
	Statuses []Status
	// Group is the group; empty: any.
	Group string
	// After is the id to go on from, exclusive.
	After string
	// Limit is the most to yield; zero: no limit.
	Limit int
}

// An ElementQuery selects the elements of a record for which all of its fields hold. Zero fields
// select everything.
type ElementQuery struct {
	// Names are the names, in any order, each of which counts once; empty: any.
	Names []string
	// Groups and States are what the elements may be in; empty: any.
	Groups []int
	States []string
	// After is the name to go on from, exclusive.
	After string
	// Limit is the most to yield; zero: no limit.
	Limit int
}

// Matches reports whether q selects e, apart from its Limit.
func (q ElementQuery) Matches(e *Element) bool {
	return e.Name > q.After &&
		(len(q.Names) == 0 || slices.Contains(q.Names, e.Name)) &&
		(len(q.Groups) == 0 || slices.Contains(q.Groups, e.Group)) &&
		(len(q.States) == 0 || slices.Contains(q.States, e.State))
}
