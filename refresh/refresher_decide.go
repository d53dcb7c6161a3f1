package refresh

import (
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// decide takes down what was asked for and what came of refreshes, and begins those that may begin.
func (l *lifecycle) decide(t *turn) error {
	// A request may stand for an earlier one, whose slot it took, but not for one that was taken down.
	number := t.Data.Heard + 1
	for _, m := range t.Messages {
		if gone := l.hear(t, m, number); gone {
			t.Delete()
			return nil
		}
	}
	if n := len(t.Messages); n > 0 && !t.More {
		t.Data.Heard = max(t.Data.Heard, t.Messages[n-1].Seq)
	}
	if t.Data.Removing {
		l.beginRemoval(t)
		return nil
	}
	if t.Data.Targeted.Wanted && l.tooMany(&t.Data.Targets) {
		t.Data.everything(t.Now)
	}
	next := l.schedule(t)
	l.beginFull(t)
	l.beginTargeted(t)
	wakeAt(t, next)
	wakeAt(t, t.Data.Full.from(0))
	wakeAt(t, t.Data.Targeted.from(l.options.Delay))
	return nil
}

// hear takes down one message; a request gets the number. It reports whether all that the manager had is gone.
func (l *lifecycle) hear(t *turn, m supervision.Message, number uint64) (gone bool) {
	wait := func(failures int) time.Duration { return l.options.Wait(t.Key.ID, failures) }
	if q, ok := l.requested.Body(m); ok {
		t.Data.request(q, number, t.Now)
	}
	if r, err, ok := l.full.Outcome(m); ok {
		t.Data.endFull(reported(r, err), t.Now, wait)
	}
	if r, err, ok := l.targeted.Outcome(m); ok {
		t.Data.endTargeted(reported(r, err), t.Now, wait)
	}
	_, err, ok := l.removal.Outcome(m)
	return ok && err == nil
}

// schedule asks for a full refresh if it is time for one; else it returns when it will be.
func (l *lifecycle) schedule(t *turn) (next time.Time) {
	full := &t.Data.Full
	if l.options.Schedule == nil || full.Wanted || full.Run != "" {
		return time.Time{}
	}
	s := l.options.Schedule(t.Key.ID)
	if s == nil {
		return time.Time{}
	}
	if next = s.Next(full.Ended); !next.IsZero() && !next.After(t.Now) {
		full.ask(0, t.Now)
	}
	return next
}

// beginFull begins a full refresh if it is time. It does what targeted ones were asked for, too. It waits for one that
// is under way: what that has read is older, and yet, saved later, would be taken for newer.
func (l *lifecycle) beginFull(t *turn) {
	full := &t.Data.Full
	if !full.Wanted || full.Run != "" || t.Data.Targeted.Run != "" || full.from(0).After(t.Now) {
		return
	}
	t.Data.everything(t.Now)
	full.begin(l.full.Emit(t, Run{Force: t.Data.Force}), t.Now)
}

// beginTargeted begins a targeted refresh if it is time.
func (l *lifecycle) beginTargeted(t *turn) {
	m := t.Data
	of := &m.Targeted
	if !of.Wanted || of.Run != "" || of.from(l.options.Delay).After(t.Now) {
		return
	}
	if m.Full.Run != "" {
		if m.Beside == mostBeside {
			return // until the full one has ended
		}
		m.Beside++
	}
	m.Under, m.Targets = m.Targets, Targets{}
	of.begin(l.targeted.Emit(t, Run{Targets: &m.Under}), t.Now)
}

// beginRemoval ends all refreshes and has what the manager has removed.
func (l *lifecycle) beginRemoval(t *turn) {
	if t.Data.Removal == "" {
		t.Cancel("")
		t.Data.Removal = l.removal.Emit(t, struct{}{})
	}
}

func wakeAt(t *turn, at time.Time) {
	if at.After(t.Now) {
		t.Wake(at.Sub(t.Now))
	}
}
