package presets

import (
	"time"

	"github.com/reeve-go/reeve/fsm"
)

const scanLimit = 3000 * time.Second

// VMScanAsItIs is the table of ManageIQ's VmScan job with the one limit that the original has: what
// shows no activity for 50 minutes is aborted. [fsm.Compile] refuses it. Its wildcards also leave
// the finished state; here these rows stand one by one, because [fsm.Any] does not do that.
func VMScanAsItIs() Definition {
	aborted := func(doc string) fsm.State[State, Event] {
		return fsm.State[State, Event]{Doc: doc, After: scanLimit, Then: "abort_job"}
	}
	return Definition{
		Name:    "vm-scan-as-it-is",
		Doc:     "Looks into the disks of a virtual machine, as ManageIQ does.",
		Initial: "initialize",
		States: fsm.States[State, Event]{
			"initialize":       aborted("The job is being created."),
			"waiting_to_start": {Doc: "The job is queued until a worker is free.", Mode: fsm.Waiting},
			"checking_policy":  aborted("Policies are asked whether and what to scan."),
			"before_scan":      aborted("The scan is allowed and about to begin."),
			"scanning":         aborted("A worker reads the disks."),
			"after_scan":       aborted("The disks are read."),
			"synchronizing":    aborted("What was found is being stored."),
			"aborting":         aborted("The job failed and is being wound up."),
			"canceling":        aborted("The job was canceled and is being wound up."),
			"finished":         {Doc: "The job is over.", Mode: fsm.Final},
		},
		Events: fsm.Events[Event]{
			"initializing": {Doc: "The job is stored.", By: fsm.Supervisor},
			"start":        {Doc: "A worker has taken the job.", By: fsm.Supervisor},
			"before_scan":  {Doc: "The policies agree.", By: fsm.Supervisor},
			"start_scan":   {Doc: "The disks can be read.", By: fsm.Supervisor},
			"after_scan":   {Doc: "The worker has read the disks."},
			"synchronize":  {Doc: "What was found can be stored.", By: fsm.Supervisor},
			"finish":       {Doc: "Nothing is left to do.", By: fsm.Supervisor},
			"data":         {Doc: "The worker reports what it found."},
			"scan_retry":   {Doc: "The scan is tried once more.", By: fsm.Supervisor},
			"abort_retry":  {Doc: "The scan failed; it is tried once more or aborted."},
			"abort_job":    {Doc: "The job has failed or shown no activity for too long."},
			"cancel":       {Doc: "A user calls the job off."},
			"error":        {Doc: "Something worth a note went wrong; the job goes on."},
		},
		Table: fsm.Table[State, Event]{
			fsm.Any:            {"abort_job": "aborting", "cancel": "canceling", "error": fsm.Same},
			"initialize":       {"initializing": "waiting_to_start"},
			"waiting_to_start": {"start": "checking_policy"},
			"checking_policy":  {"before_scan": "before_scan"},
			"before_scan":      {"start_scan": "scanning"},
			"scanning":         {"after_scan": "after_scan", "data": "scanning", "scan_retry": "scanning", "abort_retry": "scanning"},
			"after_scan":       {"synchronize": "synchronizing"},
			"synchronizing":    {"finish": "finished", "data": "synchronizing"},
			"aborting":         {"finish": "finished"},
			"finished":         {"data": "finished", "abort_job": "aborting", "cancel": "canceling", "error": fsm.Same},
		},
	}
}

// VMScan is [VMScanAsItIs] repaired: what is finished stays so, the queue has a limit, and what is
// canceled or aborted comes to its end, at the latest when its time is up.
func VMScan() Definition {
	return derive(VMScanAsItIs(), "vm-scan", "Looks into the disks of a virtual machine.", func(e *edit) {
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
