// Package acm is ONAP's Automation Composition Management on Reeve: compositions are defined and
// primed at participants, instances of them are deployed, locked, migrated and deleted again, and
// participants do the work.
//
// A definition, an instance and a participant are records, each of a kind of its own; what they
// consist of are their elements. Orders come from outside and begin an operation. From there on the
// supervisor moves the record: it orders step after step, hears what participants answer, and ends
// the operation when every element is done, when one has failed, or when the time of a step is up.
package acm
