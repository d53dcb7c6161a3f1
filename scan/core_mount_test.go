package scan_test

import (
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
)

// stillReleasing is what a provisioner says that takes its time.
func stillReleasing() (provisioning.Answer, error) {
	return provisioning.Answer{State: provisioning.InProgress, Again: time.Minute}, nil
}

// unmount has somebody take away what was attached for job one.
func (r *rig) unmount() {
	r.Helper()
	r.ok(r.options.Provisioning.TerminateRequest(r.Context(), "scan/one", "the host is drained"))
	time.Sleep(time.Second)
}

// A job whose target is taken away while an agent looks into it ends, and its agent is told.
func TestCoreMountLostWhileScanning(t *testing.T) {
	t.Parallel()
	inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
		r.begun()
		r.unmount()
		r.is("one", scan.JobStopping)
		if do := r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 2}); do != scan.Cancel {
			r.Errorf("the agent is told to %s", do)
		}
		r.say(scan.Reply{Agent: "x", Job: "one", Epoch: 1, Last: true, Error: "canceled", Class: scan.Canceled})
		r.is("one", scan.JobFailed)
		if j := r.job("one").Data; j.Error != "what has to be attached is not there: the host is drained" || j.Class != scan.Trouble || b.left() > 0 {
			r.Errorf("%d are attached, and the job is %+v", b.left(), j)
		}
		r.pool(scan.Heard{Applied: 1})
	})
}

// A job whose agents have ended needs its target no more: the host goes on to take the results over.
func TestCoreMountLostWhileSaving(t *testing.T) {
	t.Parallel()
	inMountedRig(t, scan.Options{Save: takes(10 * time.Minute)}, func(r *rig, _ *workbench) {
		r.begun()
		r.say(r.both("x", 1))
		r.unmount()
		r.is("one", scan.JobSaving)
		time.Sleep(10 * time.Minute)
		r.endsWell(scan.JobDone)
	})
}

// What was attached has half of the time to clean up, also when nobody was there to see that the agent's half is over.
func TestCoreLateSettling(t *testing.T) {
	t.Parallel()
	inMountedRig(t, scan.Options{QueueAge: -1}, func(r *rig, b *workbench) {
		releases := 0
		b.release = func() (provisioning.Answer, error) {
			if releases++; releases < 4 {
				return stillReleasing()
			}
			return provisioning.Answer{}, nil
		}
		r.begun()
		r.ok(r.manager.Cancel(r.Context(), "one", "enough"))
		r.outage(func() { time.Sleep(25 * time.Minute) })
		time.Sleep(2 * time.Minute)
		r.is("one", scan.JobCleaning)
		time.Sleep(2 * time.Minute)
		r.endsWell(scan.JobCanceled)
	})
}

// What is said of the mounts before they are to be released says nothing about the release.
func TestCoreOldNewsOfMounts(t *testing.T) {
	t.Parallel()
	for _, news := range []provisioning.Status{provisioning.Provisioned, provisioning.Failed, provisioning.Deprovisioned} {
		t.Run(string(news), func(t *testing.T) {
			t.Parallel()
			inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
				b.release = stillReleasing
				r.begun()
				r.say(r.both("x", 1))
				r.is("one", scan.JobCleaning)
				old := provisioning.Changed{Request: "scan/one", Status: news, Goal: provisioning.Present}
				r.ok(provisioning.StatusChanged.Deliver(r.Context(), r.manager.Jobs, "one", old))
				time.Sleep(time.Second)
				r.is("one", scan.JobCleaning)
				if j := r.job("one").Data; j.Mounted == news {
					r.Errorf("the job believes that they are %s", news)
				}
			})
		})
	}
}
