package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func guardMutants() []mutant {
	return []mutant{
		{"the version is not looked at", changes(func(s *state, c *storage.Change) {
			if r := s.Records[c.Key]; r != nil && c.Version > 0 {
				c.Version = r.Version
			}
		}), []string{
			"1 a change is atomic/a failed change does not stand in the way of the next",
			"2 two guards on each write/a refused change leaves its lease",
			"2 two guards on each write/the version guards a turn",
			"2 two guards on each write/the version guards an order",
			"3 a claim hides what it hands out/the tokens of a record count up by one",
			"lease races/E2 a valid lease does not vouch for a stale copy",
			"lease races/E4 the lease of a dead owner stops nobody else",
			"records/a deletion is guarded by the version",
		}},
		{"the token is not looked at", changes(func(s *state, c *storage.Change) {
			if r := s.Records[c.Key]; r != nil && c.Token > 0 && c.Token < r.Token {
				c.Token = r.Token
			}
		}), []string{
			"2 two guards on each write/a change ends its lease",
			"2 two guards on each write/a lost lease is told before a conflict",
			"2 two guards on each write/a newer token from elsewhere is accepted",
			"2 two guards on each write/an older token writes nothing",
			"3 a claim hides what it hands out/a released lease is no longer good",
			"lease races/E1 what is refused is not written all the same",
			"lease races/E4 the lease of a dead owner stops nobody else",
			"records/a deletion is guarded by the lease",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"a conflict is told before a lost lease", refused(func(s *state, c *storage.Change, err error, _ time.Time) error {
			if r := s.Records[c.Key]; errors.Is(err, storage.ErrLeaseLost) && r.Version != c.Version {
				return storage.ErrConflict
			}
			return err
		}), []string{
			"2 two guards on each write/a lost lease is told before a conflict",
			"2 two guards on each write/an older token writes nothing",
			"lease races/E1 what is refused is not written all the same",
			"lease races/E4 the lease of a dead owner stops nobody else",
		}},
		{"what a lost lease wanted is written all the same", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				answers, err := b.model.Apply(ctx, changes)
				for i, answer := range answers {
					if c := changes[i]; errors.Is(answer, storage.ErrLeaseLost) {
						c.Token, c.Version = 0, b.before().Records[c.Key].Version
						_, _ = b.model.Apply(ctx, []storage.Change{c})
					}
				}
				return answers, err
			}
		}, []string{
			"2 two guards on each write/a change ends its lease",
			"2 two guards on each write/a lost lease is told before a conflict",
			"2 two guards on each write/a newer token from elsewhere is accepted",
			"2 two guards on each write/an older token writes nothing",
			"3 a claim hides what it hands out/a released lease is no longer good",
			"lease races/E1 what is refused is not written all the same",
			"lease races/E4 the lease of a dead owner stops nobody else",
			"records/a deletion is guarded by the lease",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"a change does not end its lease", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil && c.Token > 0 {
				r.Token = c.Token
			}
		}), []string{
			"2 two guards on each write/a change ends its lease",
			"3 a claim hides what it hands out/the tokens of a record count up by one",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"a refused change ends its lease", refused(func(s *state, c *storage.Change, err error, _ time.Time) error {
			if r := s.Records[c.Key]; errors.Is(err, storage.ErrConflict) && c.Token > 0 {
				r.Token, r.LeaseUntil = c.Token+1, time.Time{}
			}
			return err
		}), []string{
			"2 two guards on each write/a refused change leaves its lease",
			"2 two guards on each write/the version guards a turn",
			"3 a claim hides what it hands out/the tokens of a record count up by one",
			"lease races/E2 a valid lease does not vouch for a stale copy",
		}},
		{"an order ends a lease", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil && c.Token == 0 {
				r.Token, r.LeaseUntil = r.Token+1, time.Time{}
			}
		}), []string{
			"2 two guards on each write/a refused change leaves its lease",
			"2 two guards on each write/an order does not end a lease",
			"2 two guards on each write/the version guards a turn",
			"3 a claim hides what it hands out/a load says who holds it, and until when",
			"3 a claim hides what it hands out/an expired lease hides no longer, whatever was written",
			"3 a claim hides what it hands out/an expired lease that nobody took over is extended",
			"3 a claim hides what it hands out/the tokens of a record count up by one",
			"4 no wake-up is lost/only NotBefore holds a turn up",
			"lease races/E4 the lease of a dead owner stops nobody else",
		}},
		{"the fence is not kept", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil {
				r.Fence = 0
			}
		}), []string{
			"2 two guards on each write/a newer token from elsewhere is accepted",
			"2 two guards on each write/the fence is the newest token that has written",
		}},
		{"an order resets the fence", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil && c.Token == 0 {
				r.Fence = 0
			}
		}), []string{"2 two guards on each write/the fence is the newest token that has written"}},
		{"a locker's token is refused", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				changes, before := slices.Clone(changes), b.before()
				for i := range changes {
					if r := before.Records[changes[i].Key]; r != nil && changes[i].Token > r.Token {
						changes[i].Token = r.Token - 1
					}
				}
				return b.model.Apply(ctx, changes)
			}
		}, []string{
			"2 two guards on each write/a newer token from elsewhere is accepted",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"a locker's token is not kept", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if r := before.Records[c.Key]; r != nil && c.Token > r.Token {
				s.Records[c.Key].Token = r.Token + 1
			}
		}), []string{
			"2 two guards on each write/a newer token from elsewhere is accepted",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"an expired lease cannot write", func(b *broken) {
			b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
				for _, c := range changes {
					r := b.before().Records[c.Key]
					if r != nil && c.Token > 0 && c.Token == r.Token && reached(r.LeaseUntil, b.clock()) {
						return []error{storage.ErrLeaseLost}, nil
					}
				}
				return b.model.Apply(ctx, changes)
			}
		}, []string{
			"2 two guards on each write/an expired lease that nobody took over may still write",
			"lease races/E4 the lease of a dead owner stops nobody else",
		}},
	}
}
