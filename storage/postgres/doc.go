// Package postgres keeps everything in a PostgreSQL database: the store of many replicas with one
// truth.
//
// It works on a [pgxpool.Pool] that the host opened, on PostgreSQL 13 or newer.
//
//	pool, err := pgxpool.New(ctx, "postgres://…")
//	store, err := postgres.New(ctx, pool, nil)
//	err = store.Migrate(ctx)
//
// # How it writes
//
// Each call is one transaction of two round trips, whatever its size. The first locks the records that
// are concerned, in the order of their keys, and reads everything that the answers depend on. Then the
// store decides. The second writes, with arrays that the server makes rows again, and commits. What
// a record has, its messages, its effects and the queues they stand in, is changed under its lock alone. Small calls that
// come at the same time go together: thirty goroutines that each change a record cost one transaction
// at a time, not thirty.
//
// A claim is one statement that steps over what others are claiming (SKIP LOCKED) and searches an
// index of what is due: a record that is not due costs nothing. A lease leaves that index alone.
//
// # When it fails
//
// What the server refuses for the sake of others (a deadlock, a serialization failure, a key that
// another has just taken) is tried again. When a connection ends while a transaction is being
// committed, the store asks the server what became of it, by a row that each transaction leaves as a witness, so
// that what was made is neither repeated nor called failed; only where nobody can be asked for half a minute is
// the error [storage.ErrUnknown]. A canceled context ends a call until it commits; from then on it has a few
// seconds.
//
// What a vanished client has locked is free again soon: a transaction of the store's ends when nothing is heard of
// its client for ten seconds, or for idle_in_transaction_session_timeout where the role, the database or the
// connection sets that. A Project has as long between two statements.
//
// A record that somebody else's transaction keeps locked holds up what is said of it alone, until that
// transaction or the call's context ends. In a call about several things it is refused after a quarter of
// a second, with [storage.ErrLocked], and the others are answered.
//
// # Time
//
// The time is the server's, by the function clock in the store's schema. It is statement_timestamp():
// the clock's reading when a statement begins, because an index can be searched by that.
//
// # Hints
//
// Within a process a supervisor is woken by what is committed through the same Store; from other processes
// by NOTIFY, which is sent after the commit, one at a time, and waits for no disk ([Store.Listen]). A
// lost one costs a poll.
//
// # Inventories
//
// A Store is a [storage.Inventory] of the tables that search_path leads to, and of schema.table. A save is one transaction
// at read committed that holds its scope's row; a view is one at repeatable read. Rows are inserted by COPY, and updated
// and deleted by arrays. What a column would round, cut off or pad is refused. The save of a program that has vanished is
// rolled back after a minute. Beside the rights to read and write a table the role needs USAGE of the sequence of its ids.
//
// # Poolers
//
// No state of a session is used, so the store works behind a pooler in transaction mode such as
// PgBouncer, but for LISTEN: see [Options.Pooled].
//
// # The host's transactions
//
// [Store.With] takes part in a transaction of the host, and [storage.Change.Project] lets the host
// take part in one of the store's. [Options.Tables] keeps the data of a kind in the host's own table.
package postgres
