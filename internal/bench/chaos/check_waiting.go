package chaos

import (
	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
)

// checkWaiting: whatever somebody still has to do something about is going to be looked at.
func checkWaiting(e *evidence, found found) {
	open := map[storage.Key]bool{}
	for i := range e.messages {
		if m := &e.messages[i]; m.Status == storage.MessageOpen {
			open[m.To] = true
		}
	}
	for i := range e.records {
		r := &e.records[i]
		if waitsForever(&r.Record) {
			found("%s is %s and is never due", r.Key, r.State)
		}
		if open[r.Key] && r.Due.IsZero() {
			found("%s has an open message and is never due", r.Key)
		}
	}
	for i := range e.effects {
		if f := &e.effects[i]; f.Lane == "" && f.Due.IsZero() && (f.Status == storage.EffectPending || f.Status == storage.EffectRunning) {
			found("effect %s of %s is %s and is never due", f.ID, f.From, f.Status)
		}
	}
}

// waitsForever reports whether a record is in a state in which something is to happen, and nobody is
// going to look at it. It holds at any moment of a run.
func waitsForever(r *storage.Record) bool {
	mode, _ := machine.Mode(state(r.State))
	return (mode == fsm.Active || mode == fsm.Waiting) && r.Status == storage.OK && r.Due.IsZero()
}

// checkAside: no record gets no turns, and no message is open or dead.
func checkAside(e *evidence, found found) {
	for i := range e.records {
		if r := &e.records[i]; r.Status != storage.OK {
			found("%s is %s: %s", r.Key, r.Status, r.Reason)
		}
	}
	for i := range e.messages {
		if m := &e.messages[i]; m.Status == storage.MessageOpen || m.Status == storage.MessageDead {
			found("message %q to %s is %s: %s", m.Name, m.To, m.Status, m.Reason)
		}
	}
}
