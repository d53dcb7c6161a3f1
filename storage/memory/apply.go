package memory

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Apply implements [storage.Records].
func (s *Store) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now, answers := now(), make([]error, len(changes))
	changed := map[storage.Key]bool{}
	for i := range changes {
		c := &changes[i]
		if answers[i] = s.apply(c, changed[c.Key], now); answers[i] == nil {
			changed[c.Key] = true
		}
	}
	return answers, nil
}

// apply makes one change true. It decides first whether it may, and then nothing fails any more.
func (s *Store) apply(c *storage.Change, changedBefore bool, now time.Time) error {
	if err := s.limits.CheckChange(c); err != nil {
		return err
	}
	if c.Project != nil {
		return storage.Errorf(errors.ErrUnsupported, c.Key, "a store in memory has no transaction for Project")
	}
	defer s.lock(keysOf(c)...)()
	shard := s.shardOf(c.Key)
	if err := s.guard(shard, c, changedBefore); err != nil {
		return err
	}
	if c.Delete {
		shard.remove(s, c, now)
		return nil
	}
	r := shard.records[c.Key]
	if r == nil {
		r = shard.create(c.Key)
	}
	shard.change(s, r, c, now)
	return nil
}

func keysOf(c *storage.Change) []storage.Key {
	keys := []storage.Key{c.Key}
	for i := range c.Send {
		keys = append(keys, c.Send[i].To)
	}
	for i := range c.Spawn {
		keys = append(keys, c.Spawn[i].Record.Key)
	}
	return keys
}

// guard says whether a change may be made.
func (s *Store) guard(shard *shard, c *storage.Change, changedBefore bool) error {
	var version uint64
	var token storage.Token
	if r := shard.records[c.Key]; r != nil {
		version, token = r.Version, r.token
	}
	if err := c.Guard(version, token); err != nil {
		return err
	}
	if changedBefore {
		return storage.Errorf(storage.ErrConflict, c.Key, "the batch changes it twice; one change a record is right")
	}
	for i := range c.Emit {
		if e := s.effects.find(c.Emit[i].ID); e != nil && e.From != c.Key {
			return storage.Errorf(storage.ErrExists, c.Key, "effect %q is another record's; choose an id of its own", e.ID)
		}
	}
	return nil
}

// create makes a record that change or spawn fills. Its version and its tokens go on where the history
// ends.
func (s *shard) create(k storage.Key) *record {
	r := newRecord(k)
	if lines := s.lines[k]; len(lines) > 0 {
		newest := lines[len(lines)-1]
		r.Version, r.token = newest.Version, storage.Token(newest.Version)
		s.oldLines.set(&newest.place, time.Time{})
	}
	s.records[k] = r
	return r
}

func (s *shard) change(store *Store, r *record, c *storage.Change, now time.Time) {
	if c.Token != 0 {
		r.Fence, r.token, r.leaseUntil = c.Token, max(r.token, c.Token+1), time.Time{}
	}
	from := r.State
	r.set(c.Record, r.Version+1, now)
	s.recount(r.Key.Kind, from, r.State)
	for i := range c.Elements {
		r.setElement(c.Elements[i])
	}
	for _, name := range c.Gone {
		r.removeElement(name)
	}
	s.consume(r, c.Consume, now)
	s.cancel(r, c.Cancel, now)
	for i := range c.Emit {
		if e := c.Emit[i]; store.effects.find(e.ID) == nil && r.unfinished[e.Key] == nil {
			s.emit(store, r, e, now)
		}
	}
	for i := range c.Spawn {
		store.spawn(&c.Spawn[i], now)
	}
	for i := range c.Send {
		to := c.Send[i]
		store.shardOf(to.To).post(store, to, now)
	}
	s.write(r.Key, r.Version, c.Lines, now)
	s.settle(r, now, c.Record.Due)
}

func (s *shard) consume(r *record, consumed []storage.Consumption, now time.Time) {
	for _, c := range consumed {
		open := s.mail[r.Key].openOrNone()
		wanted := &message{Message: storage.Message{Seq: c.Seq}}
		if at, ok := slices.BinarySearchFunc(open, wanted, compareMessages); ok {
			s.end(open[at], c.As, c.Reason, now)
		}
	}
	if r.Final {
		for _, m := range slices.Clone(s.mail[r.Key].openOrNone()) {
			s.end(m, storage.MessageStale, "the record is final", now)
		}
	}
}

// cancel cancels all that is to be before any lane moves up, so that the next waits for each of them.
func (s *shard) cancel(r *record, cancels []storage.Cancel, now time.Time) {
	left := map[string]bool{}
	for _, c := range cancels {
		for _, e := range r.unfinished {
			if c.Matches(&e.Effect) {
				s.endEffect(r, e, storage.EffectCanceled, e.Reason, now)
				left[e.Lane] = true
			}
		}
	}
	for lane := range left {
		s.moveUp(r, lane, now)
	}
}

// spawn creates a record, unless there is one.
func (s *Store) spawn(sp *storage.Spawn, now time.Time) {
	shard := s.shardOf(sp.Record.Key)
	if shard.records[sp.Record.Key] != nil {
		return
	}
	c := storage.Change{Key: sp.Record.Key, Record: sp.Record, Elements: sp.Elements, Lines: sp.Lines}
	shard.change(s, shard.create(c.Key), &c, now)
}

// remove deletes a record and what belongs to it. The history stays, and ends above the record's version
// and all tokens.
func (s *shard) remove(store *Store, c *storage.Change, now time.Time) {
	r := s.records[c.Key]
	for _, e := range slices.Clone(r.effects) {
		s.removeEffect(store, r, e)
	}
	if box := s.mail[c.Key]; box != nil {
		for _, m := range box.byID {
			s.forget(m)
		}
	}
	s.dueOf(c.Key.Kind).set(&r.place, time.Time{})
	s.recount(c.Key.Kind, r.State, "")
	delete(s.records, c.Key)
	lines := c.Lines
	if len(lines) == 0 {
		lines = []storage.Line{{From: r.State, Cause: "delete"}}
	}
	s.write(c.Key, max(r.Version, uint64(r.token), uint64(c.Token))+1, lines, now)
}
