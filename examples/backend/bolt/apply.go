package bolt

import (
	"context"
	"errors"

	"github.com/reeve-go/reeve/storage"
)

// Apply implements [storage.Records]: each change is refused before anything of it is written, or made
// as a whole. All are one transaction.
func (s *Store) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	answers := make([]error, len(changes))
	err := s.update(ctx, "apply", func(t *tx) {
		changed := map[storage.Key]bool{}
		for i := range changes {
			c := &changes[i]
			if answers[i] = s.refuse(t, c, changed[c.Key]); answers[i] == nil {
				t.apply(c)
				changed[c.Key] = true
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return answers, nil
}

// refuse says why a change must not be made; nil: it may.
func (s *Store) refuse(t *tx, c *storage.Change, changedBefore bool) error {
	if err := s.limits.CheckChange(c); err != nil {
		return err
	}
	if c.Project != nil {
		return storage.Errorf(errors.ErrUnsupported, c.Key, "bbolt has no savepoints for Project")
	}
	var version uint64
	var token storage.Token
	if r := t.record(c.Key); r != nil {
		version, token = r.Version, r.Token
	}
	if err := c.Guard(version, token); err != nil {
		return err
	}
	if changedBefore {
		return storage.Errorf(storage.ErrConflict, c.Key, "the batch changes it twice; one change a record is right")
	}
	for i := range c.Emit {
		if e := t.effectByID(c.Emit[i].ID); e != nil && e.From != c.Key {
			return storage.Errorf(storage.ErrExists, c.Key, "effect %q is another record's; choose an id of its own", e.ID)
		}
	}
	return nil
}

// apply makes a change that is not refused.
func (t *tx) apply(c *storage.Change) {
	r := t.record(c.Key)
	switch {
	case c.Delete:
		t.removeRecord(r, c)
		return
	case r == nil:
		r = t.create(c.Key)
	}
	if c.Token != 0 {
		r.Fence = c.Token
		r.endLease(c.Token + 1)
	}
	r.set(c.Record, t.now)
	for i := range c.Elements {
		t.setElement(r, c.Elements[i])
	}
	for _, gone := range c.Gone {
		t.removeElement(r, gone)
	}
	t.consume(r, c.Consume)
	t.cancel(r.Key, c.Cancel)
	for i := range c.Emit {
		t.emit(r.Key, c.Emit[i])
	}
	for i := range c.Spawn {
		t.spawn(&c.Spawn[i])
	}
	for i := range c.Send {
		t.post(c.Send[i])
	}
	t.write(r.Key, r.Version, c.Lines)
	t.settle(r, c.Record.Due)
}

// spawn creates a record, unless there is one.
func (t *tx) spawn(s *storage.Spawn) {
	if k := s.Record.Key; t.record(k) == nil {
		t.apply(&storage.Change{Key: k, Record: s.Record, Elements: s.Elements, Lines: s.Lines})
	}
}

// removeRecord removes a record and what belongs to it. The history stays, and ends above the record's
// version and all tokens.
func (t *tx) removeRecord(r *record, c *storage.Change) {
	of := name(r.Key)
	for _, e := range t.elementsAt(t.list(elements, of, end(of), 0)) {
		t.remove(e)
	}
	for _, m := range t.messagesAt(t.find(messagesOf, of, end(of), 0)) {
		t.remove(m)
	}
	for _, e := range t.effectsAt(t.find(effectsOf, of, end(of), 0)) {
		t.remove(e)
	}
	t.remove(r)
	written := c.Lines
	if len(written) == 0 {
		written = []storage.Line{{From: r.State, Cause: "delete"}}
	}
	t.write(r.Key, max(r.Version, uint64(r.Token), uint64(c.Token))+1, written)
	t.retire(r.Key)
}
