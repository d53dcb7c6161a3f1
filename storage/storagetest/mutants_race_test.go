package storagetest

import (
	"context"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// raceMutants read, and then write what they decided from that, with others between.
func raceMutants() []mutant {
	// stale returns the state as it was a moment ago.
	stale := func(b *broken) *model {
		m := newModel(b.now, storage.Limits{})
		m.state = b.before()
		sleep(100 * time.Microsecond)
		return m
	}
	return []mutant{
		{"a claim reads, then writes", func(b *broken) {
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				got, err := stale(b).Claim(ctx, c)
				b.tamper(func(s *state, now time.Time) {
					for _, held := range got {
						if r := s.Records[held.Key]; r != nil {
							r.Token, r.LeaseUntil, r.Due = held.Lease.Token, now.Add(c.TTL), now.Add(c.TTL)
						}
					}
				})
				return got, err
			}
		}, []string{
			"3 a claim hides what it hands out/a load says who holds it, and until when",
			"lease races/E6 one of many contenders wins",
			"lease races/E7 nothing is done twice under load",
		}},
		{"a take reads, then writes", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				got, err := stale(b).Take(ctx, c)
				b.tamper(func(s *state, now time.Time) {
					for _, taken := range got {
						if e := s.effect(taken.ID); e != nil {
							*e = effectRow{Effect: copyEffect(taken.Effect), Token: taken.Lease.Token, LeaseUntil: now.Add(c.TTL)}
						}
					}
				})
				return got, err
			}
		}, []string{
			"contenders/one performs an effect at a time",
			"contenders/a lane is not entered twice",
		}},
		{"a change reads, then writes", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				seen := stale(b)
				changes = slices.Clone(changes)
				b.tamper(func(s *state, _ time.Time) {
					for i := range changes {
						c := &changes[i]
						r, was := s.Records[c.Key], seen.state.Records[c.Key]
						if r != nil && was != nil && c.Version == was.Version {
							c.Version = r.Version
						}
					}
				})
				return b.model.Apply(ctx, changes)
			}
		}, []string{"contenders/no update is lost"}},
		{"creating reads, then writes", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				seen := stale(b)
				changes = slices.Clone(changes)
				b.tamper(func(s *state, _ time.Time) {
					for i := range changes {
						c := &changes[i]
						if r := s.Records[c.Key]; r != nil && seen.state.Records[c.Key] == nil && c.Version == 0 {
							c.Version = r.Version
						}
					}
				})
				return b.model.Apply(ctx, changes)
			}
		}, []string{"contenders/one creates a record"}},
		{"delivering reads, then writes", func(b *broken) {
			b.deliver = func(ctx context.Context, messages []storage.Message) ([]error, error) {
				answers, err := stale(b).Deliver(ctx, messages)
				if err == nil {
					_, err = b.model.Deliver(ctx, messages)
				}
				return answers, err
			}
		}, []string{"contenders/one delivers an id"}},
		{"applying looks for messages too early", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				seen := stale(b)
				answers, err := b.model.Apply(ctx, changes)
				b.tamper(func(s *state, _ time.Time) {
					for i, c := range changes {
						if r := s.Records[c.Key]; err == nil && answers[i] == nil && r != nil && len(c.Consume) >= len(seen.state.open(c.Key)) {
							if len(c.Send) == 0 && len(s.open(c.Key)) > 0 {
								r.Due = storage.Time(c.Record.Due)
							}
						}
					}
				})
				return answers, err
			}
		}, []string{"contenders/no wake-up is lost between a turn and a message"}},
	}
}
