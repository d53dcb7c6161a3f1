package presets

import "github.com/reeve-go/reeve/fsm"

const (
	amazonDoc    = "Has an agent in the cloud look into an instance or an image of Amazon."
	vmwareDoc    = "Looks into a snapshot of a virtual machine of VMware, with the credentials of its host."
	azureDoc     = "Looks into a snapshot of a virtual machine of Azure."
	openStackDoc = "Looks into a snapshot of a virtual machine of OpenStack."
)

// AmazonAsItIs is the table of the job for Amazon: [VMScanAsItIs], but the rows of "finish" are not added to but replaced, because a scan ends
// there when its request is queued. No way leads from "after_scan", "synchronizing", "aborting" and "canceling" to the end.
func AmazonAsItIs() Definition {
	return derive(VMScanAsItIs(), "amazon-as-it-is", amazonDoc, func(e *edit) {
		e.ReplaceEvent("finish", map[State]State{"scanning": "finished"})
	})
}

// Amazon is what [AmazonAsItIs] means: [VMScan] with one row more.
func Amazon() Definition {
	return derive(VMScan(), "amazon", amazonDoc, func(e *edit) {
		e.AddRow("scanning", "finish", "finished")
	})
}

// VMwareAsItIs is the table of the job for VMware on [VMScanAsItIs].
func VMwareAsItIs() Definition { return vmware(VMScanAsItIs(), "vmware-as-it-is") }

// VMware is the table of the job for VMware on [VMScan].
func VMware() Definition { return vmware(VMScan(), "vmware") }

func vmware(base Definition, name string) Definition {
	return derive(base, name, vmwareDoc, func(e *edit) {
		addSnapshots(e, "after_scan")
		e.AddState("check_host_credentials", fsm.State[State, Event]{
			Doc: "The credentials for the host are checked.", After: scanLimit, Then: "abort_job",
		})
		e.AddRow("snapshot_create", "snapshot_complete", "check_host_credentials")
		e.ReplaceEvent("start_scan", map[State]State{"check_host_credentials": "scanning"})
	})
}

// AzureAsItIs is the table of the job for Azure on [VMScanAsItIs].
func AzureAsItIs() Definition {
	return onSnapshot(VMScanAsItIs(), "azure-as-it-is", azureDoc, "after_scan")
}

// Azure is the table of the job for Azure on [VMScan].
func Azure() Definition { return onSnapshot(VMScan(), "azure", azureDoc, "after_scan") }

// OpenStackAsItIs is the table of the job for OpenStack on [VMScanAsItIs]. It differs from [AzureAsItIs] in one row, which is dead: nothing
// deletes a snapshot while the scan still runs, and when it is over the event is refused.
func OpenStackAsItIs() Definition {
	return onSnapshot(VMScanAsItIs(), "openstack-as-it-is", openStackDoc, "scanning")
}

// OpenStack is what [OpenStackAsItIs] means, on [VMScan].
func OpenStack() Definition { return onSnapshot(VMScan(), "openstack", openStackDoc, "after_scan") }

func onSnapshot(base Definition, name, doc string, deletedFrom State) Definition {
	return derive(base, name, doc, func(e *edit) {
		addSnapshots(e, deletedFrom)
		e.AddRow("snapshot_create", "snapshot_complete", "scanning")
	})
}

// addSnapshots makes a snapshot before the scan, and deletes it from the given state on.
func addSnapshots(e *edit, deletedFrom State) {
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
