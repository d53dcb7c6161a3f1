package originals

import "github.com/reeve-go/reeve/fsm"

// VMScan is [VMScanAsItIs] repaired: what is finished stays so, the queue has a limit, and what is
// canceled or aborted comes to its end, at the latest when its time is up.
func VMScan() Definition {
	return derive(VMScanAsItIs(), "vm-scan", func(e *Edit) {
		for _, event := range []Event{"data", "abort_job", "cancel", "error"} {
			e.RemoveRow("finished", event)
		}
		e.SetTimeout("waiting_to_start", scanLimit, "abort_job")

		e.AddRow("canceling", "finish", "finished")
		e.AddRow("canceling", "cancel", fsm.Same)
		e.AddRow("aborting", "cancel", fsm.Same)
		e.AddRow("aborting", "abort_job", fsm.Same)
		e.SetTimeout("aborting", scanLimit, "finish")
		e.SetTimeout("canceling", scanLimit, "finish")
	})
}

// Amazon is the change that the job for Amazon makes to a VM scan: the rows of "finish" are not added
// to but replaced, because a scan ends there when its request is queued.
func Amazon(base Definition) Definition {
	return derive(base, "amazon", func(e *Edit) {
		e.ReplaceEvent("finish", map[State]State{"scanning": "finished"})
	})
}

// AmazonRepaired makes the change that [Amazon] means.
func AmazonRepaired(base Definition) Definition {
	return derive(base, "amazon-repaired", func(e *Edit) {
		e.AddRow("scanning", "finish", "finished")
	})
}

// VMware is the change for VMware: a snapshot is scanned, with credentials of its host.
func VMware(base Definition) Definition {
	return derive(base, "vmware", func(e *Edit) {
		addSnapshots(e, "after_scan")
		e.AddState("check_host_credentials", fsm.State[State, Event]{
			Doc: "The credentials for the host are checked.", After: scanLimit, Then: "abort_job",
		})
		e.AddRow("snapshot_create", "snapshot_complete", "check_host_credentials")
		e.ReplaceEvent("start_scan", map[State]State{"check_host_credentials": "scanning"})
	})
}

// Azure is the change for Azure: a snapshot is scanned.
func Azure(base Definition) Definition {
	return derive(base, "azure", func(e *Edit) {
		addSnapshots(e, "after_scan")
		e.AddRow("snapshot_create", "snapshot_complete", "scanning")
	})
}

// OpenStack is the change for OpenStack. It differs from [Azure] in one row, which is dead: nothing
// deletes a snapshot while the scan still runs, and when it is over the event is refused.
func OpenStack(base Definition) Definition {
	return derive(base, "openstack", func(e *Edit) {
		addSnapshots(e, "scanning")
		e.AddRow("snapshot_create", "snapshot_complete", "scanning")
	})
}

// addSnapshots makes a snapshot before the scan, and deletes it from the given state on.
func addSnapshots(e *Edit, deletedFrom State) {
	e.AddEvent("start_snapshot", fsm.Event{Doc: "The scan needs a snapshot.", By: fsm.Supervisor})
	e.AddEvent("snapshot_complete", fsm.Event{Doc: "The snapshot is made or deleted.", By: fsm.Supervisor})
	e.AddEvent("snapshot_delete", fsm.Event{Doc: "The snapshot is no longer needed.", By: fsm.Supervisor})
	e.AddState("snapshot_create", fsm.State[State, Event]{Doc: "A snapshot is being made.", After: scanLimit, Then: "abort_job"})
	e.AddState("snapshot_delete", fsm.State[State, Event]{Doc: "The snapshot is being deleted.", After: scanLimit, Then: "abort_job"})
	e.AddRow("before_scan", "start_snapshot", "snapshot_create")
	e.AddRow(deletedFrom, "snapshot_delete", "snapshot_delete")
	e.AddRow("snapshot_delete", "snapshot_complete", "synchronizing")
	e.AddRow("snapshot_create", "data", "scanning")
	e.AddRow("snapshot_delete", "data", "snapshot_delete")
}
