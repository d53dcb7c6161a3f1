package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// Apply implements [storage.Records]. Changes are made in bulk where they cannot get in each other's
// way, so that a batch costs few statements in two round trips; one with a Project is made by itself,
// under a savepoint. What Project gets is a [pgx.Tx]; inside it, use the store through [Store.With]. The server
// ends the transaction if Project lets ten seconds pass between two statements: it is no place to wait for the world.
// Small batches that come at the same time are made together, each with answers of its own.
func (s *Store) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	answers := make([]error, len(changes))
	var valid []*storage.Change
	for i := range changes {
		if answers[i] = s.limits.CheckChange(&changes[i]); answers[i] == nil {
			valid = append(valid, &changes[i])
		}
	}
	if len(valid) == 0 {
		return answers, nil
	}
	apply := s.applyAll
	if s.gathers(len(valid)) && !slices.ContainsFunc(valid, s.alone) {
		apply = s.applies.call
	}
	made, err := apply(ctx, valid)
	if err != nil {
		return nil, failed("apply", err)
	}
	return merge(answers, made), nil
}

// applyAll makes changes that are valid. One that is locked is in nobody's way.
func (s *Store) applyAll(ctx context.Context, changes []*storage.Change) ([]error, error) {
	p := pieces[*storage.Change]{store: s, rows: []string{lockedRecords}, needs: func(c *storage.Change) []storage.Key {
		keys, _ := keysOf([]*step{{Change: c}})
		return keys
	}, do: func(ctx context.Context, some []*storage.Change) ([]error, error) {
		return s.apply(ctx, some, len(changes) > 1)
	}}
	return p.answer(ctx, changes)
}

// apply makes changes that are valid.
func (s *Store) apply(ctx context.Context, changes []*storage.Change, impatient bool) ([]error, error) {
	answers, steps := make([]error, len(changes)), make([]*step, len(changes))
	for i, c := range changes {
		steps[i] = &step{Change: c, answer: &answers[i]}
	}
	var b *batch
	err := s.write(ctx, writing{
		look: func(tx *session) {
			for _, c := range steps {
				*c = step{Change: c.Change, answer: c.answer}
			}
			b = &batch{tx: tx, alone: s.alone}
			b.known = tx.lockRecords(keysOf(steps))
			b.effects = tx.lookForEffects(steps)
		},
		act:       func(ctx context.Context, _ *session) error { return b.apply(ctx, steps) },
		impatient: impatient,
	})
	return answers, err
}

// alone reports whether a change is made by itself, because the host's own code can fail in it.
func (s *Store) alone(c *storage.Change) bool {
	return c.Project != nil || s.tables.has(c.Key.Kind) ||
		slices.ContainsFunc(c.Spawn, func(sp storage.Spawn) bool { return s.tables.has(sp.Record.Key.Kind) })
}

// A batch is the changes of one Apply.
type batch struct {
	tx      *session
	alone   func(*storage.Change) bool
	known   map[storage.Key]*held
	effects *knownEffects
}

func (b *batch) apply(ctx context.Context, steps []*step) error {
	for len(steps) > 0 {
		n := adapter.SideBySide(len(steps), func(i int) *storage.Change { return steps[i].Change }, b.alone)
		var err error
		if b.alone(steps[0].Change) {
			err = b.applyAlone(ctx, steps[0])
		} else {
			b.write(b.admit(steps[:n]))
		}
		if err != nil {
			return err
		}
		steps = steps[n:]
	}
	return nil
}

// applyAlone makes a change under a savepoint, so that the host's own code can undo it.
func (b *batch) applyAlone(ctx context.Context, c *step) error {
	before := map[storage.Key]held{}
	for k, h := range b.known {
		before[k] = *h
	}
	effects := b.effects.clone()
	made := b.admit([]*step{c})
	if len(made) == 0 {
		return nil
	}
	b.tx.exec("SAVEPOINT reeve_change")
	b.write(made)
	if err := b.tx.flush(ctx); err != nil {
		return err
	}
	err := b.hostPart(ctx, made)
	if err == nil {
		b.tx.exec("RELEASE SAVEPOINT reeve_change")
		err = b.tx.flush(ctx)
	}
	if err == nil {
		return nil
	}
	if undo := b.tx.undo(ctx, "reeve_change"); undo != nil {
		return errors.Join(err, undo)
	}
	*c.answer, c.version = err, 0
	for k := range b.known {
		*b.known[k] = before[k]
	}
	b.effects = effects
	return nil
}

// hostPart is what the host does in the transaction of a change.
func (b *batch) hostPart(ctx context.Context, made []*step) error {
	for _, c := range made {
		if err := b.tx.saveRow(ctx, c); err != nil {
			return err
		}
		if c.Project != nil {
			if err := c.Project(ctx, b.tx.tx); err != nil {
				return err
			}
		}
	}
	return b.tx.tx.check()
}

// admit answers the steps that the guards refuse, and returns the others with what they spawn. From
// then on these count as made.
func (b *batch) admit(group []*step) []*step {
	var made []*step
	for _, c := range group {
		if *c.answer = b.refusal(c); *c.answer != nil {
			continue
		}
		h := b.known[c.Key]
		switch {
		case c.Delete:
			c.version, c.before = max(c.Version, uint64(h.token), uint64(c.Token))+1, h.state
			*h = held{ends: c.version}
		case c.Version == 0:
			h.create(c)
		default:
			c.version = c.Version + 1
			h.version, h.state, h.final = c.version, c.Record.State, c.Record.Final
			if c.Token > 0 {
				h.token = c.Token + 1
			}
		}
		h.changed = true
		b.effects.admit(c)
		made = append(made, c)
	}
	for _, c := range slices.Clone(made) {
		made = append(made, b.spawn(c)...)
	}
	return made
}

// refusal says why a change must not be made; nil: it may.
func (b *batch) refusal(c *step) error {
	h := b.known[c.Key]
	if err := c.Guard(h.version, h.token); err != nil {
		return err
	}
	if h.changed {
		return storage.Errorf(storage.ErrConflict, c.Key, "the batch changes it twice; one change a record is right")
	}
	return b.effects.refusal(c)
}

// create notes that a record is created. It goes on above its history and all its tokens.
func (h *held) create(c *step) {
	c.version = h.ends + 1
	token := storage.Token(h.ends)
	if c.Token > 0 {
		token = max(token, c.Token+1)
	}
	c.token = token
	*h = held{version: c.version, token: token, state: c.Record.State, final: c.Record.Final, ends: h.ends}
}

// spawn returns the records that a step spawns and that do not exist, as steps.
func (b *batch) spawn(c *step) (made []*step) {
	for i := range c.Spawn {
		sp := &c.Spawn[i]
		h := b.known[sp.Record.Key]
		if h.version > 0 {
			continue
		}
		created := &step{Change: &storage.Change{Key: sp.Record.Key, Record: sp.Record, Elements: sp.Elements, Lines: sp.Lines}}
		h.create(created)
		made = append(made, created)
	}
	return made
}

// write collects everything that the steps mean, part by part and each part in bulk. The records that
// are changed come last, because when they are due depends on all the rest.
func (b *batch) write(made []*step) {
	tx := b.tx
	deleted, steps := split(made, func(c *step) bool { return c.Delete })
	created, changed := split(steps, func(c *step) bool { return c.Version == 0 })
	var sent []*posting
	for _, c := range steps {
		for i := range c.Send {
			sent = append(sent, &posting{Message: &c.Send[i], to: c.Send[i].To})
		}
	}
	tx.deleteRecords(deleted)
	tx.createRecords(created)
	tx.writeElements(steps)
	tx.consume(changed)
	tx.cancelEffects(steps, b.effects)
	tx.emit(steps)
	tx.post(sent, func(k storage.Key) fate { return b.known[k].fate() })
	tx.updateRecords(changed)
}
