// Package bolt keeps everything in a bbolt database: one file, one process, keys in order. It is a whole
// [storage.Store] of a host's own, written to be read: docs/backend.md walks through it.
//
// # How it is laid out
//
// A table holds rows, as JSON, each under its own key. An index holds, under keys that sort as the
// question does, the keys of rows:
//
//	table    a key is              an index asks for
//	record   kind id               those due of a kind, by time; those in a state
//	element  kind id name          those due of a record, by time
//	message  number                ids, slots, the open ones of a record, the ended ones by time
//	effect   number                ids, keys, lanes, those due of a name, the ended ones by time
//	line     kind id version n     the old ones by time
//
// A row says itself under which entries it is found; writing the row moves the entries, so that no code
// can forget one. What is due, open, next in its lane or old enough to be removed is the head of an
// index: finding it costs as much as there is of it, however much else there is.
//
// # What it keeps, and what it cannot
//
// Each call is one transaction, and bbolt has one writer at a time: nothing has to be locked, guarded
// twice or found out afterwards. A change is refused before anything of it is written. A change that was
// answered with nil is on the disk. Where the disk itself fails at the very end of a commit, bbolt
// answers an error although the commit may be there: as after a crash, versions and ids say which. A
// call that waits for another writer is not interrupted while it does.
//
// bbolt has no savepoints, so what a host's own code wrote could not be undone alone: the store is no
// [storage.Transactor], and answers a change with a Project with [errors.ErrUnsupported].
package bolt
