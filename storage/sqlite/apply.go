package sqlite

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/internal/adapter"
)

// Apply implements [storage.Records]. Changes are made in bulk where they cannot get in each other's
// way, so that a batch costs few statements; one with a Project is made by itself, under a savepoint.
// What Project gets is a *sql.Tx, or what the host gave to [Store.With]; inside it, use the store only
// through With, because the store itself waits for the transaction to end.
func (s *Store) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	answers := make([]error, len(changes))
	var steps []*step
	for i := range changes {
		if answers[i] = s.limits.CheckChange(&changes[i]); answers[i] == nil {
			steps = append(steps, &step{Change: &changes[i], answer: &answers[i]})
		}
	}
	b := &batch{changed: map[storage.Key]bool{}}
	err := s.write(ctx, func(_ context.Context, tx *session) error {
		b.tx, b.now = tx, now()
		for len(steps) > 0 {
			group := b.next(steps)
			steps = steps[len(group):]
			if err := b.apply(ctx, group); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errCommit) && s.wasMade(ctx, b) {
		err = nil
	}
	if err != nil {
		return nil, failed("apply", err)
	}
	return answers, nil
}

// A batch is the changes of one Apply.
type batch struct {
	tx      *session
	now     time.Time
	changed map[storage.Key]bool // by changes that were made
	made    []*step
}

// next returns the steps at the head that can be made side by side.
func (b *batch) next(steps []*step) []*step {
	n := adapter.SideBySide(len(steps), func(i int) *storage.Change { return steps[i].Change }, b.alone)
	return steps[:n]
}

// alone reports whether a change is made by itself, because the host's own code can fail in it.
func (b *batch) alone(c *storage.Change) bool {
	return c.Project != nil || b.tx.mapped(c.Key.Kind) ||
		slices.ContainsFunc(c.Spawn, func(sp storage.Spawn) bool { return b.tx.mapped(sp.Record.Key.Kind) })
}

// apply makes the steps of a group.
func (b *batch) apply(ctx context.Context, group []*step) error {
	if !b.alone(group[0].Change) {
		return b.applyParts(ctx, group)
	}
	c := group[0]
	err := b.tx.savepoint(ctx, "reeve_change", func() error {
		if err := b.applyParts(ctx, group); err != nil || *c.answer != nil || c.Project == nil {
			return err
		}
		if err := c.Project(ctx, b.tx.handle); err != nil {
			return &hostError{err}
		}
		return nil
	})
	var host *hostError
	if errors.As(err, &host) && !errors.Is(err, errGone) {
		*c.answer = host.err
		delete(b.changed, c.Key)
		b.made = b.made[:len(b.made)-1]
		return nil
	}
	return err
}

// applyParts writes everything that the steps mean, part by part and each part in bulk.
func (b *batch) applyParts(ctx context.Context, group []*step) error {
	host := ctx // the host's own code may be interrupted
	ctx = context.WithoutCancel(ctx)
	tx, now := b.tx, b.now
	made, err := b.guard(ctx, group)
	if err != nil {
		return err
	}
	steps, deleted := split(made, func(c *step) bool { return !c.Delete })
	spawned, err := tx.spawn(ctx, steps, now)
	if err != nil {
		return err
	}
	var sent []*posting
	for _, c := range steps {
		for i := range c.Send {
			sent = append(sent, &posting{Message: &c.Send[i], to: c.Send[i].To})
		}
	}
	unsettled, _ := split(steps, (*step).movesDue)
	return inOrder(
		func() error { return tx.removeBelongings(ctx, deleted) },
		func() error { return tx.saveRows(host, slices.Concat(made, spawned), now) },
		func() error { return tx.writeElements(ctx, slices.Concat(steps, spawned)) },
		func() error { return tx.settle(ctx, spawned, now) },
		func() error { return tx.consume(ctx, steps, now) },
		func() error { return tx.cancelEffects(ctx, steps, now) },
		func() error { return tx.emit(ctx, steps, now) },
		func() error { return tx.post(ctx, sent, deadIfAbsent, now) },
		func() error { return tx.writeLines(ctx, slices.Concat(made, spawned), now) },
		func() error { return tx.settle(ctx, unsettled, now) },
	)
}

// guard writes the records of the steps that may be made and returns these. The others are answered.
func (b *batch) guard(ctx context.Context, group []*step) ([]*step, error) {
	fresh, again := split(group, func(c *step) bool { return !b.changed[c.Key] })
	if err := b.tx.findForeignEffects(ctx, fresh); err != nil {
		return nil, err
	}
	own, foreign := split(fresh, func(c *step) bool { return c.foreign == "" })
	if err := b.tx.writeRecords(ctx, own, b.now); err != nil {
		return nil, err
	}
	made, refused := split(own, func(c *step) bool { return c.version > 0 })
	for _, c := range made {
		b.changed[c.Key] = true
		b.tx.touched.addRecords(c.Key)
	}
	b.made = append(b.made, made...)
	return made, b.tx.refuse(ctx, slices.Concat(refused, foreign, again))
}

// movesDue reports whether parts of the change beside the record decide when it is due.
func (c *step) movesDue() bool {
	return c.changesElements() || len(c.Consume) > 0 ||
		slices.ContainsFunc(c.Send, func(m storage.Message) bool { return m.To == c.Key })
}

// split divides steps into those that match and the others, in their order.
func split(steps []*step, match func(*step) bool) (matching, others []*step) {
	for _, c := range steps {
		if match(c) {
			matching = append(matching, c)
		} else {
			others = append(others, c)
		}
	}
	return matching, others
}

func inOrder(parts ...func() error) error {
	for _, part := range parts {
		if err := part(); err != nil {
			return err
		}
	}
	return nil
}
