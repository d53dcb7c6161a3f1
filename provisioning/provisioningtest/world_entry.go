package provisioningtest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// An entry is what a world knows of a key.
type entry struct {
	call     provisioning.Call // the last one that was served
	state    state
	until    time.Time // when making or leaving ends
	breaks   error     // what it ends with
	broken   error     // what the last one has ended with
	comes    time.Time // when a late call of Ensure arrives, if one does
	goes     time.Time // when a late call of Release arrives, if one does
	handle   string
	handles  map[string]bool // those that were told
	renewals int
	released bool
	foreign  bool // somebody else's is there
}

// A state is how far something outside is.
type state int

const (
	empty state = iota
	making
	made
	leaving
)

// A resource is one of a request.
type resource struct{ request, id string }

func resourceOf(c *provisioning.Call) resource { return resource{c.Request, c.Resource} }

var (
	errLost       = errors.New("the outside does not answer")
	errBusy       = errors.New("the outside is busy")
	errBroken     = errors.New("the outside has broken down")
	errReleased   = errors.New("what was released is not made again under its key")
	errForeign    = errors.New("there is something of somebody else's")
	errNotMade    = errors.New("nobody has made it")
	errNotRemoved = errors.New("nobody has released it")
)

// entry returns what is known of the key of a call, and notes what is wrong with the call.
func (w *World) entry(c *provisioning.Call) *entry {
	e := w.entries[c.Key]
	if e == nil {
		e = &entry{call: *c, handles: map[string]bool{"": true}}
		w.entries[c.Key] = e
	}
	if resourceOf(c) != resourceOf(&e.call) {
		w.blame("the key %s is that of two resources, %v and %v", c.Key, resourceOf(&e.call), resourceOf(c))
	}
	if !e.handles[c.Handle] {
		w.blame("a call about %v has the handle %q, which was never told", resourceOf(c), c.Handle)
	}
	return e
}

// catchUp does what has come to pass since the world was last called.
func (w *World) catchUp() {
	now := time.Now()
	for _, key := range slices.Sorted(maps.Keys(w.entries)) {
		e := w.entries[key]
		for at, pass := w.next(e); pass != nil && !at.After(now); at, pass = w.next(e) {
			pass(e)
		}
	}
}

// next returns what comes to pass next with an entry, and when; nil: nothing does.
func (w *World) next(e *entry) (at time.Time, pass func(*entry)) {
	sooner := func(t time.Time, do func(*entry)) {
		if !t.IsZero() && (pass == nil || t.Before(at)) {
			at, pass = t, do
		}
	}
	sooner(e.until, w.finish)
	sooner(e.comes, w.come)
	sooner(e.goes, w.goAway)
	return at, pass
}

// come makes what a late call of Ensure was to make.
func (w *World) come(e *entry) {
	e.comes = time.Time{}
	if e.state == empty && (!e.released || w.options.Forgetful) {
		w.make(e)
	}
}

// goAway releases what a late call of Release was to release.
func (w *World) goAway(e *entry) {
	was := e.state
	e.goes, e.released = time.Time{}, true
	if w.unmake(e); was == leaving {
		w.tell(e)
	}
}

// begin begins to make or to release something.
func (w *World) begin(e *entry, s state) {
	if s == making {
		w.make(e)
	}
	e.state, e.until, e.breaks = s, time.Now().Add(w.span(w.options.Work)), nil
	if w.way(Breakdowns) != 0 {
		e.breaks = provisioning.Retry(0, errBroken)
		if w.way(Fatals) != 0 {
			e.breaks = provisioning.Fatal(errBroken)
		}
	}
}

// finish ends making or leaving. Where making fails for good, something is there.
func (w *World) finish(e *entry) {
	was := e.state
	e.state, e.until, e.broken = made, time.Time{}, e.breaks
	if was == making && isRetry(e.broken) || was == leaving && e.broken == nil {
		w.unmake(e)
	}
	w.tell(e)
}

// tell has what came of the last call told to its callback.
func (w *World) tell(e *entry) {
	if e.call.Callback.URL != "" {
		w.told = append(w.told, Told{e.call, w.answer(e), e.broken})
	}
}

// make makes what is to be under a key.
func (w *World) make(e *entry) {
	of := resourceOf(&e.call)
	if other := w.alive[of]; other != nil {
		w.blame("%v is made under the key %s while it is there under %s", of, e.call.Key, other.call.Key)
	}
	w.alive[of] = e
	w.made++
	e.state, e.handle = made, fmt.Sprintf("thing-%d", w.made)
}

// unmake leaves nothing under a key.
func (w *World) unmake(e *entry) {
	if of := resourceOf(&e.call); w.alive[of] == e {
		delete(w.alive, of)
	}
	e.state, e.until = empty, time.Time{}
}

// answer says how far an entry is.
func (w *World) answer(e *entry) provisioning.Answer {
	switch e.state {
	case making, leaving:
		a := provisioning.Answer{State: provisioning.InProgress, Handle: "work-on-" + e.handle, Progress: "somebody works on it"}
		e.handles[a.Handle] = true
		if !w.options.CallsBack || e.call.Callback.URL == "" || w.choose(2) == 0 {
			a.Again = w.span(w.options.Work)
		}
		return a
	case made:
		e.handles[e.handle] = true
		return provisioning.Answer{
			Handle: e.handle, Attributes: map[string]string{"address": e.handle + ".example"},
			Secrets: provisioning.Secrets{"password": {Value: fmt.Appendf(nil, "canary-%s-%d", e.call.Key, e.renewals)}},
		}
	case empty:
	}
	return provisioning.Answer{}
}
