// Package supervisiontest simulates an estate in which everything goes wrong, and finds out whether a
// host's deciders hold.
//
// A [supervision.Decider] is a pure function, and everything else that a program does goes through its
// store and its effects. So a whole estate, with several processes, people who give orders and an
// outside that answers badly, can run in one goroutine: at each call of the store and at each effect
// the simulator decides who goes on. It goes through thousands of such schedules, and in each of them
//
//   - processes crash between any two steps, and start again;
//   - they stand still for longer than their leases last, and then go on;
//   - the store refuses, and its clock is years away, and jumps;
//   - messages from outside are lost, doubled, delayed and reordered;
//   - effects are slow, fail, are done twice, are done although they say no, or long after it.
//
// What it takes is the host's own wiring, made once for each start of each process, something that
// happens, and what must hold:
//
//	func TestNodes(t *testing.T) {
//		supervisiontest.Simulate(t, func(sim *supervisiontest.Sim) error {
//			cloud := newFakeCloud(sim)
//			sim.Process(func(p *supervisiontest.Process) error {
//				return Wire(p.Supervisor(), p.Store(), cloud) // as the program does
//			})
//			nodes, err := NewNodes(sim.Store())
//			if err != nil {
//				return err
//			}
//			sim.Action("start", func(ctx context.Context) error {
//				_, err := nodes.Order(ctx, supervisiontest.Pick(sim, "a", "b"), Start, time.Hour, nil)
//				return err
//			})
//			supervisiontest.Watch(sim, nodes)
//			sim.Always("no order is done twice", cloud.check)
//			sim.Finally("every node is at rest", supervisiontest.AtRest(nodes))
//			return nil
//		}, nil)
//	}
//
// # What is checked
//
// After each step: what the host gave to [Sim.Always], and what the library promises. Each change makes
// one version. Nobody writes without the newest lease, and no two have one at a time. An accepted
// message is never gone, and never without a turn to come. An effect that was emitted is there, is
// not performed after it ended, and its outcome is delivered once. An idempotency key stands for one
// thing. The history goes on where it ended, by rows of the machine ([Watch]), and ends where the record
// is. Every decision is made twice, a moment apart, and compared: so a clock, a lot, a count or the
// order of a map in a decider is found at once. No turn fails.
//
// In the end, when nothing goes wrong any more and nothing is due: what the host gave to [Sim.Finally].
// That is where a forgotten timeout shows: [AtRest] finds who waits for ever for a message that was
// lost.
//
// # When it fails
//
// The failure is made as plain as it can be, by rapid, and comes with its trace: who did what and when,
// up to what is wrong. It says how to repeat it. The same choices give the same trace as long as the
// host's code does not choose by itself: in wiring, actions and fakes take random choices from
// [Sim.Intn], and neither sleep nor start goroutines. Time is virtual: a day takes no time.
//
// More of them, for a night: -rapid.checks=10000, or SUPERVISIONTEST_SEED=1-10000, see [SeedVariable].
//
// [Race] runs the same setup with goroutines, for the race detector. [Replay] decides a record's history
// again, and shows whether a changed decider would have decided old cases alike.
package supervisiontest
