package storagetest

import (
	"context"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func laneMutants() []mutant {
	return []mutant{
		{"a lane runs two at once", applied(func(_, s *state, _ *storage.Change, now time.Time) {
			for _, e := range s.Effects {
				if e.Status == storage.EffectPending && e.Behind {
					e.Due = now
				}
			}
		}), []string{
			"6 effects/past its deadline it is handed out to be given up",
			"6 lanes/a crashed attempt keeps its place",
			"6 lanes/a dead one makes room for the next",
			"6 lanes/a failed attempt keeps its place",
			"6 lanes/a redriven one waits behind others",
			"6 lanes/each canceled while it runs is waited for",
			"6 lanes/one after another",
			"6 lanes/one given up behind others does not wake the next",
		}},
		{"a lane is everybody's", changes(func(s *state, c *storage.Change) {
			c.Emit = slices.DeleteFunc(slices.Clone(c.Emit), func(e storage.Effect) bool {
				for _, o := range s.Effects {
					if o.From != c.Key && o.Lane != "" && o.Lane == e.Lane && o.active() {
						return true
					}
				}
				return false
			})
		}), []string{
			"6 effects/cancel chooses by operation and lane",
			"6 lanes/each on its own",
		}},
		{"a retry loses its place", settled(func(_, s *state, st *storage.Settlement, answer error, now time.Time) error {
			if st.As == storage.EffectPending {
				for _, e := range s.Effects {
					if e.Behind {
						e.Due = now
					}
				}
			}
			return answer
		}), []string{"6 lanes/a failed attempt keeps its place"}},
		{"a lane stops at what was given up", settled(func(before, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			if st.As == storage.EffectDead {
				for _, e := range s.Effects {
					if old := before.effect(e.ID); old != nil && old.Behind {
						e.Behind, e.Due = true, time.Time{}
					}
				}
			}
			return answer
		}), []string{
			"6 lanes/a dead one makes room for the next",
			"6 lanes/a redriven one waits behind others",
		}},
		{"a lane stops at what was canceled", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			for _, e := range s.Effects {
				if old := before.effect(e.ID); old != nil && old.Behind {
					e.Behind, e.Due = true, time.Time{}
				}
			}
		}), []string{
			"6 lanes/a canceled one makes room for the next",
			"6 lanes/each canceled while it runs is waited for",
		}},
		{"what was canceled while it ran is not waited for", applied(func(_, s *state, _ *storage.Change, now time.Time) {
			for _, e := range s.Effects {
				if e.Status == storage.EffectPending && !e.Behind && e.Lane != "" && e.Due.After(now) {
					e.Due = now
				}
			}
		}), []string{
			"6 lanes/each canceled while it runs is waited for",
			"6 lanes/one canceled while it runs is not waited for for ever",
			"6 lanes/one canceled while it runs is waited for",
			"6 lanes/one taken past its deadline is not handed out when what it waited for ends",
		}},
		{"what was canceled while it ran is waited for to the end", settled(func(before, s *state, _ *storage.Settlement, answer error, _ time.Time) error {
			for _, e := range s.Effects {
				if old := before.effect(e.ID); old != nil && old.Status == storage.EffectPending && !old.Behind && e.Status == storage.EffectPending {
					e.Due = old.Due
				}
			}
			return answer
		}), []string{"6 lanes/one canceled while it runs is waited for"}},
		{"what was canceled while it ran is waited for until it is settled", applied(func(_, s *state, _ *storage.Change, now time.Time) {
			for _, e := range s.Effects {
				if e.Status == storage.EffectPending && !e.Behind && e.Lane != "" && e.Due.After(now) {
					e.Due = e.Due.AddDate(1, 0, 0)
				}
			}
		}), []string{
			"6 lanes/each canceled while it runs is waited for",
			"6 lanes/one canceled while it runs is not waited for for ever",
			"6 lanes/one taken past its deadline is not handed out when what it waited for ends",
		}},
		{"what was canceled first is waited for alone", applied(func(_, s *state, _ *storage.Change, now time.Time) {
			for _, e := range s.Effects {
				for _, o := range s.lane(e) {
					if e.Status == storage.EffectPending && !e.Behind && o.Status == storage.EffectCanceled &&
						o.LeaseUntil.After(now) && o.LeaseUntil.Before(e.Due) {
						e.Due = o.LeaseUntil
					}
				}
			}
		}), []string{"6 lanes/each canceled while it runs is waited for"}},
		{"what waited for a canceled one can be taken again when that is settled", settled(func(before, s *state, st *storage.Settlement, answer error, now time.Time) error {
			if e := before.effect(st.Lease.Key.ID); answer == nil && e.Status == storage.EffectCanceled {
				s.offerAgain(e, now)
			}
			return answer
		}), []string{"6 lanes/one taken past its deadline is not handed out when what it waited for ends"}},
		{"what waited for a canceled one can be taken again when that is released", released(func(*state, *storage.Lease, *time.Duration) {}, func(before, s *state, l *storage.Lease, now time.Time) {
			if e := before.effect(l.Key.ID); e != nil && e.Status == storage.EffectCanceled {
				s.offerAgain(e, now)
			}
		}), []string{"6 lanes/one taken past its deadline is not handed out when what it waited for ends"}},
		{"a redriven effect waits for nobody", func(b *broken) {
			b.again = func(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
				answers, err := b.model.RedriveEffects(ctx, ids, deadline)
				b.tamper(func(s *state, now time.Time) {
					for i, id := range ids {
						if answers[i] == nil {
							s.effect(id).Due = now
						}
					}
				})
				return answers, err
			}
		}, []string{
			"1 a change is atomic/an ended context writes nothing",
			"6 lanes/a redriven one waits behind others",
		}},
		{"any effect that ends wakes its lane", settled(func(_, s *state, st *storage.Settlement, answer error, now time.Time) error {
			ended := s.effect(st.Lease.Key.ID)
			for _, e := range s.Effects {
				if ended != nil && !ended.active() && e.Behind && e.From == ended.From && e.Lane == ended.Lane {
					e.Behind, e.Due = false, now
					break
				}
			}
			return answer
		}), []string{
			"6 lanes/a redriven one waits behind others",
			"6 lanes/one after another",
		}},
	}
}

// offerAgain hands out what runs in the lane of an effect once more.
func (s *state) offerAgain(of *effectRow, now time.Time) {
	for _, e := range s.lane(of) {
		if e.Lane != "" && e.Status == storage.EffectRunning && !e.Behind {
			e.Due = now
		}
	}
}
