package storagetest

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func claimMutants() []mutant {
	asked := func(tamper func(*storage.Claim)) func(*broken) {
		return func(b *broken) {
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				if err := storage.Limits.CheckClaim(storage.Limits{}, &c); err != nil {
					return nil, err
				}
				tamper(&c)
				return b.model.Claim(ctx, c)
			}
		}
	}
	loaded := func(tamper func(r *recordRow, got *storage.Snapshot)) func(*broken) {
		return func(b *broken) {
			b.load = func(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
				got, err := b.model.Load(ctx, keys)
				for i := range got {
					if r := b.before().Records[got[i].Key]; r != nil {
						tamper(r, &got[i])
					}
				}
				return got, err
			}
		}
	}
	nothing := func(*state, *storage.Lease, *time.Duration) {}
	return []mutant{
		{"a claim hides nothing", claimed(func(s *state, got *storage.Snapshot, now time.Time) {
			r := s.Records[got.Key]
			r.Due, r.LeaseUntil = now, now
		}), []string{
			"2 two guards on each write/a refused change leaves its lease",
			"2 two guards on each write/an order does not end a lease",
			"3 a claim hides what it hands out/a load says who holds it, and until when",
			"3 a claim hides what it hands out/a released record can be claimed when its time has come",
			"3 a claim hides what it hands out/an expired lease hides no longer, whatever was written",
			"3 a claim hides what it hands out/an expired lease is given to the next",
			"3 a claim hides what it hands out/at most the limit",
			"3 a claim hides what it hands out/extending makes it last",
			"3 a claim hides what it hands out/for its time",
			"3 a claim hides what it hands out/only the kinds that are named",
			"3 a claim hides what it hands out/releasing a lost lease changes nothing",
			"3 a claim hides what it hands out/the oldest first, then by kind and id",
			"4 no wake-up is lost/a message during a turn is not lost",
			"lease races/S16 slow work keeps its lease by extending it",
		}},
		{"a claim hides for less than its time", asked(func(c *storage.Claim) { c.TTL = c.TTL * 9 / 10 }), []string{
			"3 a claim hides what it hands out/a load says who holds it, and until when",
			"3 a claim hides what it hands out/extending makes it last",
			"3 a claim hides what it hands out/for its time",
			"3 a claim hides what it hands out/the lease says what was asked for",
			"lease races/S16 slow work keeps its lease by extending it",
		}},
		{"a lease hides by the id alone", func(b *broken) {
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				before := b.before()
				return b.model.claim(ctx, c, func(k storage.Key) bool {
					for _, r := range before.Records {
						if r.Key.ID == k.ID && r.Key.Kind != k.Kind && !r.LeaseUntil.IsZero() {
							return false
						}
					}
					return true
				})
			}
		}, []string{"lease races/E3 an expired lease of another kind hides nothing"}},
		{"a load does not say who holds it", loaded(func(_ *recordRow, got *storage.Snapshot) {
			got.Holder, got.HeldUntil = "", time.Time{}
		}), []string{"3 a claim hides what it hands out/a load says who holds it, and until when"}},
		{"a load says who held it", loaded(func(r *recordRow, got *storage.Snapshot) {
			got.Holder, got.HeldUntil = r.Holder, r.LeaseUntil
		}), []string{"3 a claim hides what it hands out/a load says who holds it, and until when"}},
		{"a load says for how long it was claimed", loaded(func(_ *recordRow, got *storage.Snapshot) {
			if got.Holder != "" {
				got.HeldUntil = got.Now.Add(ttl)
			}
		}), []string{"3 a claim hides what it hands out/a load says who holds it, and until when"}},
		{"a claim says who holds it", claimed(func(_ *state, got *storage.Snapshot, _ time.Time) {
			got.Holder = got.Lease.Owner
		}), []string{"3 a claim hides what it hands out/a load says who holds it, and until when"}},
		{"the next lease has the same token", claimed(func(s *state, got *storage.Snapshot, _ time.Time) {
			if got.Lease.Token > 1 {
				s.Records[got.Key].Token--
				got.Lease.Token--
			}
		}), []string{
			"2 two guards on each write/a lost lease is told before a conflict",
			"2 two guards on each write/an older token writes nothing",
			"3 a claim hides what it hands out/a lost lease is not extended",
			"3 a claim hides what it hands out/an expired lease is given to the next",
			"3 a claim hides what it hands out/releasing a lost lease changes nothing",
			"3 a claim hides what it hands out/the tokens of a record count up by one",
			"lease races/E1 what is refused is not written all the same",
			"lease races/E4 the lease of a dead owner stops nobody else",
			"records/a deletion is guarded by the lease",
		}},
		{"tokens count in twos", claimed(func(s *state, got *storage.Snapshot, _ time.Time) {
			s.Records[got.Key].Token++
			got.Lease.Token++
		}), []string{"3 a claim hides what it hands out/the tokens of a record count up by one"}},
		{"a lease that has expired uses up a token of its own", claimed(func(s *state, got *storage.Snapshot, _ time.Time) {
			if got.Fence == 0 && got.Lease.Token > storage.Token(got.Version) {
				s.Records[got.Key].Token++
				got.Lease.Token++
			}
		}), []string{"3 a claim hides what it hands out/the tokens of a record count up by one"}},
		{"a write uses up two tokens", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil && c.Token > 0 {
				r.Token++
			}
		}), []string{"3 a claim hides what it hands out/the tokens of a record count up by one"}},
		{"a refused write uses up a token", refused(func(s *state, c *storage.Change, err error, _ time.Time) error {
			if r := s.Records[c.Key]; r != nil && c.Token > 0 && c.Token == r.Token {
				r.Token++
			}
			return err
		}), []string{
			"2 two guards on each write/a refused change leaves its lease",
			"3 a claim hides what it hands out/the tokens of a record count up by one",
		}},
		{"a claim is sorted by id", func(b *broken) {
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				got, err := b.model.Claim(ctx, c)
				slices.SortFunc(got, func(a, b storage.Snapshot) int { return strings.Compare(a.Key.ID, b.Key.ID) })
				return got, err
			}
		}, []string{"3 a claim hides what it hands out/the oldest first, then by kind and id"}},
		{"a claim takes any kind", asked(func(c *storage.Claim) { c.Names = []string{"node", other, "third", "0"} }), []string{
			"3 a claim hides what it hands out/only the kinds that are named",
			"lease races/E3 an expired lease of another kind hides nothing",
		}},
		{"a claim knows no limit", asked(func(c *storage.Claim) { c.Limit = 100 }), []string{
			"3 a claim hides what it hands out/a kind that is named twice counts once",
			"3 a claim hides what it hands out/at most the limit",
			"3 a claim hides what it hands out/the oldest first, then by kind and id",
		}},
		{"a claim knows no bound", asked(func(c *storage.Claim) { c.Most = 100 }), []string{
			"3 a claim hides what it hands out/the snapshot is bounded and says so",
		}},
		{"those that wait take the places of those that can go", func(b *broken) {
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				var rows []*recordRow
				for _, r := range b.before().Records {
					if !r.Due.IsZero() {
						rows = append(rows, r)
					}
				}
				slices.SortFunc(rows, func(a, b *recordRow) int {
					return cmp.Or(a.Since.Compare(b.Since), a.Due.Compare(b.Due), a.Key.Compare(b.Key))
				})
				batch := map[storage.Key]bool{}
				for _, r := range rows[:max(0, min(c.Limit, len(rows)))] {
					batch[r.Key] = true
				}
				return b.model.claim(ctx, c, func(k storage.Key) bool { return batch[k] })
			}
		}, []string{
			"lease races/E3 an expired lease of another kind hides nothing",
			"lease races/E8 those that wait do not hold up those that can go",
		}},
		{"a bad claim is no error", func(b *broken) {
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				got, err := b.model.Claim(ctx, c)
				if errors.Is(err, storage.ErrInvalid) {
					err = nil
				}
				return got, err
			}
		}, []string{"8 sizes and names are limited/a bad claim is refused"}},
		{"a claim returns an old record", func(b *broken) {
			old := map[storage.Key]storage.Record{}
			b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
				got, err := b.model.Claim(ctx, c)
				for i := range got {
					if r, ok := old[got[i].Key]; ok {
						got[i].Record = r
					} else {
						old[got[i].Key] = got[i].Record
					}
				}
				return got, err
			}
		}, []string{
			"2 two guards on each write/the fence is the newest token that has written",
			"3 a claim hides what it hands out/a load says who holds it, and until when",
			"3 a claim hides what it hands out/the tokens of a record count up by one",
			"4 no wake-up is lost/a change decides when its record is due",
			"lease races/E2 a valid lease does not vouch for a stale copy",
			"lease races/E4 the lease of a dead owner stops nobody else",
		}},
		{"a lease says nothing of its time", claimed(func(_ *state, got *storage.Snapshot, _ time.Time) { got.Lease.TTL = 0 }), []string{
			"3 a claim hides what it hands out/a load says who holds it, and until when",
			"3 a claim hides what it hands out/an expired lease that nobody took over is extended",
			"3 a claim hides what it hands out/extending makes it last",
			"3 a claim hides what it hands out/the lease says what was asked for",
			"lease races/S16 slow work keeps its lease by extending it",
		}},
		{"a snapshot has no time", claimed(func(_ *state, got *storage.Snapshot, _ time.Time) { got.Now = time.Time{} }), []string{
			"3 a claim hides what it hands out/the lease says what was asked for",
		}},
		{"a snapshot has no tally", claimed(func(_ *state, got *storage.Snapshot, _ time.Time) { got.Tally = nil }), []string{
			"elements/the tally counts them all",
		}},
		{"a snapshot lacks the elements that messages name", claimed(func(s *state, got *storage.Snapshot, now time.Time) {
			got.Elements = slices.DeleteFunc(got.Elements, func(e storage.Element) bool { return !reached(e.Due, now) })
		}), []string{
			"3 a claim hides what it hands out/the snapshot has the elements that matter",
			"8 what a caller gets is its own/what is returned is a copy",
		}},
		{"a snapshot lacks the elements that are due", claimed(func(s *state, got *storage.Snapshot, now time.Time) {
			got.Elements = slices.DeleteFunc(got.Elements, func(e storage.Element) bool { return reached(e.Due, now) })
		}), []string{
			"3 a claim hides what it hands out/the snapshot has the elements that matter",
			"3 a claim hides what it hands out/the snapshot is bounded and says so",
		}},
		{"a snapshot has messages that were consumed", claimed(func(s *state, got *storage.Snapshot, _ time.Time) {
			got.Messages = nil
			for _, m := range s.Messages {
				if m.To == got.Key {
					got.Messages = append(got.Messages, m.Message)
				}
			}
		}), []string{
			"3 a claim hides what it hands out/the snapshot has the open messages",
			"3 a claim hides what it hands out/the snapshot is bounded and says so",
			"5 messages/a slot holds the newest",
			"5 messages/what a turn makes of it is kept",
			"8 what a caller gets is its own/what is returned is a copy",
		}},
		{"a snapshot never says that there is more", claimed(func(_ *state, got *storage.Snapshot, _ time.Time) { got.More = false }), []string{
			"3 a claim hides what it hands out/the snapshot is bounded and says so",
		}},
		{"extending revives a lost lease", extended(func(s *state, l storage.Lease, err error, now time.Time) error {
			if r := s.Records[l.Key]; r != nil && err != nil {
				r.Token, r.LeaseUntil = l.Token, now.Add(l.TTL)
				err = nil
			}
			return err
		}), []string{
			"2 two guards on each write/a change ends its lease",
			"3 a claim hides what it hands out/a lost lease is not extended",
			"3 a claim hides what it hands out/a released lease is no longer good",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"extending does nothing", func(b *broken) {
			b.extend = func(ctx context.Context, leases []storage.Lease) ([]error, error) {
				return make([]error, len(leases)), ctx.Err()
			}
		}, []string{
			"2 two guards on each write/a change ends its lease",
			"3 a claim hides what it hands out/a load says who holds it, and until when",
			"3 a claim hides what it hands out/a lost lease is not extended",
			"3 a claim hides what it hands out/a released lease is no longer good",
			"3 a claim hides what it hands out/an expired lease that nobody took over is extended",
			"3 a claim hides what it hands out/extending makes it last",
			"6 effects/a lost lease settles nothing",
			"6 effects/an effect canceled while it runs is told so",
			"6 effects/an ended lease settles nothing",
			"6 effects/each settlement has its own answer",
			"6 effects/extending makes the lease last",
			"6 effects/one says who has it",
			"lease races/S16 slow work keeps its lease by extending it",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"an expired lease is not extended", func(b *broken) {
			b.extend = func(ctx context.Context, leases []storage.Lease) ([]error, error) {
				before := b.before()
				answers, err := b.model.Extend(ctx, leases)
				for i, l := range leases {
					if r := before.Records[l.Key]; err == nil && r != nil && reached(r.LeaseUntil, b.clock()) {
						answers[i] = storage.ErrLeaseLost
					}
				}
				return answers, err
			}
		}, []string{"3 a claim hides what it hands out/an expired lease that nobody took over is extended"}},
		{"anybody releases a lease", released(func(s *state, l *storage.Lease, _ *time.Duration) {
			if r := s.Records[l.Key]; r != nil && !r.LeaseUntil.IsZero() {
				l.Token = r.Token
			}
		}, func(_, _ *state, _ *storage.Lease, _ time.Time) {}), []string{
			"3 a claim hides what it hands out/releasing a lost lease changes nothing",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"a released lease can still write", released(nothing, func(before, s *state, l *storage.Lease, _ time.Time) {
			if r := before.Records[l.Key]; r != nil && r.Token == l.Token {
				s.Records[l.Key].Token = r.Token
			}
		}), []string{
			"3 a claim hides what it hands out/a released lease is no longer good",
			"3 a claim hides what it hands out/the tokens of a record count up by one",
		}},
		{"a released record is due at once", released(func(_ *state, l *storage.Lease, after *time.Duration) {
			if l.Key.Kind != storage.EffectKind {
				*after = 0
			}
		}, func(_, _ *state, _ *storage.Lease, _ time.Time) {}), []string{
			"3 a claim hides what it hands out/a released lease is no longer good",
			"3 a claim hides what it hands out/a released record can be claimed when its time has come",
			"7 time is the store's/times from now are kept to the microsecond",
		}},
		{"an order makes a lease longer", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if r := before.Records[c.Key]; r != nil && c.Token == 0 && !c.Delete && !r.LeaseUntil.IsZero() {
				s.Records[c.Key].LeaseUntil = r.LeaseUntil.AddDate(1, 0, 0)
			}
		}), []string{
			"3 a claim hides what it hands out/a load says who holds it, and until when",
			"3 a claim hides what it hands out/an expired lease hides no longer, whatever was written",
			"lease races/E4 the lease of a dead owner stops nobody else",
		}},
	}
}
