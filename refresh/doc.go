// Package refresh keeps tables that mirror something outside: the machines of a cloud, the devices of a network,
// the processes of a host. A refresh has three parts.
//
// A collector fetches. It alone talks to the outside, for all there is or for what is asked for.
//
// A parser fills collections. A [Collection] is the rows of one table, each a struct of the host's whose tags
// say which field is which column, and which are the key:
//
//	type VM struct {
//		Ref  string            `reeve:"ref,key"`
//		UUID string            `reeve:"uuid,index=by_uuid"`
//		Host refresh.Ref[Host] `reeve:"host_id"`
//	}
//
//	inv.VMs.Build(VM{Ref: vm.ID, UUID: vm.UUID, Host: inv.Hosts.LazyFind(vm.HostID)})
//
// A persister plans and saves. [NewPersister] is given a function that declares the collections; [Persister.Open]
// begins a refresh, whose [Refresh.Inventory] the parsers fill; [Refresh.Plan] says what would be written, and
// [Refresh.Save] writes it, in one transaction.
//
// # References
//
// A [Ref] is a promise: the row is found when the refresh is planned, among what this refresh brought, else in the
// database, within what the manager has. So it does not matter in which order rows come, and a targeted refresh
// can point at what it did not fetch. LazyFind looks for a key that is one text, LazyFindLike for the key of an
// example, LazyFindBy for the values of another index. An [AnyRef] points at rows of several collections, and
// [From] takes a field of the row that a reference points at. A reference to a row that is not there is null and
// reported, unless its tag says required, stub or lookup.
//
// # Plans
//
// A [Plan] has what is created, updated column by column, deleted or archived, and what could not be: rows without a
// key, references to nothing, two rows with one key. What is as it should be is not written at all. A plan can be
// printed, written as JSON, read elsewhere ([ReadPlan]) and made true there ([Persister.Apply]): then each old value
// is looked at again.
//
// # Hashes
//
// A full refresh reads all rows of its manager. With a column of hashes, see [CollectionOptions.Hash], it reads no more than
// the keys of those of which the same is said as before, and does not see what others wrote into them.
//
// # Scope
//
// A refresh is about one manager, an account of a cloud for instance. Its rows have the columns that
// [PersisterOptions.Scope] gives; those of a child are found by way of its parents ([CollectionOptions.ChildOf]).
// Rows in the scope that a full refresh does not bring are deleted. A targeted one does so for what it was asked for
// and what belongs to that. Where a collector or parser fails midway, what it brought is kept and nothing is deleted.
//
// # Unique values
//
// Rows can take over from each other what has to be unique, in any order and in circles: names that are swapped, a place
// that one leaves and another gets. Where two rows would be the same for a moment, one of them is given null first, or, in a
// column that may not be null, a short value that no row has in practice: a constraint on the values of such a column can
// stand in the way, and the error says so. The database refuses a save in which rows
// of two collections swap what is unique in a table that they share, or which gives a unique place to a row by a reference
// alone that cannot be null, or that points at a row which is created after it, while another row still has the place.
//
// # Progress
//
// [PersisterOptions.Progress] is told how far a refresh is: rows that were brought, read, compared and written.
//
// # The refresher
//
// A [Refresher] does all of this for managers, on package supervision: a manager is a durable record, which says what is
// asked for, what is under way and how each collection fared. [Refresher.Request] asks for a refresh, of everything or of
// targets; requests that come close together share one, and too many targets are a full one. [Refresher.Await] waits until
// all that was asked for before is done. A refresh that fails is made again, a schedule makes full ones, and
// [Refresher.Remove] takes a manager away with all that it had. A [Collector] fetches, and each [Parser] fills the collections
// side by side, see [Fill].
//
// A full refresh and a targeted one can go on side by side, in any program that shares the records; only their saves
// exclude each other. Each save has a token that the record gave it, and the inventory keeps the newest one in the
// transaction of the save: whoever comes late, because another has taken over, writes nothing. A full refresh leaves
// the rows as they are that a targeted one has saved since it began.
//
// # Memory
//
// Keys stay in memory, rows do not: beyond [PersisterOptions.Memory] they are in a temporary file.
//
// The idea, and much of what it has to cope with, is that of the provider refresh of ManageIQ and its library
// inventory_refresh.
package refresh
