package main

import "time"

// postgresRows are about package postgres, on a server of the row's own with the settings that PostgreSQL
// has by default. By hand means the same tables and rows without the library, in the best statements that
// a careful host would write.
func postgresRows() []row {
	const (
		byHand  = "the same rows by hand"
		resting = "the same over 10,000"
		fresh   = "the same on a fresh store"
	)
	var in100, in1000, sent100, sent1000, orders, best, usual, pages, aged, pinned, woken notes
	ns := func(n *notes) meter { return n.meter("ns", median) }
	return []row{
		{"postgres/turn-in-hundreds", byHand, ns(&in100), ratioAtMost(1 / 0.6), turnsAndHand(&in100, 100)},
		{"postgres/turn-in-hundreds-statements", "", sent100.meter("statements", median), atMost(0.2), statements(&sent100, 100)},
		{"postgres/turn-in-thousands", byHand, ns(&in1000), ratioAtMost(1 / 0.6), turnsAndHand(&in1000, 1000)},
		{"postgres/turn-in-thousands-statements", "", sent1000.meter("statements", median), atMost(0.2), statements(&sent1000, 1000)},
		{"postgres/turn-beside-river", "a job of River at its best", ns(&best), ratioAtMost(1), turnsAndRiver(&best, 1000, riverBest)},
		{"postgres/turn-beside-river-default", "a job of River as it is", ns(&usual), ratioAtMost(0.125), turnsAndRiver(&usual, 0, riverDefault)},
		{"postgres/fire-32-at-once", "32 connections by hand", ns(&orders), ratioAtMost(0.5), firesAndHand(&orders)},
		{"postgres/empty-poll-million-resting", resting, wall, ratioAtMost(1.5), emptyPolls},
		{"postgres/empty-poll-million-resting-pages", resting, pages.meter("pages", median), atMostAndAsPeer(10), emptyPollPages(&pages)},
		{"postgres/claim-after-million-turns", fresh, ns(&aged), ratioAtMost(2), claimsAfterTurns(&aged)},
		{"postgres/claim-beside-old-snapshot", fresh, ns(&pinned), ratioAtMost(2), claimsBesideSnapshot(&pinned)},
		{"postgres/wake-up", "insert to work in River", ns(&woken), ratioAtMost(1), wakeUpAndRiver(&woken)},
		{"postgres/thousand-phases", "", wall, within(2 * time.Second), thousandPhasesInPostgres},
	}
}
