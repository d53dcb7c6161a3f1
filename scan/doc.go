// Package scan looks inside targets, machines, images, folders, for categories of facts, in durable jobs that agents work on, and that all come to an
// end whatever becomes of the agents.
//
// # To look inside
//
// What is looked into is an [fs.FS], what looks is a [Scanner]: it emits facts of a category, such as accounts or software, of which package inspect has
// some. An [Inspector] runs scanners and keeps what they find in [Blobs]; it needs nothing else, neither a job nor a store:
//
//	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
//	dir, err := scan.OpenDir("/srv/image", nil)
//	results, err := inspector.Inspect(ctx, dir, scan.Inspection{Target: "image", Categories: …})
//	for item, err := range scan.Items(ctx, blobs, results[0]) { … }
//
// Each category has an [Outcome] of its own: ok, empty, partial, failed or skipped. What scanners see is a [Tree]: it never leads out of the target, opens nothing
// but folders and regular files, keeps to [Limits], and remembers what could not be read, so that nothing is called complete that is not. A [Result] is
// addressed by what it is of: the input, the scanner, its version, its configuration, the category. Where the address is the same nothing is scanned
// again. [Diff] says in what two results differ.
//
// # Jobs
//
// A [Manager] keeps jobs, records of package supervision:
//
//	queued ─▶ admitted ─▶ requested ─▶ scanning ─▶ collected ─▶ saving ─▶ done
//	   └───────────┴──────────┴─ stopping ─▶ cleaning ─▶ failed, canceled
//
// A job waits for its permits, which it gets all at once and in order ([Manager.Limit], [Manager.Waiting]) from a pool that can be paused. Then what
// has to be attached is ([Mounter]), and the agents are asked, over a [Queue]. One takes the request, says how far it is, and replies with results as
// they come. The host may take them over ([Options.Save]). In the end everything is released, and the permits are given back in the commit that ends
// the job. [Manager.Cancel] works at any time.
//
// Manager.Jobs has the records: Explain says what a job waits for, Await waits for its end, of which [Spec.Owner] is told in any case.
// [Manager.Categories] says how far it is, [Manager.Results] what it has found by now, and [Manager.Latest] what the last jobs of a target found.
//
// Five clocks run ([Clocks]): for the wait in the queue, the start, progress, the total and the cleanup. A job whose agent gets no further, or never
// begins, has another epoch, which asks for what has no result yet; how many there are depends on the [Class] of the error.
//
// # What is certain
//
// The epoch travels with request, progress and reply. A queue may deliver what it likes, twice, late and in any order: a reply is applied, a duplicate,
// stale, an orphan or poison, and each is counted ([Heard]). One that cannot be understood stops no other. A result is stored before it is told, told
// before the reply is taken from its queue, and its blob stays for as long as anything points at it ([Manager.Sweep]). What comes too late is dropped,
// kept or adopted, as [LatePolicy] says.
//
// # Agents
//
// An [Agent] takes requests and runs an Inspector on what its [Opener] opens. It can be in the program itself, or in a process or machine of its own
// with a way to the queues, the blobs and a [Desk]. A program that reaches the store has a Manager of its own for its Desk, with the same [Options], and
// does not supervise it; package remote is a way for those that do not. Progress, not liveness, extends an agent's lease on a request: one that beats and
// is stuck loses it. A [Fleet] launches as many agents as there is work for, by the host's [Launcher], and ends them; [Processes] is a launcher of child
// processes.
//
// # Beside it
//
// Package inspect has scanners of Linux file systems, and package packages those of what rpm, npm and pip have installed. Packages aws and nats have other
// queues and blobs. Package scantest has the laws of queues, blobs, scanners and launchers as tests. Jobs learned from SmartState, the scanning of
// ManageIQ: package presets has its state machines, with what is wrong with them, and package legacy drives its agents.
package scan
