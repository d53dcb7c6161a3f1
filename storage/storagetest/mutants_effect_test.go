package storagetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func effectMutants() []mutant {
	// said changes what is said of effects.
	said := func(tamper func(s *state, e *storage.Effect)) func(*broken) {
		return func(b *broken) {
			whole := b.effects
			b.effects = func(ctx context.Context, q storage.EffectQuery) ([]storage.Effect, error) {
				got, err := whole(ctx, q)
				for i := range got {
					b.tamper(func(s *state, _ time.Time) { tamper(s, &got[i]) })
				}
				return got, err
			}
		}
	}
	return []mutant{
		{"an effect is emitted twice", applied(func(before, s *state, c *storage.Change, now time.Time) {
			for i := range c.Emit {
				if old := before.effect(c.Emit[i].ID); old != nil && old.Status == storage.EffectDone {
					s.enqueue(s.effect(old.ID), now)
				}
			}
		}), []string{"6 effects/an id is accepted once"}},
		{"emitting again overwrites", changes(func(s *state, c *storage.Change) {
			for i := range c.Emit {
				if old := s.effect(c.Emit[i].ID); old != nil && old.From == c.Key {
					old.Body = own(c.Emit[i].Body)
				}
			}
		}), []string{"6 effects/an id is accepted once"}},
		{"another's effect is left as it is", changes(func(s *state, c *storage.Change) {
			c.Emit = slices.DeleteFunc(slices.Clone(c.Emit), func(e storage.Effect) bool {
				old := s.effect(e.ID)
				return old != nil && old.From != c.Key
			})
		}), []string{
			"1 a change is atomic/a refused change leaves nothing",
			"6 effects/an id of another record is refused",
		}},
		{"a take hides nothing", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				got, err := b.model.Take(ctx, c)
				b.tamper(func(s *state, now time.Time) {
					for i := range got {
						s.effect(got[i].ID).Due = now
					}
				})
				return got, err
			}
		}, []string{
			"6 effects/a dead effect is tried again",
			"6 effects/a take hides what it hands out",
			"6 effects/past its deadline it is handed out to be given up",
			"6 effects/the oldest first of several names",
			"6 effects/the oldest first, and by name",
			"6 lanes/a redriven one waits behind others",
			"6 lanes/each canceled while it runs is waited for",
			"6 lanes/one after another",
			"6 lanes/one given up behind others does not wake the next",
			"6 lanes/one taken past its deadline is not handed out when what it waited for ends",
			"6 one open effect a key/what is under way is not emitted again",
			"6 one open effect a key/what the change cancels does not count",
			"lease races/S16 slow work keeps its lease by extending it",
		}},
		{"the newest effect is taken first", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				got, err := b.model.Take(ctx, c)
				slices.Reverse(got)
				return got, err
			}
		}, []string{
			"6 effects/a name that is given twice counts once",
			"6 effects/the oldest first of several names",
			"6 effects/the oldest first, and by name",
		}},
		{"effects of paused and final records are not taken", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				before := b.before()
				return b.model.take(ctx, c, func(k storage.Key) bool {
					r := before.Records[before.effect(k.ID).From]
					return r.Status == storage.OK && !r.Final
				})
			}
		}, []string{
			"6 effects/are taken whatever their record does",
			"6 effects/the outcome obeys the rules for messages",
		}},
		{"an effect's name is not looked at", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				if err := storage.Limits.CheckClaim(storage.Limits{}, &c); err == nil {
					c.Names = []string{performed, "something else"}
				}
				return b.model.Take(ctx, c)
			}
		}, []string{
			"6 effects/the oldest first of several names",
			"6 effects/the oldest first, and by name",
		}},
		{"attempts are not counted", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				got, err := b.model.Take(ctx, c)
				b.tamper(func(s *state, _ time.Time) {
					for i := range got {
						s.effect(got[i].ID).Attempt, got[i].Attempt = 1, 1
					}
				})
				return got, err
			}
		}, []string{
			"6 effects/a take hides what it hands out",
			"6 effects/tried again after a while",
		}},
		{"an effect's group is lost", changes(func(_ *state, c *storage.Change) {
			c.Emit = slices.Clone(c.Emit)
			for i := range c.Emit {
				c.Emit[i].Group = ""
			}
		}), []string{"6 effects/every field comes back"}},
		{"an owner is lost", said(func(_ *state, e *storage.Effect) { e.Owner = "" }), []string{
			"6 effects/one says who has it",
		}},
		{"an owner outlives its lease", said(func(s *state, e *storage.Effect) { e.Owner = s.effect(e.ID).Owner }), []string{
			"6 effects/one says who has it",
		}},
		{"only what runs has an owner", said(func(_ *state, e *storage.Effect) {
			if e.Status != storage.EffectRunning {
				e.Owner = ""
			}
		}), []string{"6 effects/one says who has it"}},
		{"a take does not say who has it", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				got, err := b.model.Take(ctx, c)
				for i := range got {
					got[i].Owner = ""
				}
				return got, err
			}
		}, []string{"6 effects/every field comes back"}},
		{"an owner is the caller's", func(b *broken) {
			given := map[string]string{}
			changes(func(_ *state, c *storage.Change) {
				for _, e := range c.Emit {
					given[e.ID] = e.Owner
				}
			})(b)
			said(func(_ *state, e *storage.Effect) { e.Owner = cmp.Or(given[e.ID], e.Owner) })(b)
		}, []string{"7 time is the store's/what the store sets is not taken from the caller"}},
		{"a lost lease settles", func(b *broken) {
			b.settle = func(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
				settlements = slices.Clone(settlements)
				for i := range settlements {
					b.tamper(func(s *state, _ time.Time) {
						if e := s.effect(settlements[i].Lease.Key.ID); e != nil && !e.LeaseUntil.IsZero() {
							settlements[i].Lease.Token = e.Token
						}
					})
				}
				return b.model.Settle(ctx, settlements)
			}
		}, []string{
			"6 effects/a lost lease settles nothing",
			"6 effects/each settlement has its own answer",
		}},
		{"a lost lease's outcome is delivered", settled(func(_, s *state, st *storage.Settlement, answer error, now time.Time) error {
			if e := s.effect(st.Lease.Key.ID); errors.Is(answer, storage.ErrLeaseLost) && st.Outcome != nil {
				m := *st.Outcome
				m.To = e.From
				s.send(m, now)
			}
			return answer
		}), []string{"6 effects/a lost lease settles nothing"}},
		{"settling does not end the lease", settled(func(before, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			if e := before.effect(st.Lease.Key.ID); answer == nil && e != nil {
				s.effect(e.ID).LeaseUntil = e.LeaseUntil
			}
			return answer
		}), []string{
			"6 effects/an ended lease settles nothing",
			"6 effects/one says who has it",
			"6 effects/what a canceled effect brought about is not lost",
			"6 lanes/one canceled while it runs is waited for",
		}},
		{"an expired lease does not settle", func(b *broken) {
			b.settle = func(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
				settlements, before := slices.Clone(settlements), b.before()
				for i := range settlements {
					if e := before.effect(settlements[i].Lease.Key.ID); e != nil && reached(e.LeaseUntil, b.clock()) {
						settlements[i].Lease.Token = 0
					}
				}
				return b.model.Settle(ctx, settlements)
			}
		}, []string{"6 effects/an expired lease that nobody took over still settles"}},
		{"an effect that is gone was a lost lease", settled(func(_, _ *state, _ *storage.Settlement, answer error, _ time.Time) error {
			if errors.Is(answer, storage.ErrNotFound) {
				return storage.ErrLeaseLost
			}
			return answer
		}), []string{"6 effects/each settlement has its own answer"}},
		{"the outcome is delivered only if it is done", func(b *broken) {
			b.settle = func(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
				settlements = slices.Clone(settlements)
				for i := range settlements {
					if settlements[i].As == storage.EffectPending {
						settlements[i].Outcome = nil
					}
				}
				return b.model.Settle(ctx, settlements)
			}
		}, []string{
			"6 effects/the outcome is delivered",
			"6 effects/what a canceled effect brought about is not lost",
		}},
		{"the outcome goes where its sender says", settled(func(before, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			for _, m := range s.Messages {
				if before.message(m.Seq) == nil && st.Outcome != nil && st.Outcome.To != (storage.Key{}) {
					m.To = st.Outcome.To
				}
			}
			return answer
		}), []string{"6 effects/the outcome is delivered"}},
		{"a retry does not know its deadline", settled(func(_, s *state, st *storage.Settlement, answer error, now time.Time) error {
			if e := s.effect(st.Lease.Key.ID); answer == nil && e.Status == storage.EffectPending {
				e.Due = storage.Time(now.Add(st.Retry))
			}
			return answer
		}), []string{"6 effects/tried again at the latest at its deadline"}},
		{"a retry is at once", func(b *broken) {
			b.settle = func(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
				settlements = slices.Clone(settlements)
				for i := range settlements {
					settlements[i].Retry = 0
				}
				return b.model.Settle(ctx, settlements)
			}
		}, []string{
			"6 effects/tried again after a while",
			"6 effects/tried again at the latest at its deadline",
			"6 lanes/a failed attempt keeps its place",
			"7 time is the store's/times from now are kept to the microsecond",
		}},
		{"releasing an effect keeps the attempt", released(func(*state, *storage.Lease, *time.Duration) {},
			func(before, s *state, l *storage.Lease, _ time.Time) {
				if e := before.effect(l.Key.ID); e != nil && e.Status == storage.EffectRunning {
					s.effect(e.ID).Attempt = e.Attempt
				}
			}), []string{"6 effects/releasing gives the attempt back"}},
		{"a redriven effect keeps its attempts", func(b *broken) {
			b.again = func(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
				before := b.before()
				answers, err := b.model.RedriveEffects(ctx, ids, deadline)
				b.tamper(func(s *state, _ time.Time) {
					for i, id := range ids {
						if answers[i] == nil {
							s.effect(id).Attempt = before.effect(id).Attempt
						}
					}
				})
				return answers, err
			}
		}, []string{
			"1 a change is atomic/an ended context writes nothing",
			"6 effects/a dead effect is tried again",
		}},
		{"a redriven effect keeps its deadline", func(b *broken) {
			b.again = func(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
				before := b.before()
				answers, err := b.model.RedriveEffects(ctx, ids, deadline)
				b.tamper(func(s *state, _ time.Time) {
					for i, id := range ids {
						if answers[i] == nil {
							s.effect(id).Deadline = before.effect(id).Deadline
						}
					}
				})
				return answers, err
			}
		}, []string{
			"1 a change is atomic/an ended context writes nothing",
			"6 effects/a dead effect is tried again",
			"7 time is the store's/times from now are kept to the microsecond",
		}},
		{"an effect past its deadline is not handed out", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				before := b.before()
				return b.model.take(ctx, c, func(k storage.Key) bool { return !reached(before.effect(k.ID).Deadline, b.clock()) })
			}
		}, []string{
			"6 effects/past its deadline it is handed out to be given up",
			"6 effects/tried again at the latest at its deadline",
			"6 lanes/each canceled while it runs is waited for",
			"6 lanes/one given up behind others does not wake the next",
			"6 lanes/one taken past its deadline is not handed out when what it waited for ends",
		}},
	}
}
