// Package scantest has what a host checks its own queues, blobs, scanners and launchers with.
//
// # Queues
//
// [TestQueue] says whether a [scan.Queue] keeps its contract. Each law is a subtest whose name says it. What a queue cannot do is
// said in [QueueOptions.Cannot], and then in the output; nothing else is left out. What jobs need is little: that what was sent is received at
// least once. All else makes them faster.
//
//	func TestQueue(t *testing.T) {
//		scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
//			return scantest.Queues{Queue: newQueue(t)}
//		}, &scantest.QueueOptions{Lease: 2 * time.Second, Cannot: []scantest.Ability{scantest.Fence}})
//	}
//
// # Blobs
//
// [TestBlobs] does the same for [scan.Blobs]. [MemoryBlobs] are some that are right, for tests.
//
// # Scanners and launchers
//
// [TestScanner] asks a [scan.Scanner] for all it can tell of the trees that it is given, and then while places cannot be read, while emit fails and
// while the context ends. [TestLauncher] says whether a [scan.Launcher] starts one instance for a token, whoever asks how often, and none when it was
// terminated.
//
// # Whether they tell
//
// The package's own tests run the laws on mutants, each of which breaks one thing, and each is told by the law that is named for it.
package scantest
