package refresh

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A Manager is what a [Refresher] knows of a manager: the data of its record. A full refresh and targeted ones go on
// side by side, so there is a [Track] for each of the two.
type Manager struct {
	Full     Track `json:"full,omitzero"`
	Targeted Track `json:"targeted,omitzero"`
	// Targets are asked for, and no refresh of them has begun. Under are those of the one that is under way.
	Targets Targets `json:"targets,omitzero"`
	Under   Targets `json:"under,omitzero"`
	// Force: the next full refresh, or the one that is under way, may remove whatever it likes.
	Force bool `json:"force,omitempty"`
	// Removing: all that the manager has is to be removed, and Removal is the effect that does so.
	Removing bool   `json:"removing,omitempty"`
	Removal  string `json:"removal,omitempty"`
	// Token is the newest that a save was given.
	Token storage.Token `json:"token,omitempty"`
	// Beside is how many targeted refreshes were begun beside the full one that is under way.
	Beside int `json:"beside,omitempty"`
	// Added is when it was added, by the clock of who did so.
	Added time.Time `json:"added,omitzero"`
	// Heard is the number of the newest request of which it is known that it, and all before it, were taken down.
	Heard uint64 `json:"heard,omitempty"`
}

// firstRequest is the number of the request that adding a manager is. The others have those of their messages.
const firstRequest = 1

// A Track is how far one of the two sorts of refresh is.
type Track struct {
	// Wanted: a refresh is asked for and has not begun, since Asked.
	Wanted bool      `json:"wanted,omitempty"`
	Asked  time.Time `json:"asked,omitzero"`
	// Run is the effect of the one that is under way; empty: none is. Fence is the newest try at it that saved.
	Run   string        `json:"run,omitempty"`
	Fence storage.Token `json:"fence,omitempty"`
	// Began is when the last one was begun, Ended when it was over.
	Began time.Time `json:"began,omitzero"`
	Ended time.Time `json:"ended,omitzero"`
	// Succeeded is when the last one ended that saved everything.
	Succeeded time.Time `json:"succeeded,omitzero"`
	// Failures counts those since then that did not, Error is what was wrong with the last of them, and Retry
	// when the next one may begin.
	Failures int       `json:"failures,omitempty"`
	Error    string    `json:"error,omitempty"`
	Retry    time.Time `json:"retry,omitzero"`
	// Saved is what the last one that was saved did to each collection, in the order of its plan, and SavedAt when
	// that was.
	Saved   []Outcome `json:"saved,omitempty"`
	SavedAt time.Time `json:"saved_at,omitzero"`
	// Waiting is the number of the first request that waits for the next refresh, Running that of the first one that
	// is being done, and Failed that of the first one of which the last try failed. Zero: there is none, as when
	// a refresh is made by the schedule, or made again.
	Waiting uint64 `json:"waiting,omitempty"`
	Running uint64 `json:"running,omitempty"`
	Failed  uint64 `json:"failed,omitempty"`
}

// Outcome returns what the last refresh that was saved did to a collection. It is zero if there was none.
func (t *Track) Outcome(collection string) Outcome {
	for _, of := range t.Saved {
		if of.Collection == collection {
			return of
		}
	}
	return Outcome{}
}

// ask takes down that a refresh is asked for, by the request of a number or, if that is zero, by nobody.
func (t *Track) ask(number uint64, now time.Time) {
	if !t.Wanted {
		t.Wanted, t.Asked = true, now
	}
	t.Waiting = first(t.Waiting, number)
}

// first returns the number of the first of two requests; zero is none.
func first(a, b uint64) uint64 {
	if a == 0 || b == 0 {
		return max(a, b)
	}
	return min(a, b)
}

// begin takes down that a refresh has begun.
func (t *Track) begin(run string, now time.Time) {
	t.Wanted, t.Asked, t.Run, t.Fence, t.Began = false, time.Time{}, run, 0, now
	t.Running, t.Waiting = t.Waiting, 0
}

// end takes down how a refresh has ended.
func (t *Track) end(r report, now time.Time, wait func(failures int) time.Duration) {
	t.Run, t.Fence, t.Ended, t.Error = "", 0, now, r.Error
	if r.Saved != nil {
		t.Saved, t.SavedAt = r.Saved, now
	}
	running := t.Running
	t.Running = 0
	if r.Error == "" {
		t.Succeeded, t.Failures, t.Retry, t.Failed = now, 0, time.Time{}, 0
		return
	}
	t.Failures++
	t.Retry = now.Add(wait(t.Failures))
	t.Failed = first(t.Failed, running)
	t.ask(0, now)
}

// forget takes down that nothing is wanted any more.
func (t *Track) forget() {
	t.Wanted, t.Asked, t.Failures, t.Error, t.Retry = false, time.Time{}, 0, "", time.Time{}
	t.Waiting, t.Failed = 0, 0
}

// from returns when a refresh may begin that may wait for others.
func (t *Track) from(delay time.Duration) time.Time {
	from := t.Asked.Add(delay)
	if t.Retry.After(from) {
		return t.Retry
	}
	return from
}

// doubling is how long a manager waits after failed refreshes: up to five seconds after one and twice as long after each
// further one, up to ten minutes. How long exactly hangs on the manager and the number, so that those that failed
// together do not come again together, and a decision is the same whenever it is made.
func doubling(manager string, failures int) time.Duration {
	wait := 10 * time.Minute
	if failures < 8 {
		wait = 5 * time.Second << (failures - 1)
	}
	h := fnv.New64a()
	_, _ = fmt.Fprint(h, manager, " ", failures)
	return wait/2 + time.Duration(h.Sum64()%uint64(wait/2)) //nolint:gosec // the wait is positive
}

// request takes down the request of a number. Who asks for everything wants it now, whatever failed before.
func (m *Manager) request(q request, number uint64, now time.Time) {
	if q.Targets == nil {
		m.Full.ask(number, now)
		m.Full.Retry = time.Time{}
		m.Force = m.Force || q.Force
		return
	}
	m.Targets.Merge(q.Targets)
	m.Targeted.ask(number, now)
}

// everything takes down that a full refresh is to do what targeted ones were asked for.
func (m *Manager) everything(now time.Time) {
	m.Full.ask(first(m.Targeted.Waiting, m.Targeted.Failed), now)
	m.Targeted.forget()
	m.Targets = Targets{}
}

func (m *Manager) endFull(r report, now time.Time, wait func(failures int) time.Duration) {
	m.Full.end(r, now, wait)
	m.Beside = 0
	if r.Error == "" {
		m.Force = false
	}
}

// endTargeted takes down how a targeted refresh has ended. Targets of one that failed are asked for again, and after
// some tries everything is: one of them may be what makes it fail.
func (m *Manager) endTargeted(r report, now time.Time, wait func(failures int) time.Duration) {
	m.Targeted.end(r, now, wait)
	if r.Error != "" {
		m.Targets.Merge(&m.Under)
	}
	m.Under = Targets{}
	if m.Targeted.Failures >= mostTries {
		m.everything(now)
	}
}

// mostTries is how often a save is tried, and how often a targeted refresh may fail in a row.
const mostTries = 5
