package main

import "time"

// refreshRows are about package refresh.
//
// Linking is what a refresh does in memory, for each of 1,000,000 objects: Build with a key, which is a text, and with
// one reference, which LazyFind gives by a text; then, when the refresh is planned, matching with a table, which is
// empty, and finding what the reference is to. The rows link have references to 50,000 objects of another
// collection, which are built and linked besides and not counted; those of link-tree are to objects of the same
// collection, so that half of them have two others beneath them. Time, of all processors, is from the first Build until
// all references are found. Held is what the heap has more by then, its garbage collected: keys, rows and references,
// with all that is not in the temporary file. The texts are the host's, and were there before.
//
// The rows sqlite are about 500 hosts, 10,000 machines and 20,000 disks, in tables with unique indexes on their keys,
// and with foreign keys. By hand is what a careful host would write that has them in memory and wants nothing but to
// insert them into empty tables: one transaction, statements for many rows that are prepared once, ids of its own
// and a map for the references. Ours is a whole refresh, from Open to the commit: with empty tables; with the same
// rows in the tables, which is unchanged; or with the names of 100 machines changed, which is one percent of them.
// Unchanged stands also beside a host that only reads all rows and makes nothing of them: no refresh that looks at what
// is there can be faster. Hashed tables have a column in which hashes of the rows are kept. Written are the rows of the host's tables that SQLite counts as changed. Targeted is a
// refresh of 100 machines with new names, and of their disks.
//
// Memory is how much larger the heap is at most than before, garbage included, while the tables are filled: it is
// looked at every millisecond. So the objects that the host has are not in it, nor is SQLite's own cache, which
// is not on the heap.
func refreshRows() []row {
	const byHand = "inserts by hand"
	var (
		linked, held, heldInTree       notes
		full, same, written, one, some notes
		grown                          notes
	)
	return []row{
		{"refresh/link", "", linked.meter("ns", median), within(time.Microsecond), linking(inPlaces, timeOf(&linked))},
		{"refresh/link-held", "", held.meter("B", median), atMost(300), linking(inPlaces, heldBy(&held))},
		{"refresh/link-tree", "", linked.meter("ns", median), within(time.Microsecond), linking(inTree, timeOf(&linked))},
		{"refresh/link-tree-held", "", heldInTree.meter("B", median), atMost(300), linking(inTree, heldBy(&heldInTree))},
		{"refresh/sqlite-full", byHand, full.meter("ns", median), ratioAtMost(1.5), intoEmpty(&full)},
		{"refresh/sqlite-unchanged", byHand, same.meter("ns", median), ratioAtMost(0.35), unchanged(&same, "")},
		{"refresh/sqlite-unchanged-hashed", byHand, same.meter("ns", median), goal{}, unchanged(&same, "row_hash")},
		{"refresh/sqlite-unchanged-beside-reading", "the rows read by hand", same.meter("ns", median), goal{}, unchangedAndRead(&same)},
		{"refresh/sqlite-unchanged-written", "", written.meter("rows", median), atMost(0), unchangedWritten(&written)},
		{"refresh/sqlite-one-percent-changed", byHand, one.meter("ns", median), goal{}, onePercent(&one)},
		{"refresh/sqlite-targeted-100", "", some.meter("ns", median), goal{}, targeted(&some)},
		{"refresh/sqlite-memory", "", grown.meter("MB", median), atMost(40), growing(&grown)},
	}
}
