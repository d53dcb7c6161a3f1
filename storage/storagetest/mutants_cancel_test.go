package storagetest

import (
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func cancelMutants() []mutant {
	return []mutant{
		{"the outcome of a canceled effect is lost", settled(func(before, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			if e := before.effect(st.Lease.Key.ID); e != nil && e.Status == storage.EffectCanceled {
				s.Messages = before.Messages
			}
			return answer
		}), []string{"6 effects/what a canceled effect brought about is not lost"}},
		{"a canceled effect is done when it is done", settled(func(before, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			if e := before.effect(st.Lease.Key.ID); answer == nil && e.Status == storage.EffectCanceled && st.As == storage.EffectDone {
				s.effect(e.ID).Status = storage.EffectDone
			}
			return answer
		}), []string{"6 effects/what a canceled effect brought about is not lost"}},
		{"a canceled effect is not told so", extended(func(_ *state, _ storage.Lease, err error, _ time.Time) error {
			if errors.Is(err, storage.ErrCanceled) {
				return nil
			}
			return err
		}), []string{"6 effects/an effect canceled while it runs is told so"}},
		{"a canceled effect has lost its lease", extended(func(_ *state, _ storage.Lease, err error, _ time.Time) error {
			if errors.Is(err, storage.ErrCanceled) {
				return storage.ErrLeaseLost
			}
			return err
		}), []string{"6 effects/an effect canceled while it runs is told so"}},
		{"canceling ends the lease of what runs", applied(func(before, s *state, c *storage.Change, now time.Time) {
			for _, e := range s.Effects {
				if old := before.effect(e.ID); old != nil && old.active() && e.Status == storage.EffectCanceled {
					s.endLease(e, now)
				}
			}
		}), []string{
			"6 effects/a canceled effect says what went wrong last",
			"6 effects/an effect canceled while it runs is told so",
			"6 effects/one says who has it",
			"6 effects/what a canceled effect brought about is not lost",
			"6 lanes/each canceled while it runs is waited for",
			"6 lanes/one canceled while it runs is not waited for for ever",
			"6 lanes/one canceled while it runs is waited for",
			"6 lanes/one taken past its deadline is not handed out when what it waited for ends",
			"6 one open effect a key/what the change cancels does not count",
		}},
		{"what is to be kept is canceled", changes(func(s *state, c *storage.Change) {
			if len(c.Cancel) > 0 {
				for _, e := range s.Effects {
					if e.From == c.Key {
						e.Keep = false
					}
				}
			}
		}), []string{
			"6 effects/cancel chooses by operation and lane",
			"6 lanes/each canceled while it runs is waited for",
		}},
		{"a cancel does not know operations", changes(func(_ *state, c *storage.Change) {
			c.Cancel = slices.Clone(c.Cancel)
			for i := range c.Cancel {
				c.Cancel[i].Operation = ""
			}
		}), []string{
			"6 effects/cancel chooses by operation and lane",
			"6 lanes/a canceled one makes room for the next",
		}},
		{"others' effects are canceled", applied(func(_, s *state, c *storage.Change, now time.Time) {
			for _, cancel := range c.Cancel {
				for _, e := range s.Effects {
					if e.From != c.Key && e.active() && cancel.Matches(&e.Effect) {
						s.end(e, storage.EffectCanceled, now)
					}
				}
			}
		}), []string{"6 effects/cancel chooses by operation and lane"}},
		{"what has ended is canceled", changes(func(s *state, c *storage.Change) {
			for _, cancel := range c.Cancel {
				for _, e := range s.Effects {
					if e.From == c.Key && e.Status == storage.EffectDone && cancel.Matches(&e.Effect) {
						e.Status = storage.EffectCanceled
					}
				}
			}
		}), []string{"6 effects/an effect that has ended is not canceled"}},
		{"canceling forgets what went wrong", applied(func(before, s *state, _ *storage.Change, _ time.Time) {
			for _, e := range s.Effects {
				if old := before.effect(e.ID); old != nil && old.active() && e.Status == storage.EffectCanceled {
					e.Reason = ""
				}
			}
		}), []string{"6 effects/a canceled effect says what went wrong last"}},
		{"what goes wrong after canceling is not noted", settled(func(before, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			if e := before.effect(st.Lease.Key.ID); answer == nil && e.Status == storage.EffectCanceled {
				s.effect(e.ID).Reason = e.Reason
			}
			return answer
		}), []string{"6 effects/a canceled effect says what went wrong last"}},
		{"releasing what was canceled forgets what went wrong", released(func(*state, *storage.Lease, *time.Duration) {}, func(_, s *state, l *storage.Lease, _ time.Time) {
			if e := s.effect(l.Key.ID); e != nil && e.Status == storage.EffectCanceled {
				e.Reason = ""
			}
		}), []string{"6 effects/a canceled effect says what went wrong last"}},
	}
}
