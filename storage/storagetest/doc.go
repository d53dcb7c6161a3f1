// Package storagetest says whether a backend keeps the contract of package storage.
//
// Call [Run] from a test of the backend, with a [Harness] that makes an empty one:
//
//	func TestStore(t *testing.T) {
//		storagetest.Run(t, storagetest.Harness{
//			Virtual: true, // the store reads the process's clock
//			New: func(t testing.TB) storagetest.Backend {
//				db := openDatabase(t, filepath.Join(t.TempDir(), "estate"))
//				return storagetest.Backend{Store: newStore(t, db)}
//			},
//		})
//	}
//
// # What it does
//
// The named tests are the contract, point by point: "4 no wake-up is lost/releasing leaves a record
// with an open message due" is one sentence of it. A test that fails says what must be and what is.
// Begin with "records" and "1 a change is atomic"; they need least. The tests are:
//
//   - the ten invariants of package storage by their numbers, records, and elements;
//   - "hints": what a [storage.Notifier] hints at, and that it can be found then;
//   - "lease races": those that other provisioners are known to have lost, by their names;
//   - "contenders": goroutines that want the same at the same time. Run them with -race, too;
//   - "processes": several processes on the same data, killed at random moments;
//   - "turn loop": a small supervisor whose processes crash. Its comments have the statements with
//     which a database can answer each call;
//   - "random operations": long sequences of whatever can be done, compared with a model of the
//     contract. What fails is made as short as it can be. More of them: -rapid.checks=1000.
//
// # What a backend has to offer
//
// A clock that the tests can move. Either it is the process's, then set Virtual, and hours pass in no
// time in a bubble of testing/synctest; or it is the database's, then have it read the time through
// something that the test replaces, and give that as Backend.Pass. It must stand still otherwise.
//
// Everything else is optional, and what is missing is skipped by name: a second handle on the same
// data (Backend.Open), the host's transactions (Backend.Begin), and an address that another process
// can open (Backend.Address, with [Main] as TestMain). A store that keeps records in a table of the
// host's says with Kind, States and Data what that table can hold.
//
// [RunLocker] does the same for a [storage.Locker], and [Bench] measures.
//
// # Whether it tells
//
// The package's own tests run it on more than 200 mutants, each a store that breaks one thing: a version
// not looked at, a slot that holds two, a lane that runs two at once. Each is told by the tests that
// are named for it, and by no others.
package storagetest
