package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func (m *model) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	now, err := m.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer m.mu.Unlock()
	answers, changed := make([]error, len(changes)), map[storage.Key]bool{}
	for i := range changes {
		c := &changes[i]
		if answers[i] = m.limits.CheckChange(c); answers[i] != nil {
			continue
		}
		after := m.state.clone()
		if answers[i] = after.apply(c, changed[c.Key], now); answers[i] == nil {
			m.state, changed[c.Key] = after, true
		}
	}
	return answers, nil
}

// apply makes a change true in the order of its parts. After an error, s is to be thrown away.
func (s *state) apply(c *storage.Change, changed bool, now time.Time) error {
	r, err := s.guard(c, changed)
	if err != nil {
		return err
	}
	if c.Delete {
		s.remove(r, c, now)
		return nil
	}
	s.write(r, c, now)
	for _, consumed := range c.Consume {
		if m := s.message(consumed.Seq); m != nil && m.To == c.Key && m.Status == storage.MessageOpen {
			m.Status, m.Reason, m.Ended = consumed.As, consumed.Reason, now
		}
	}
	if c.Record.Final {
		for _, m := range s.open(c.Key) {
			m.Status, m.Reason, m.Ended = storage.MessageStale, "the record is final", now
		}
	}
	s.cancel(c.Key, c.Cancel, now)
	for i := range c.Emit {
		if err := s.emit(c.Key, c.Emit[i], now); err != nil {
			return err
		}
	}
	for i := range c.Spawn {
		s.spawn(&c.Spawn[i], now)
	}
	for i := range c.Send {
		s.send(c.Send[i], now)
	}
	s.note(c.Key, r.Version, c.Lines, now)
	s.settle(r, c.Record.Due, now)
	return nil
}

// guard returns the row that a change may change, a new one if it creates the record.
func (s *state) guard(c *storage.Change, changed bool) (*recordRow, error) {
	r := s.Records[c.Key]
	switch {
	case r == nil && c.Version > 0:
		return nil, storage.Errorf(storage.ErrNotFound, c.Key, "there is no record to change")
	case r != nil && c.Version == 0:
		return nil, storage.Errorf(storage.ErrExists, c.Key, "there is such a record")
	case r != nil && c.Token != 0 && c.Token < r.Token:
		return nil, storage.Errorf(storage.ErrLeaseLost, c.Key, "token %d is older than %d", c.Token, r.Token)
	case r != nil && c.Version != r.Version:
		return nil, storage.Errorf(storage.ErrConflict, c.Key, "version %d is not %d", c.Version, r.Version)
	case changed:
		return nil, storage.Errorf(storage.ErrConflict, c.Key, "the batch changed it before")
	case c.Project != nil:
		return nil, storage.Errorf(errors.ErrUnsupported, c.Key, "the model has no transactions")
	case r == nil:
		r = s.create(c.Key)
	}
	return r, nil
}

func (s *state) create(k storage.Key) *recordRow {
	r := &recordRow{Record: storage.Record{Key: k}, Elements: map[string]storage.Element{}}
	if lines := s.Lines[k]; len(lines) > 0 {
		r.Version = lines[len(lines)-1].Version
		r.Token = storage.Token(r.Version)
	}
	s.Records[k] = r
	return r
}

// write sets the record's own row and its elements.
func (s *state) write(r *recordRow, c *storage.Change, now time.Time) {
	if c.Token != 0 {
		r.Fence, r.Token, r.LeaseUntil = c.Token, max(r.Token, c.Token+1), time.Time{}
	}
	to := copyRecord(c.Record)
	to.Key, to.Version, to.Fence = r.Key, r.Version+1, r.Fence
	to.Deadline, to.Since, to.Until = storage.Time(to.Deadline), storage.Time(to.Since), storage.Time(to.Until)
	to.NotBefore = storage.Time(to.NotBefore)
	if to.Since.IsZero() {
		to.Since = now
	}
	r.Record = to
	for _, e := range c.Elements {
		e = copyElement(e)
		e.Since, e.Due = storage.Time(e.Since), storage.Time(e.Due)
		r.Elements[e.Name] = e
	}
	for _, name := range c.Gone {
		delete(r.Elements, name)
	}
}

// settle decides when a record is due next.
func (s *state) settle(r *recordRow, wish, now time.Time) {
	r.Due = storage.Time(wish)
	for _, e := range r.Elements {
		if !e.Due.IsZero() && (r.Due.IsZero() || e.Due.Before(r.Due)) {
			r.Due = e.Due
		}
	}
	if len(s.open(r.Key)) > 0 {
		r.Due = now
	}
	r.rest()
}

// rest takes the due time from a record that gets no turns, and puts off that of one that waits.
func (r *recordRow) rest() {
	if !r.Due.IsZero() && r.NotBefore.After(r.Due) {
		r.Due = r.NotBefore
	}
	if r.Status != storage.OK || r.Final {
		r.Due = time.Time{}
	}
}

func (s *state) spawn(spawn *storage.Spawn, now time.Time) {
	k := spawn.Record.Key
	if s.Records[k] != nil {
		return
	}
	r := s.create(k)
	s.write(r, &storage.Change{Record: spawn.Record, Elements: spawn.Elements}, now)
	s.note(k, r.Version, spawn.Lines, now)
	s.settle(r, spawn.Record.Due, now)
}

// remove deletes a record with what belongs to it, but for its history.
func (s *state) remove(r *recordRow, c *storage.Change, now time.Time) {
	delete(s.Records, r.Key)
	s.Messages = keepOthers(s.Messages, func(m *messageRow) bool { return m.To == r.Key })
	s.Effects = keepOthers(s.Effects, func(e *effectRow) bool { return e.From == r.Key })
	lines := c.Lines
	if len(lines) == 0 {
		lines = []storage.Line{{From: r.State, Cause: "delete"}}
	}
	s.note(r.Key, max(r.Version, uint64(r.Token), uint64(c.Token))+1, lines, now)
}

func keepOthers[T any](rows []T, drop func(T) bool) (kept []T) {
	for _, row := range rows {
		if !drop(row) {
			kept = append(kept, row)
		}
	}
	return kept
}

// note adds lines to a history.
func (s *state) note(k storage.Key, version uint64, lines []storage.Line, now time.Time) {
	history := slices.Clip(s.Lines[k]) // copies of the state share it
	for i, l := range lines {
		l.Version, l.N, l.At, l.Inputs = version, i, now, own(l.Inputs)
		history = append(history, l)
	}
	s.Lines[k] = history
}
