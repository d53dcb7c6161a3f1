package provisioning

import (
	"fmt"
	"time"
)

// An Action is what is done next about a resource.
type Action string

// The actions. Ensure to Renew are calls to the provisioner.
const (
	// Rest: nothing, unless somebody says something.
	Rest Action = "rest"
	// Wait: nothing yet.
	Wait Action = "wait"
	// Ensure, Release, Poll, Find and Renew are the methods of a provisioner.
	Ensure  Action = "ensure"
	Release Action = "release"
	Poll    Action = "poll"
	Find    Action = "find"
	Renew   Action = "renew"
	// Fail: it is given up.
	Fail Action = "fail"
	// Drop: it was never asked for, and is not any more.
	Drop Action = "drop"
)

// A Step is what is done next about a resource, and why.
type Step struct {
	Resource string        `json:"resource"`
	Type     string        `json:"type"`
	State    ResourceState `json:"state"`
	Do       Action        `json:"do"`
	// At is when at the latest something is done, if nothing is heard before; zero: now, or never for [Rest].
	At time.Time `json:"at,omitzero"`
	// Until is when the time of the operation is up; zero: none is under way.
	Until time.Time `json:"until,omitzero"`
	// Key is the idempotency key, empty until it is asked for.
	Key string `json:"key,omitempty"`
	// Why says it for people. Says are the words of a [Planner].
	Why  string `json:"why"`
	Says string `json:"says,omitempty"`
}

// String says what is done with which resource, and why.
func (s Step) String() string {
	out := fmt.Sprintf("%s (%s, %s): %s", s.Resource, s.Type, s.State, s.Do)
	if !s.At.IsZero() {
		out += " until " + s.At.UTC().Format(time.RFC3339)
	}
	out += ": " + s.Why
	if s.Says != "" {
		out += ": " + s.Says
	}
	return out
}

// lateness is how long after its deadline the outcome of a call is waited for.
const lateness = time.Minute

// A view is all that decides what is done next about a resource.
type view struct {
	goal  Goal
	now   time.Time
	state ResourceState
	since time.Time
	r     *Resource
	of    *provisioner
	gate  time.Duration
	// blocker is a resource that has to be there, or gone, before; empty: none.
	blocker string
}

// next says what is done next. Who calls it acts on it, or tells it.
func (v *view) next() Step {
	s := Step{Type: v.r.Type, State: v.state, Key: v.r.Key, Until: v.r.Op.Deadline}
	s.Do, s.At, s.Why = v.step()
	return s
}

func (v *view) step() (Action, time.Time, string) {
	op := &v.r.Op
	switch {
	case v.state == ResourceAbandoned:
		return Rest, time.Time{}, "it was abandoned: " + v.r.Abandoned
	case v.state == ResourceAbsent && !v.r.Asked:
		return Rest, time.Time{}, "it is not there"
	case v.goal == Absent && op.Goal != Absent && v.state != ResourceReleaseFailed:
		return v.turnBack()
	case v.state == ResourceReleaseFailed:
		return Rest, time.Time{}, "it could not be released; retry it, or abandon it with a reason: " + v.r.Error
	case v.state == ResourcePlanned:
		return v.begin()
	case v.state == ResourceFailed:
		return Rest, time.Time{}, "it could not be made; retry it, or terminate the request: " + v.r.Error
	case v.state == ResourcePresent:
		return v.look()
	default:
		return v.goOn()
	}
}

// begin is about a resource that nobody was asked for.
func (v *view) begin() (Action, time.Time, string) {
	if v.r.Gated {
		until := v.since.Add(v.gate)
		if !v.now.Before(until) {
			return Fail, time.Time{}, "nobody approved it in time"
		}
		return Wait, until, "it waits at its gate for somebody to approve it"
	}
	if v.blocker != "" {
		return Wait, time.Time{}, fmt.Sprintf("it comes after %q, which is not there yet", v.blocker)
	}
	return Ensure, time.Time{}, "it is wanted"
}

// turnBack is about a resource that is not wanted any more, and that nobody was asked to release.
func (v *view) turnBack() (Action, time.Time, string) {
	switch {
	case !v.r.Asked:
		return Drop, time.Time{}, "it is not wanted, and nobody was asked for it"
	case v.r.Foreign:
		return Drop, time.Time{}, "it is not wanted, and what is there is somebody else's"
	case v.blocker != "":
		return Wait, time.Time{}, fmt.Sprintf("%q comes after it and has to be gone first", v.blocker)
	default:
		return Release, time.Time{}, "it is not wanted any more"
	}
}

// look is about a resource that is there, and is wanted.
func (v *view) look() (Action, time.Time, string) {
	op := &v.r.Op
	if op.Call != "" {
		return Rest, time.Time{}, "it is there; a call is under way to " + string(op.Doing)
	}
	do, at := v.lookAt()
	switch {
	case at.IsZero():
		return Rest, time.Time{}, "it is there"
	case op.Next.After(at):
		at = op.Next
	}
	if v.now.Before(at) {
		return Wait, at, fmt.Sprintf("it is there; then: %s", do)
	}
	if do == Renew {
		return Renew, time.Time{}, "its secrets expire"
	}
	return Find, time.Time{}, "it is looked at from time to time"
}

// lookAt returns which look at a resource comes next, and when.
func (v *view) lookAt() (do Action, at time.Time) {
	if v.of.finder != nil && v.of.options.Look > 0 {
		do, at = Find, v.r.Seen.Add(v.of.options.Look)
	}
	if renew := v.r.Renewal; v.of.renewer != nil && !renew.IsZero() && (at.IsZero() || renew.Before(at)) {
		return Renew, renew
	}
	return do, at
}

// renewal returns when secrets are renewed that are good until expires; zero: never. However soon that is, there is a pause before.
func (of *provisioner) renewal(now, expires time.Time) time.Time {
	if expires.IsZero() {
		return time.Time{}
	}
	pause := max(expires.Sub(now)/2, of.options.Poll)
	return later(expires.Add(-of.options.Renew), now.Add(pause))
}

// goOn is about a resource whose operation is under way.
func (v *view) goOn() (Action, time.Time, string) {
	op := &v.r.Op
	overdue := !v.now.Before(op.Deadline)
	switch {
	case op.Call != "" && v.now.Before(op.Deadline.Add(lateness)):
		return Wait, op.Deadline.Add(lateness), fmt.Sprintf("a call is under way to %s", op.Doing)
	case overdue && isWaiting(v.state) && v.of.poller != nil && !op.LastLook:
		return Poll, time.Time{}, "its time is up; it is asked one last time how it went"
	case overdue:
		return Fail, time.Time{}, "its time is up"
	case v.now.Before(op.Next):
		return Wait, earlier(op.Next, op.Deadline), v.patience()
	case isWaiting(v.state) && v.of.poller != nil:
		return Poll, time.Time{}, "somebody outside works on it, and may be ready"
	case isWaiting(v.state) && op.Next.IsZero():
		return Wait, op.Deadline, "somebody outside works on it, and will call back"
	case op.Looking, v.state == ResourceUnknown && op.Goal == Present && v.of.finder != nil:
		return Find, time.Time{}, "it is not certain whether something is there"
	case op.Goal == Absent:
		return Release, time.Time{}, "it is not wanted any more"
	default:
		return Ensure, time.Time{}, "it is wanted"
	}
}

// isWaiting reports whether somebody outside works.
func isWaiting(s ResourceState) bool { return s == ResourceRequested || s == ResourceReleaseRequested }

func (v *view) patience() string {
	switch {
	case v.r.Op.Looking:
		return "it was released; it is looked whether it stays away"
	case v.r.Error != "":
		return "the last call failed: " + v.r.Error
	default:
		return "somebody outside works on it"
	}
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}
