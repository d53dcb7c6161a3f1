package supervision

import "time"

// Expiry says whose time is up.
type Expiry uint8

const (
	// NotExpired: no time is up, or the turn is about messages.
	NotExpired Expiry = iota
	// StateExpired: the record has been in its state for as long as it may.
	StateExpired
	// OperationExpired: the operation has taken as long as it may.
	OperationExpired
)

// expired says whose time is up, once the decider has seen the messages. What it did with them does
// not hide that the operation's time is up, unless that has ended.
func (t *Turn[T, S, E]) expired() Expiry {
	up := func(limit time.Time) bool { return !limit.IsZero() && !limit.After(t.Now) && !t.unheard(limit) }
	state := up(t.Until) && !t.entered && !t.touched && !t.deleted
	operation := up(t.Deadline) && !t.rests() && !t.deleted
	switch {
	case operation && (!state || !t.Until.Before(t.Deadline)):
		return OperationExpired
	case state:
		return StateExpired
	}
	return NotExpired
}

// unheard reports whether messages may be waiting for the next turn that came before a limit.
func (t *Turn[T, S, E]) unheard(limit time.Time) bool {
	given := t.seen.Messages
	return t.seen.More && len(given) > 0 && given[len(given)-1].At.Before(limit)
}

// expire does what an expiry means if the decider, told of it, did nothing: the event that the state's
// limit names moves the record. Where there is none, the limit just ends.
func (t *Turn[T, S, E]) expire() error {
	switch {
	case t.Expired == OperationExpired && !t.begun:
		t.Deadline = time.Time{}
	case t.Expired == StateExpired && !t.entered && !t.touched:
		t.Until = time.Time{}
	}
	_, event, ok := t.machine.Timeout(t.State)
	if !ok || t.derives || t.acted {
		return nil
	}
	return t.Fire(event)
}
