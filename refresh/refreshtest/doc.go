// Package refreshtest has what a host checks its own parsers, collections and tables with.
//
// A parser keeps to the laws of package refresh if its collections are declared as the tables are, and if it
// says the same of the same world. One call finds out, over worlds that are recorded or drawn:
//
//	refreshtest.Check(t, refreshtest.Harness[Cloud, *Inventory]{
//		Declare: declare,
//		Open:    open, // a database with the host's tables, all of them empty
//		Worlds:  rapid.Just(recorded),
//		Parsers: []refreshtest.Parser[Cloud, *Inventory]{parseHosts, parseVMs},
//	})
//
// The laws, by the names with which a failure begins:
//
//   - saves: every world can be saved; every row is written and every reference is found, or [Harness.Accept]
//     has nothing against it.
//   - idempotence: a second refresh of the same world writes nothing.
//   - order: parsers can run in any order and side by side, and the world can come in any order.
//   - dry run: a plan writes nothing until it is applied, and then does what a save does.
//   - replay: a plan that was written as JSON and read elsewhere does the same.
//   - targets: refreshing all rows of a world as targets, some at a time and each twice, leaves what a full refresh
//     leaves.
//   - references: no row points at one that is not there.
//   - others: what other managers have stays as it is.
//
// A failure names the law, each row and column that differ, and both outcomes:
//
//	refreshtest: order: in another order the same world leaves something else:
//	table "vms", row manager="one" ref="vm-7": column "name" is "a" after a save, and now "b"
//
// and shows the shortest history of worlds that rapid finds. Its effort is set by rapid's flags:
// -rapid.checks is the number of histories. One that failed is kept in testdata/rapid and tried
// first from then on.
//
// [Dump] reads tables so that two databases can be compared although their ids differ.
package refreshtest
