// Package vectors runs given and then: it puts what was given before the deciders of package acm, and
// compares what they make of it with what ONAP's own code made of it when it was executed.
//
// A case is a small world: records, the messages that wait for them, the locks that others hold, and
// a clock. ONAP's code looked at its entities one after another, in one thread that slept now and
// then. Reeve has no use for either, but its deciders are shown the time at which ONAP's looked: only
// then do times compare. There is no store: each look is a snapshot, and what comes of it a change.
//
// Answers in the cases do not say which order they answer, as ONAP's do not. So the deciders run in
// their compatibility mode, in which such an answer counts for the order under way.
//
// Where Reeve differs on purpose a [Purpose] says so from the inputs of the look, before it is known
// what comes of it.
package vectors
