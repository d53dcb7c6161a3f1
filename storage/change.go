package storage

import "context"

// A Change is everything that one decision about one record means.
type Change struct {
	// Key is the record.
	Key Key
	// Version is the one that the change was computed from; zero creates the record.
	Version uint64
	// Token is that of the lease under which it was decided; zero for a host's own order, which is
	// guarded by the version alone and makes a turn that is under way conflict.
	Token Token
	// Delete removes the record with its elements, messages and effects. Its history stays, and ends
	// with the version that is one above the record's and above each token that was given out or has
	// written. Where it ends the tokens and versions of a record begin that is created again. Beside
	// it only Lines and Project are right.
	Delete bool
	// Record is what the record is afterwards. Key, Version and Fence are not used. A zero Since is
	// the store's now.
	Record Record
	// Elements are new or changed ones, Gone the names of removed ones. Others are not touched.
	Elements []Element
	Gone     []string
	// Consume says what became of messages, each by its number.
	Consume []Consumption
	// Cancel cancels effects, before Emit adds new ones. Emit leaves out what adds nothing: an effect
	// whose ID the record emitted before, and one whose Key an effect of the record has that is
	// pending or running, so that a record can say again what it wants while it is being done.
	Cancel []Cancel
	Emit   []Effect
	// Send delivers messages to records of the same store. One to a record that does not exist is
	// kept as dead; one that was accepted before is left out.
	Send []Message
	// Spawn creates records. One whose key exists is left as it is.
	Spawn []Spawn
	// Lines are added to the history. Version, N and At are set by the store. Without any, the change
	// leaves no trace there.
	Lines []Line
	// Project, if it is not nil, is called inside the change's transaction with the backend's own
	// handle of it, after everything else; its error undoes this change and is its answer. A store
	// that is no [Transactor] answers [errors.ErrUnsupported].
	Project func(ctx context.Context, tx any) error
}

// A Spawn is a new record with what belongs to it.
type Spawn struct {
	// Record is the record; Version and Fence are not used. A zero Since is the store's now.
	Record   Record
	Elements []Element
	Lines    []Line
}
