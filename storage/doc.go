// Package storage holds the contracts between Reeve and the databases it runs on, and nothing that
// decides.
//
// # What is stored
//
// A [Record] is one managed thing under a [Key]: its state, its data, and when it next needs a turn
// (Due). It may have parts, elements ([Element]), each a row of its own. A [Message] is something said to a
// record, an [Effect] something that a record wants done outside, a [Line] one entry of its history.
// A [Lease] is the right to move a record, or to perform an effect, for a while.
//
// # How it changes
//
// Everything that a decision means is one [Change], and [Records.Apply] makes it true in one
// transaction: the record and the touched elements, the messages it consumed, the effects it emits
// and cancels, the messages to other records, new records, the lines of history and the next due
// time. Two guards stand before each write: the version that the change was computed from, and the
// lease's token, the fence. Where one does not hold, nothing is written.
//
//	Claim ──▶ Snapshot ──decide──▶ Change ──▶ Apply        a turn of a record
//	Take ──▶ Effect ──perform──▶ Settlement ──▶ Settle     an attempt at an effect
//	Load ──▶ Snapshot ──order──▶ Change ──▶ Apply          a host's own order
//
// # Ten invariants
//
// Every backend keeps them, and package storagetest has a named test for each:
//
//  1. A change is atomic. In a batch each change has its own answer, and one that fails takes no
//     other with it. Where the outcome of a commit is not known, the backend finds it out.
//  2. Two guards on each write: [ErrLeaseLost] before [ErrConflict], and nothing is written. Versions and
//     tokens never go back, also not where a record is deleted and created again.
//  3. A claim hides what it hands out for its time, and two contenders never both win.
//  4. No wake-up is lost. Delivering makes a record due unless it is paused, quarantined or final;
//     Apply and Release make it due now if an unconsumed message is there. Only [Record.NotBefore]
//     holds a turn up.
//  5. A message's ID is accepted once. A slot holds at most one unconsumed message.
//  6. An effect's ID is accepted once, and of those that have not ended no two of a record have one
//     Key. Effects of one record and lane are performed one after another, each under a lease of its
//     own.
//  7. Time is the store's. Its readings go out in a [Snapshot] and come back in a change; a caller's
//     clock never does. Times are kept to the microsecond.
//  8. What a caller gets is its own copy, and sizes are limited ([Limits]).
//  9. Work is bounded: finding what is due is an index lookup whatever the number of records, a batch
//     costs a constant number of statements, lists are pages or iterators.
//  10. A store that can ([Transactor]) takes part in the host's transaction, and the host in the
//     change's ([Change.Project]).
//
// # Writing a backend
//
// Implement [Store], run storagetest.Run against it, and read what it says. Package memory is the
// reference: the shortest code that keeps the contract. Check input with [Limits] and refuse with
// [Change.Guard], so that every backend refuses the same things with the same words. New abilities
// will be optional interfaces, such as [Transactor] and [Notifier], never new methods of these.
package storage
