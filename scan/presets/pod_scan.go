package presets

import (
	"time"

	"github.com/reeve-go/reeve/fsm"
)

const podLimit = 20 * time.Minute

// PodScan is the table of ManageIQ's scan of container images, which is no VmScan and is sound:
// cleaning up is a phase of its own, and "done" is accepted from every ending.
func PodScan() Definition {
	aborted := func(mode fsm.Mode, doc string) fsm.State[State, Event] {
		return fsm.State[State, Event]{Doc: doc, Mode: mode, After: podLimit, Then: "abort_job"}
	}
	ended := func(doc string) fsm.State[State, Event] {
		return fsm.State[State, Event]{Doc: doc, After: podLimit, Then: "done"}
	}
	return Definition{
		Name:    "pod-scan",
		Doc:     "Looks into a container image from a pod beside it.",
		Initial: "initialize",
		States: fsm.States[State, Event]{
			"initialize":       aborted(fsm.Active, "The job is being created."),
			"waiting_to_start": aborted(fsm.Waiting, "The job is queued."),
			"pod_create":       aborted(fsm.Active, "The pod is being created."),
			"waiting_to_scan":  aborted(fsm.Waiting, "The pod is starting."),
			"scanning":         aborted(fsm.Active, "The pod reads the image."),
			"synchronizing":    aborted(fsm.Active, "What was found is being stored."),
			"pod_delete":       ended("The pod is being deleted after a scan."),
			"aborting":         ended("The job failed and its pod is being deleted."),
			"canceling":        ended("The job was canceled and its pod is being deleted."),
			"finishing":        ended("The job is ended early and its pod is being deleted."),
			"finished":         {Doc: "The job is over and its pod is gone.", Mode: fsm.Final},
		},
		Events: fsm.Events[Event]{
			"initializing": {Doc: "The job is stored.", By: fsm.Supervisor},
			"start":        {Doc: "A worker has taken the job.", By: fsm.Supervisor},
			"pod_wait":     {Doc: "The pod is not ready yet.", By: fsm.Supervisor},
			"analyze":      {Doc: "The pod is ready.", By: fsm.Supervisor},
			"data":         {Doc: "The pod reports what it found."},
			"cleanup":      {Doc: "Everything is stored.", By: fsm.Supervisor},
			"done":         {Doc: "The pod is gone.", By: fsm.Supervisor},
			"finish":       {Doc: "The job is to end now.", By: fsm.Supervisor},
			"abort_job":    {Doc: "The job has failed or shown no activity for too long."},
			"cancel":       {Doc: "A user calls the job off."},
			"cancel_job":   {Doc: "The scheduler calls the job off.", By: fsm.Supervisor},
		},
		Table: fsm.Table[State, Event]{
			fsm.Any:            {"abort_job": "aborting", "cancel": "canceling", "cancel_job": "canceling", "finish": "finishing"},
			"initialize":       {"initializing": "waiting_to_start"},
			"waiting_to_start": {"start": "pod_create"},
			"pod_create":       {"pod_wait": "waiting_to_scan"},
			"waiting_to_scan":  {"pod_wait": "waiting_to_scan", "analyze": "scanning"},
			"scanning":         {"data": "synchronizing"},
			"synchronizing":    {"data": "synchronizing", "cleanup": "pod_delete"},
			"pod_delete":       {"done": "finished"},
			"aborting":         {"done": "finished"},
			"canceling":        {"done": "finished"},
			"finishing":        {"done": "finished"},
		},
	}
}
