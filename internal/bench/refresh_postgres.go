package main

import "time"

// refreshPostgresRows are about refreshes of 2,000 hosts, 100,000 machines and 200,000 disks, on a server of their own
// with the settings that PostgreSQL has by default. All but the last three come from five rounds, in each of which all ways
// take turns; before each of them VACUUM and CHECKPOINT have been done. Time is that on the wall, because the server
// does most of the work, from Open to the commit.
//
// By COPY is the least that a host can do: to insert the same rows, of which it knows that none are there, into the same
// tables, with their indexes and foreign keys. GORM is a host that inserts or overwrites everything by CreateInBatches
// with OnConflict and UpdateAll. The saver of ManageIQ's inventory_refresh, in its batches, took 66 s of its processor and 903 MB
// for as many rows of such tables on such a machine; client and server together are to be seen beside that. Hashed tables have
// a column in which hashes of the rows are kept. Changed is a row of a hundred in each table; gone is one machine of ten, with its disks. Targeted is 100 machines among the 100,000, with new
// names, as host and store see it from the plan to the commit; by hand is the same statements, without the library.
//
// Written are the rows that were inserted or updated, WAL is what the server has written to its log. Memory is how much larger
// the heap is at most than before, garbage included, in a full refresh of empty tables: the objects that the host has
// are not in it.
//
// The last three are about 1,000,000 machines and 20,000 hosts, once. How much garbage there is by the time it is collected
// depends on how much the program has besides; held is the memory where it is collected at once.
func refreshPostgresRows() []row {
	const byCopy, byGORM = "COPY of the same rows", "GORM, CreateInBatches"
	ns, mb, kb, rows := meter{unit: "ns", parts: 1}, meter{unit: "MB", parts: 10}, meter{unit: "kB", parts: 1}, meter{unit: "rows", parts: 1}
	rounds := &contest{hold: holdRounds}
	large := &contest{hold: holdLarge}
	noted := func(name, peer string, m meter, g goal, c *contest, ours, theirs string) row {
		return row{name: "refresh/postgres-" + name, peer: peer, meter: m, goal: g, prepare: c.of(ours, theirs)}
	}
	return []row{
		noted("full", byCopy, ns, ratioAtMost(1.25), rounds, "full", "copy"),
		noted("full-beside-gorm", byGORM, ns, ratioAtMost(0.7), rounds, "full", "gorm full"),
		noted("full-client", "", ns, within(2500*time.Millisecond), rounds, "full cpu", ""),
		noted("full-server", byCopy, ns, goal{}, rounds, "full server", "copy server"),
		noted("full-client-and-server", byCopy, ns, goal{}, rounds, "full both", "copy both"),
		noted("full-memory", "", mb, atMost(80), rounds, "full memory", ""),
		noted("full-hashed", byCopy, ns, goal{}, rounds, "hashed full", "copy"),
		noted("unchanged", byCopy, ns, ratioAtMost(0.3), rounds, "unchanged", "copy"),
		noted("unchanged-beside-gorm", byGORM, ns, ratioAtMost(0.125), rounds, "unchanged", "gorm unchanged"),
		noted("unchanged-written", "", rows, atMost(0), rounds, "unchanged written", ""),
		noted("unchanged-wal", byGORM, kb, atMost(1000), rounds, "unchanged wal", "gorm wal"),
		noted("unchanged-hashed", byCopy, ns, ratioAtMost(0.2), rounds, "hashed unchanged", "copy"),
		noted("unchanged-hashed-written", "", rows, atMost(0), rounds, "hashed written", ""),
		noted("unchanged-hashed-wal", "", kb, atMost(64), rounds, "hashed wal", ""),
		noted("changed", byCopy, ns, ratioAtMost(0.3), rounds, "changed", "copy"),
		noted("changed-hashed", byCopy, ns, ratioAtMost(0.3), rounds, "hashed changed", "copy"),
		noted("changed-written", "rows that changed", rows, ratioAtMost(1), rounds, "changed written", "changed rows"),
		noted("gone", byCopy, ns, ratioAtMost(0.3), rounds, "gone", "copy"),
		noted("targeted", "the same by hand", ns, ratioAtMost(2), rounds, "targeted", "targeted by hand"),
		noted("targeted-time", "", ns, within(20*time.Millisecond), rounds, "targeted", ""),
		noted("million-a-row", "the same in 100,000", ns, ratioAtMost(1.3), large, "million", "hundred thousand"),
		noted("million-memory", "", mb, atMost(600), large, "million memory", ""),
		noted("million-held", "", mb, goal{}, large, "eager memory", ""),
	}
}
