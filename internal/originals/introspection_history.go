package originals

// IntrospectionHistory returns the table of [Introspection] before each of its four repairs, the
// latest first. Each one is sound or not for a reason that its Doc gives.
func IntrospectionHistory() []Definition {
	var history []Definition
	before := Introspection()
	undo := func(name, doc string, edits func(e *Edit)) {
		before = derive(before, "introspection-before-"+name, func(e *Edit) {
			e.SetDoc(doc)
			edits(e)
		})
		history = append(history, before)
	}

	undo("aborting", "An aborted node counted as failed before it was off.", func(e *Edit) {
		e.SetRow("waiting", "abort", "error")
		e.RemoveEvent("abort_end")
		e.RemoveRow("aborting", "timeout")
		e.RemoveState("aborting")
	})
	undo("starting-once", "A node could be started again while it was being started.", func(e *Edit) {
		e.AddRow("starting", "start", "starting")
	})
	undo("timeouts", "While it worked, an introspection had no way to run out of time.", func(e *Edit) {
		e.RemoveRow("enrolling", "timeout")
		e.RemoveRow("processing", "timeout")
		e.RemoveRow("reapplying", "timeout")
	})
	undo("starting-timeout", "Nor had it one while a node was being started.", func(e *Edit) {
		e.RemoveRow("starting", "timeout")
	})
	return history
}
