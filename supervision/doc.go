// Package supervision makes records move: durable ones, each with a state, whose machine says what
// may happen to it.
//
// A [Kind] ties a machine of package fsm to a store and to the host's own data type. An order,
// [Kind.Fire], is one commit: the state, the data and the line of history change together or not at
// all, and of two orders that were computed from the same version one wins and the other is told.
//
//	nodes, err := supervision.NewKind[Node]("node", machine, store, nil)
//	err = nodes.Create(ctx, "n-17", Node{Address: "10.0.0.17"})
//	err = nodes.Fire(ctx, "n-17", Finish, func(t *Turn) error {
//		t.Data.FinishedAt, t.Data.Error = t.Now, ""
//		return nil
//	})
//
// # Orders and versions
//
// An order loads the record, asks the machine, runs the host's function on a copy and writes the
// result if the record is still at the version that it was computed from. If another was faster, it
// starts anew with what is there now, so the function may run more than once and must have no other
// effect than on its turn. [IfVersion] takes part in the caller's own reading instead: if the record
// has moved since, the order fails with [storage.ErrConflict].
//
// # Time
//
// The store's clock decides. A state's limit (from the definition, or [KindOptions.Timeout]) runs
// from when the state was entered; [Kind.Touch] sets it anew. An operation, begun with [Kind.Order],
// has a deadline of its own over all the states that it passes, and ends when the record comes to
// rest in a resting or final state.
package supervision
