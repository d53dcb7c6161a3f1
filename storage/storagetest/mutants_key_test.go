package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func keyMutants() []mutant {
	// left leaves out emissions because of an effect of their key.
	left := func(because func(c *storage.Change, e *effectRow) bool) func(*broken) {
		return changes(func(s *state, c *storage.Change) {
			c.Emit = slices.DeleteFunc(slices.Clone(c.Emit), func(emitted storage.Effect) bool {
				return slices.ContainsFunc(s.Effects, func(e *effectRow) bool {
					return e.Key == emitted.Key && e.ID != emitted.ID && because(c, e)
				})
			})
		})
	}
	// added adds emissions although there is an effect of their key.
	added := func(although func(e *effectRow) bool) func(*broken) {
		return applied(func(before, s *state, c *storage.Change, now time.Time) {
			for _, emitted := range c.Emit {
				open := before.openOfKey(c.Key, emitted.Key)
				if open != nil && s.effect(open.ID).active() && s.effect(emitted.ID) == nil && although(open) {
					s.add(c.Key, emitted, now)
				}
			}
		})
	}
	return []mutant{
		{"what is pending is emitted again", added(func(e *effectRow) bool { return e.Status == storage.EffectPending }), []string{
			"6 one open effect a key/what is under way is not emitted again",
		}},
		{"what runs is emitted again", added(func(e *effectRow) bool { return e.Status == storage.EffectRunning }), []string{
			"6 one open effect a key/what is under way is not emitted again",
			"6 one open effect a key/what the change cancels does not count",
		}},
		{"a key is used once", left(func(c *storage.Change, e *effectRow) bool { return e.From == c.Key && !e.active() }), []string{
			"6 one open effect a key/a dead one is not tried again beside an open one",
			"6 one open effect a key/what has ended is",
			"6 one open effect a key/what the change cancels does not count",
		}},
		{"a change emits before it cancels", left(func(c *storage.Change, e *effectRow) bool {
			return e.From == c.Key && e.active() && len(c.Cancel) > 0
		}), []string{"6 one open effect a key/what the change cancels does not count"}},
		{"a key is everybody's", left(func(c *storage.Change, e *effectRow) bool { return e.From != c.Key && e.active() }), []string{
			"6 one open effect a key/a key is a record's own",
		}},
		{"of two of one key the second stands", changes(func(_ *state, c *storage.Change) {
			for i, e := range c.Emit {
				for _, later := range c.Emit[i+1:] {
					if later.Key == e.Key && later.ID != e.ID {
						c.Emit = slices.Delete(slices.Clone(c.Emit), i, i+1)
						return
					}
				}
			}
		}), []string{"6 one open effect a key/of two in one change the first stands"}},
		{"both of one key in a change stand", applied(func(_, s *state, c *storage.Change, now time.Time) {
			for i, e := range c.Emit {
				for _, later := range c.Emit[i+1:] {
					if later.Key == e.Key && s.effect(later.ID) == nil {
						s.add(c.Key, later, now)
					}
				}
			}
		}), []string{"6 one open effect a key/of two in one change the first stands"}},
		{"what is canceled frees its key when it is settled", settled(func(before, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			e := before.effect(st.Lease.Key.ID)
			if answer == nil && e.Status == storage.EffectCanceled {
				if open := s.openOfKey(e.From, e.Key); open != nil {
					open.Key += " no more"
				}
			}
			return answer
		}), []string{"6 one open effect a key/what the change cancels does not count"}},
		{"redriving does not look at keys", func(b *broken) {
			b.again = func(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
				answers, err := b.model.RedriveEffects(ctx, ids, deadline)
				b.tamper(func(s *state, now time.Time) {
					for i, answer := range answers {
						if errors.Is(answer, storage.ErrExists) {
							answers[i] = nil
							s.enqueue(s.effect(ids[i]), now)
						}
					}
				})
				return answers, err
			}
		}, []string{"6 one open effect a key/a dead one is not tried again beside an open one"}},
		{"a dead effect whose key is open is not found", func(b *broken) {
			b.again = func(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
				answers, err := b.model.RedriveEffects(ctx, ids, deadline)
				for i, answer := range answers {
					if errors.Is(answer, storage.ErrExists) {
						answers[i] = storage.ErrNotFound
					}
				}
				return answers, err
			}
		}, []string{"6 one open effect a key/a dead one is not tried again beside an open one"}},
	}
}
