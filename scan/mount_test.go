package scan_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
)

// A workbench attaches snapshots, in memory.
type workbench struct {
	mu       sync.Mutex
	attached map[string]bool
	most     int
	// ensure and release, if they are set, answer instead.
	ensure, release func() (provisioning.Answer, error)
}

func (b *workbench) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ensure != nil {
		return b.ensure()
	}
	if b.attached == nil {
		b.attached = map[string]bool{}
	}
	b.attached[c.Key] = true
	b.most = max(b.most, len(b.attached))
	return provisioning.Answer{Handle: c.Key, Attributes: map[string]string{"device": "/dev/xvdf"}}, nil
}

func (b *workbench) Release(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.release != nil {
		return b.release()
	}
	delete(b.attached, c.Key)
	return provisioning.Answer{}, nil
}

// Mounts implements [scan.Mounter]: what is called "bare" needs nothing.
func (b *workbench) Mounts(t scan.Target) ([]provisioning.Spec, error) {
	switch t.Type {
	case "bare":
		return nil, nil
	case "odd":
		return nil, errTest
	}
	return []provisioning.Spec{{ID: "snapshot", Type: "snapshot", Config: json.RawMessage(`{"of":"` + t.ID + `"}`)}}, nil
}

func (b *workbench) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.attached)
}

// inMountedRig is inRig with a workbench.
func inMountedRig(t *testing.T, o scan.Options, test func(r *rig, b *workbench)) {
	t.Helper()
	b := &workbench{}
	o.Mounter = b
	inRig(t, o, func(r *rig) { test(r, b) })
}

// What has to be attached is there before an agent is asked, and gone when the job has ended.
func TestMount(t *testing.T) {
	t.Parallel()
	inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
		r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
		request, _ := r.take()
		if request.Attached["snapshot"].Attributes["device"] != "/dev/xvdf" || b.left() != 1 {
			r.Errorf("the request is %+v", request)
		}
		r.report(scan.Progress{Agent: "x", Job: "one", Epoch: 1, Seq: 1})
		r.say(r.both("x", 1))
		r.is("one", scan.JobDone)
		if b.left() != 0 {
			r.Error("it is still attached")
		}
		r.pool(scan.Heard{Applied: 3})

		bare := spec("vm-2")
		bare.Target.Type = "bare"
		r.ok(r.manager.Start(r.Context(), "two", bare))
		if request, _ := r.take(); request.Job != "two" || b.left() != 0 {
			r.Errorf("the request is %+v", request)
		}
	})
}

// What cannot be attached ends the job; a job is done although what was attached cannot be released, and says so.
func TestMountThatFails(t *testing.T) {
	t.Parallel()
	t.Run("to attach", func(t *testing.T) {
		t.Parallel()
		inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
			b.ensure = func() (provisioning.Answer, error) { return provisioning.Answer{}, provisioning.Fatal(errTest) }
			r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
			time.Sleep(time.Minute)
			r.is("one", scan.JobFailed)
			r.pool(scan.Heard{})
		})
	})
	t.Run("to release", func(t *testing.T) {
		t.Parallel()
		inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
			b.release = func() (provisioning.Answer, error) { return provisioning.Answer{}, provisioning.Fatal(errTest) }
			r.begun()
			r.say(r.both("x", 1))
			time.Sleep(time.Minute)
			r.is("one", scan.JobDone)
			if j := r.job("one").Data; j.Error != `what was attached could not be released: see request "scan/one"` {
				r.Errorf("the job is %+v", j)
			}
			r.pool(scan.Heard{Applied: 3})
		})
	})
	t.Run("to release in time", func(t *testing.T) {
		t.Parallel()
		inMountedRig(t, scan.Options{}, func(r *rig, b *workbench) {
			b.release = func() (provisioning.Answer, error) {
				return provisioning.Answer{State: provisioning.InProgress, Again: time.Minute}, nil
			}
			r.begun()
			r.say(r.both("x", 1))
			r.is("one", scan.JobCleaning)
			time.Sleep(16 * time.Minute)
			r.is("one", scan.JobDone)
			r.pool(scan.Heard{Applied: 3})
		})
	})
	t.Run("to be named", func(t *testing.T) {
		t.Parallel()
		inMountedRig(t, scan.Options{}, func(r *rig, _ *workbench) {
			odd := spec("vm-1")
			odd.Target.Type = "odd"
			if err := r.manager.Start(r.Context(), "one", odd); err == nil {
				r.Error("the job was made")
			}
		})
	})
}

// A job can be called off wherever it is. It is canceled then, not done, and leaves nothing behind.
func TestCancelAnywhere(t *testing.T) {
	t.Parallel()
	slow := func() (provisioning.Answer, error) {
		return provisioning.Answer{State: provisioning.InProgress, Again: time.Minute}, nil
	}
	for _, c := range []struct {
		state scan.JobState
		reach func(r *rig, b *workbench)
	}{
		{scan.JobQueued, func(r *rig, _ *workbench) {
			r.ok(r.manager.Limit(r.Context(), "nothing", 0))
			s := spec("vm-1")
			s.Permits = []scan.Permit{{Key: "nothing"}}
			r.ok(r.manager.Start(r.Context(), "one", s))
			time.Sleep(time.Second)
		}},
		{scan.JobAdmitted, func(r *rig, b *workbench) {
			b.ensure = slow
			r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
			time.Sleep(time.Second)
		}},
		{scan.JobRequested, func(r *rig, _ *workbench) {
			r.ok(r.manager.Start(r.Context(), "one", spec("vm-1")))
			r.take()
		}},
		{scan.JobScanning, func(r *rig, _ *workbench) { r.begun() }},
		{scan.JobSaving, func(r *rig, _ *workbench) {
			r.begun()
			r.say(r.both("x", 1))
		}},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			t.Parallel()
			o := scan.Options{Save: func(ctx context.Context, _ scan.Report) error {
				<-ctx.Done()
				return ctx.Err()
			}}
			inMountedRig(t, o, func(r *rig, b *workbench) {
				c.reach(r, b)
				r.is("one", c.state)
				r.ok(r.manager.Cancel(r.Context(), "one", "enough"))
				if err := r.manager.Cancel(r.Context(), "one", "quite enough"); err != nil && !errors.Is(err, scan.ErrEnded) {
					r.Error(err)
				}
				time.Sleep(10 * time.Minute)
				r.is("one", scan.JobCanceled)
				if j := r.job("one").Data; j.Reason == "" || b.left() != 0 {
					r.Errorf("%d are left, and the job is %+v", b.left(), j)
				}
				if err := r.manager.Cancel(r.Context(), "one", "again"); !errors.Is(err, scan.ErrEnded) {
					r.Errorf("a job that has ended was called off: %v", err)
				}
				p, err := r.manager.Pool(r.Context())
				r.ok(err)
				if len(p.Used) > 0 {
					r.Errorf("permits are given out: %v", p.Used)
				}
			})
		})
	}
}

// provisioningOn returns a manager of what is attached.
func (r *rig) provisioningOn(b *workbench) *provisioning.Manager {
	p, err := provisioning.NewManager(r.store, &provisioning.Options{Logger: slog.New(slog.DiscardHandler)})
	r.ok(err)
	p.Register("snapshot", b, nil)
	return p
}
