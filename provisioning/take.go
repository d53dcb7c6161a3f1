package provisioning

import (
	"fmt"
	"time"
)

// take records what came of a call, and moves the resource to where that leaves it.
func (w *work) take(el *element, of *provisioner, do Action, a *reply) {
	r := el.Data
	switch {
	case a.Class != "":
		w.takeError(el, of, do, a)
		return
	case do == Find && el.State == ResourcePresent:
		w.takeDrift(el, driftOf(r, a))
		return
	case do == Find && el.State == ResourceReleasing:
		w.takeLook(el, a)
		return
	case a.State == Missing: // it was not made: the call that nobody knew about has come to nothing
		w.fire(el, ensure)
		return
	}
	w.learn(el, of, a)
	r.Error, r.Op.Failures = "", 0
	switch {
	case do == Renew:
		r.Op = Operation{}
	case a.State == InProgress:
		w.await(el, of, a)
	case el.Data.Op.Goal == Absent:
		w.released(el, of)
	default:
		r.end(Succeeded)
		r.Seen = w.t.Now
		w.fire(el, provide)
		w.look(r.Before...)
	}
}

// learn takes down what an answer tells of a resource.
func (w *work) learn(el *element, of *provisioner, a *reply) {
	r := el.Data
	if a.Handle != "" {
		r.Handle = a.Handle
	}
	if a.Attributes != nil {
		r.Attributes = a.Attributes
	}
	if a.Secrets != nil {
		r.Secrets, r.Expires, r.Renewal = a.Secrets, a.Expires, of.renewal(w.t.Now, a.Expires)
	}
	r.Op.Progress = a.Progress
}

// await has somebody outside work on it.
func (w *work) await(el *element, of *provisioner, a *reply) {
	op := &el.Data.Op
	switch {
	case a.Again > 0:
		op.Next = w.t.Now.Add(a.Again)
	case of.poller != nil:
		op.Next = w.t.Now.Add(of.options.Poll)
	}
	if limit := w.t.Now.Add(a.Within); a.Within > 0 && limit.Before(op.Deadline) {
		op.Deadline = limit
	}
	if el.State != ResourceRequested && el.State != ResourceReleaseRequested {
		w.fire(el, wait)
	}
}

// released ends a release, unless a call that was given up may yet make the resource.
func (w *work) released(el *element, of *provisioner) {
	r := el.Data
	settled := r.Doubt.Add(of.options.Grace)
	if of.options.Grace > 0 && !r.Doubt.IsZero() && w.t.Now.Before(settled) {
		if el.State != ResourceReleasing {
			w.fire(el, release)
		}
		r.Op.Looking, r.Op.Next = true, settled
		r.Op.Deadline = later(r.Op.Deadline, settled.Add(of.options.ReleaseWithin))
		return
	}
	w.gone(el)
}

func (w *work) gone(el *element) {
	r := el.Data
	r.end(Succeeded)
	r.Known, r.Expires, r.Renewal, r.Doubt, r.Drift = Known{}, time.Time{}, time.Time{}, time.Time{}, ""
	r.Asked, r.Key = false, "" // another one would be of another generation
	w.fire(el, remove)
	w.lookAround(el)
}

// takeLook records whether a resource that was released stays away.
func (w *work) takeLook(el *element, a *reply) {
	op := &el.Data.Op
	op.Looking = false
	if a.State == Missing {
		w.gone(el)
		return
	}
	op.Next, op.Failures = time.Time{}, 0 // what has come up is released as well
}

// takeError records that a call failed.
func (w *work) takeError(el *element, of *provisioner, do Action, a *reply) {
	r := el.Data
	op := &r.Op
	if a.Class == withheld {
		if do == Ensure || do == Release {
			op.Attempts--
		}
		w.putOff(el, of, a.After)
		return
	}
	r.Error = a.Error
	op.Failures++
	w.putOff(el, of, a.After)
	if el.State == ResourcePresent { // a look at it, or new secrets
		return
	}
	if do == Ensure && a.Class == uncertain {
		r.Doubt = w.t.Now
	}
	switch {
	case a.Class == conflict && op.Goal == Present:
		r.Foreign = true
		w.fail(el, a.Error, Present)
	case a.Class == fatal || a.Class == conflict:
		w.fail(el, a.Error, op.Goal)
	case op.Failures >= of.options.Attempts && !isWaiting(el.State):
		w.fail(el, fmt.Sprintf("given up after %d failed calls: %s", op.Failures, a.Error), op.Goal)
	case a.Class == retryable && el.State == ResourceRequested:
		w.fire(el, ensure)
	case a.Class == retryable && el.State == ResourceReleaseRequested:
		w.fire(el, release)
	case a.Class == uncertain && (el.State == ResourceEnsuring || el.State == ResourceReleasing && !op.Looking):
		w.fire(el, lose)
	}
}

// putOff has the next call wait: longer the more have failed, and at least as long as the provisioner says.
func (w *work) putOff(el *element, of *provisioner, after time.Duration) {
	op := &el.Data.Op
	wait := after
	if op.Failures > 0 {
		wait = max(after, of.options.Wait(el.Data.Key+op.ID, op.Failures))
	}
	op.Next = w.t.Now.Add(wait)
}

// fail gives up an operation for good. One that was to make a resource ends the whole request, unless that is to be held.
func (w *work) fail(el *element, why string, g Goal) {
	r := el.Data
	w.cancel(el)
	if r.Op.Call != "" && r.Op.Doing == Ensure {
		r.Doubt = w.t.Now
	}
	r.end(GivenUp)
	r.Error = why
	w.t.Data.Error = fmt.Sprintf("resource %q: %s", el.Name, why)
	if g == Absent {
		w.fire(el, failRelease)
		return
	}
	w.fire(el, fail)
	if w.m.options.OnFailure == Unwind {
		w.terminate("", w.t.Data.Error)
	}
	w.look(el.Name)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
