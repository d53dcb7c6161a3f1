// Package supervision makes records move: durable ones, each with a state, whose machine says what may
// happen to it. A supervisor gives them turns, has decided what is to become of them, writes it down,
// and only then acts on the world.
//
//	record + messages + time ──Decider──▶ new state, new data, effects, next turn
//	                                           │ one commit, guarded by lease and version
//	                                           ▼
//	                       effects ──Perform──▶ the outside world ──▶ messages ──▶ (again)
//
// A [Kind] ties a machine of package fsm to a store and to the host's own data type. What a host wants
// of a record is an order; what the supervisor does with it follows from a [Decider]:
//
//	nodes, err := supervision.NewKind[Node]("node", machine, store, nil)
//	err = nodes.Create(ctx, "n-17", Node{Address: "10.0.0.17"})
//	_, err = nodes.Order(ctx, "n-17", Start, time.Hour, nil)
//
//	var powerOn = supervision.NewEffect[string, Powered]("power-on")
//
//	func decide(t *Turn) error {
//		if t.State == Starting {
//			powerOn.Emit(t, t.Data.Address, supervision.Once())
//		}
//		for _, m := range t.Messages {
//			if _, err, ok := powerOn.Outcome(m); ok && err != nil {
//				return t.Fire(Error)
//			} else if ok {
//				return t.Fire(Wait)
//			}
//		}
//		return nil
//	}
//
//	sup, err := supervision.New(nil)
//	supervision.Supervise(sup, nodes, decide, supervision.Emits(powerOn))
//	supervision.Perform(sup, powerOn, bmc.PowerOn, nil)
//	err = sup.Run(ctx)
//
// # Turns
//
// A record gets a turn when it is due: when somebody spoke to it, when it entered a state in which the
// program itself has to work (fsm.Active), when a limit is up, when it asked for one with [Turn.Wake],
// or when its [Schedule] says so. A record that is not due costs nothing. A turn is claimed under a
// lease, decided, and written in one commit with everything that the decision means: state, data,
// elements, what became of the messages, effects, messages to other records, new records, history and
// the time of the next turn. All of it is there afterwards, or none.
//
// Two guards stand before each write. The lease's token is a fence: who lost his lease, however slow
// he is, cannot write. The version says what the decision was made from: a host's order moves it, so
// that a turn under way is decided again from what is there then.
//
// # Orders and versions
//
// An order ([Kind.Fire], [Kind.Order], [Kind.Change]) loads the record, asks the machine, runs the
// host's function on the same kind of turn that a decider gets, and writes the result if the record is
// still at the version that it was computed from. If another was faster, it starts anew with what is
// there now, so the function may run more than once and must have no other effect than on its turn.
// [IfVersion] takes part in the caller's own reading instead: if the record has moved since, the order
// fails with [storage.ErrConflict].
//
// # Effects
//
// What a turn wants done outside it emits. An effect is a row that is committed with the decision, has
// an idempotency key, and is performed at least once by whoever calls [Perform] for it: under a lease
// of its own that is extended while it runs, again after an error with a growing wait, until it
// succeeds, is given up or is not wanted any more. Its outcome comes back as a message. So a crash at
// any moment leaves either no decision or one whose effects are still going to happen.
//
// # Messages
//
// A message is kept until a turn has seen it. It is accepted once for each id; where it names an
// operation, it is stale once another is under way: recorded, not applied. One that cannot be decoded
// is dead: kept, counted, and open to being redriven. Senders' clocks order nothing.
//
// # Time
//
// The store's clock decides. A state's limit (from the definition, or [KindOptions].Timeout) runs
// from when the state was entered; [Kind.Touch] and [Turn.Touch] set it anew. An operation, begun with
// [Kind.Order], has a deadline of its own over all the states that it passes, and ends when the record
// comes to rest in a resting or final state. A supervisor notices what has become due within its poll
// interval, and at once where the store can hint (see [storage.Notifier]).
//
// # Elements and steps
//
// A record can have parts, each a row with a machine of its own: see [Elements]. [Simple], [Phased] and
// [Staged] order them all at once, group after group, or stage after stage.
//
// # When something fails
//
// A turn that fails, by an error, a panic, or data that cannot be read, is that record's failure and
// no other's: it waits, longer each time, and is quarantined in the end, with the error as its reason.
// [Kind.Retry] gives it another chance, [Kind.Explain] says what a record waits for. A store that
// fails is asked again. A supervisor that dies leaves leases behind that end by themselves.
//
// What a program does not know, a state, an event or a version of the data, is nobody's mistake while
// programs are upgraded one after another. Such a record is parked ([ErrParked]): its turn is put off and
// nothing of it changes, until a program comes along that knows it. It is never quarantined for that.
//
// Turns ([Turn]) are pure, so that the same decider runs in production, in the simulator of package
// supervisiontest, and in [Kind.Replay].
package supervision
