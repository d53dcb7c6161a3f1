// Package sqlite keeps everything in an SQLite database: the store of a program that runs on one
// machine, alone or as a few processes on one file.
//
// It works on a [database/sql.DB] that the host opened with a driver of its choice, and imports none.
//
//	db, err := sql.Open("sqlite", sqlite.DSN("estate.db")) // modernc.org/sqlite, for example
//	store, err := sqlite.New(ctx, db, nil)
//	err = store.Migrate(ctx)
//
// # Connections
//
// SQLite has one writer at a time. The store lines its writes up in the process, and each is a
// transaction that holds the database's write lock from its first statement on, so that it never has
// to be repeated; between processes SQLite's busy timeout lines them up. Reads run beside a write. A
// handle with a single connection is enough, also for a database in memory, which must have exactly
// one; a second handle for reads keeps long lists out of the way ([Options.Readers]).
//
// # Durability
//
// A change that was answered with nil is on the disk: the store demands synchronous=FULL, unless
// [Options.Synchronous] accepts less. Once a transaction is being committed, a canceled context does
// not stop it any more, and where a driver reports a failed commit, the store looks whether it was
// made. A full disk, a file that cannot be written or a lock that another process does not give back
// is an error that says so; nothing is half written, and the store goes on once the matter is mended.
//
// # The host's transactions
//
// [Store.With] takes part in a transaction of the host, and [storage.Change.Project] lets the host
// take part in one of the store's. [Options.Tables] keeps the data of a kind in the host's own table.
//
// # The host's inventory
//
// A [Store] is a [storage.Inventory] of the host's own tables in the same database, or in another one on
// which it is made for this alone. Booleans are stored as 0 and 1, times as RFC 3339 in UTC, or as
// microseconds since 1970 in a column of integers, JSON in its one form; any form of them is read. SQLite
// makes numbers of texts in columns whose declaration it does not know, such as STRING: a text that would
// not come back as it was is refused.
package sqlite
