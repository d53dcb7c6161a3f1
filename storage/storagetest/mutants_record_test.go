package storagetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func recordMutants() []mutant {
	return []mutant{
		{"a field is lost", changes(func(_ *state, c *storage.Change) { c.Record.Until = time.Time{} }), []string{
			"records/every field comes back",
		}},
		{"a field is kept", changes(func(s *state, c *storage.Change) {
			if r := s.Records[c.Key]; r != nil && c.Record.Reason == "" {
				c.Record.Reason = r.Reason
			}
		}), []string{"records/every field comes back"}},
		{"times are kept to the nanosecond", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil && !r.Due.IsZero() && r.Due.Equal(storage.Time(c.Record.Due)) {
				r.Due = c.Record.Due
			}
			for _, e := range c.Elements {
				if r := s.Records[c.Key]; r != nil && !slices.Contains(c.Gone, e.Name) {
					r.Elements[e.Name] = copyElement(e)
				}
			}
		}), []string{
			"7 time is the store's/times are kept to the microsecond",
			"elements/every field comes back",
		}},
		{"a zero Since stays zero", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil && c.Record.Since.IsZero() {
				r.Since = time.Time{}
			}
		}), []string{
			"records/a zero Since is now",
			"records/every field comes back",
		}},
		{"creating overwrites", changes(func(s *state, c *storage.Change) {
			if r := s.Records[c.Key]; r != nil && c.Version == 0 {
				c.Version = r.Version
			}
		}), []string{
			"1 a change is atomic/each change has its own answer",
			"records/what exists cannot be created",
		}},
		{"changing creates", changes(func(s *state, c *storage.Change) {
			if s.Records[c.Key] == nil && !c.Delete {
				c.Version = 0
			}
		}), []string{
			"1 a change is atomic/a failing change takes no other with it",
			"records/what does not exist cannot be changed",
		}},
		{"deleting forgets the history", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if c.Delete {
				delete(s.Lines, c.Key)
			}
		}), []string{
			"9 what has ended is pruned/lines, but not the newest of a record",
			"records/a deleted record leaves its history",
			"records/a deletion leaves the lines that it gives",
			"records/a record created again goes on at its version",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"deleting leaves no line", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if c.Delete {
				s.Lines[c.Key] = before.Lines[c.Key]
			}
		}), []string{
			"9 what has ended is pruned/lines, but not the newest of a record",
			"records/a deleted record leaves its history",
			"records/a deletion leaves the lines that it gives",
			"records/a record created again goes on at its version",
			"records/no lease on a deleted record is good for one created again",
		}},
		{"deleting always says so", changes(func(_ *state, c *storage.Change) {
			if c.Delete {
				c.Lines = nil
			}
		}), []string{"records/a deletion leaves the lines that it gives"}},
		{"deleting leaves messages", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if c.Delete {
				s.Messages = before.Messages
			}
		}), []string{"records/a deleted record leaves its history"}},
		{"deleting leaves effects", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if c.Delete {
				s.Effects = before.Effects
			}
		}), []string{
			"6 effects/each settlement has its own answer",
			"records/a deleted record leaves its history",
		}},
		{"deleting is not guarded", changes(func(s *state, c *storage.Change) {
			if r := s.Records[c.Key]; r != nil && c.Delete && c.Version > 0 {
				c.Version = r.Version
			}
		}), []string{"records/a deletion is guarded by the version"}},
		{"a record created again begins at one", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			for k, r := range s.Records {
				if before.Records[k] == nil {
					r.Version = 1
				}
			}
		}), []string{"records/a record created again goes on at its version"}},
		{"the tokens of a record created again begin again", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			for k, r := range s.Records {
				if before.Records[k] == nil {
					r.Token = min(r.Token, c.Token+1)
				}
			}
		}), []string{"records/no lease on a deleted record is good for one created again"}},
		{"a deletion does not look at tokens", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if c.Delete {
				lines := slices.Clone(s.Lines[c.Key])
				lines[len(lines)-1].Version = before.Records[c.Key].Version + 1
				s.Lines[c.Key] = lines
			}
		}), []string{"records/no lease on a deleted record is good for one created again"}},
		{"a deletion does not look at its own token", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			if r := before.Records[c.Key]; c.Delete && c.Token > r.Token {
				lines := slices.Clone(s.Lines[c.Key])
				lines[len(lines)-1].Version = max(r.Version, uint64(r.Token)) + 1
				s.Lines[c.Key] = lines
			}
		}), []string{"records/no lease on a deleted record is good for one created again"}},
		{"creating under an old token takes it up", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if c.Version == 0 && c.Token > 0 {
				s.Records[c.Key].Token = c.Token + 1
			}
		}), []string{"records/no lease on a deleted record is good for one created again"}},
		{"a lease on what is gone is good for what is there", extended(func(s *state, l storage.Lease, err error, _ time.Time) error {
			if r := s.Records[l.Key]; err != nil && r != nil && !r.LeaseUntil.IsZero() && l.Token+40 < r.Token {
				return nil
			}
			return err
		}), []string{"records/no lease on a deleted record is good for one created again"}},
		{"what is given is not copied", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil {
				r.Data = c.Record.Data
			}
		}), []string{"8 what a caller gets is its own/what is given is copied"}},
		{"a message that is given is not copied", delivered(func(_, s *state, m *storage.Message, answer error, _ time.Time) error {
			for _, stored := range s.Messages {
				if answer == nil && stored.To == m.To && stored.ID == m.ID {
					stored.Body = m.Body
				}
			}
			return answer
		}), []string{"8 what a caller gets is its own/what is given is copied"}},
		{"what is claimed is not copied", claimed(func(s *state, got *storage.Snapshot, _ time.Time) {
			got.Data = s.Records[got.Key].Data
		}), []string{"8 what a caller gets is its own/what is returned is a copy"}},
		{"an effect that is taken is not copied", func(b *broken) {
			b.takes = func(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
				got, err := b.model.Take(ctx, c)
				b.tamper(func(s *state, _ time.Time) {
					for i := range got {
						got[i].Body = s.effect(got[i].ID).Body
					}
				})
				return got, err
			}
		}, []string{"8 what a caller gets is its own/what is returned is a copy"}},
		{"nothing is too large", func(b *broken) {
			const all = 1 << 40
			b.limits = storage.Limits{Data: all, Message: all, Effect: all, Inputs: all}
		}, []string{
			"8 sizes and names are limited/a message is checked before its record is looked for",
			"8 sizes and names are limited/a settlement is checked before its effect is looked for",
			"8 sizes and names are limited/what is too large is refused",
		}},
		{"everything is too large by one", func(b *broken) {
			b.limits = storage.Limits{Data: storage.DefaultLimit - 1, Message: storage.DefaultLimit - 1}
		}, []string{"8 sizes and names are limited/what just fits is accepted"}},
		{"the tally drifts", func(b *broken) {
			most := map[storage.Tally]int{}
			b.load = func(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
				got, err := b.model.Load(ctx, keys)
				for i := range got {
					for j := range got[i].Tally {
						t := &got[i].Tally[j]
						k := storage.Tally{Group: t.Group, State: got[i].Key.String() + t.State}
						most[k] = max(most[k], t.N)
						t.N = most[k]
					}
				}
				return got, err
			}
		}, []string{"elements/the tally follows changes"}},
		{"load leaves out what is absent", func(b *broken) {
			b.load = func(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
				got, err := b.model.Load(ctx, keys)
				if len(keys) > 1 {
					got = slices.DeleteFunc(got, func(s storage.Snapshot) bool { return s.Version == 0 })
				}
				return got, err
			}
		}, []string{"records/load answers each key where it stood"}},
		{"a list skips at the edges of its pages", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				got, err := whole(ctx, q)
				for i := 500; i < len(got); i += 500 {
					got = slices.Delete(got, i, i+1)
				}
				return got, err
			}
		}, []string{"9 lists are bounded/a long list is complete"}},
		{"a list begins with the id to go on from", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				if q.After != "" {
					q.After = q.After[:len(q.After)-1]
				}
				return whole(ctx, q)
			}
		}, []string{
			"9 lists are bounded/records are found by state, status and group",
			"records/keys compare bytewise",
		}},
		{"a list knows no limit", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				q.Limit = 0
				return whole(ctx, q)
			}
		}, []string{
			"9 lists are bounded/a long list is complete",
			"9 lists are bounded/records are found by state, status and group",
		}},
		{"a list ignores case", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				got, err := whole(ctx, q)
				slices.SortStableFunc(got, func(a, b storage.Record) int {
					return strings.Compare(strings.ToLower(a.Key.ID), strings.ToLower(b.Key.ID))
				})
				return got, err
			}
		}, []string{"records/keys compare bytewise"}},
		{"a list hides its error", func(b *broken) {
			whole := b.list
			b.list = func(ctx context.Context, q storage.Query) ([]storage.Record, error) {
				got, err := whole(ctx, q)
				if errors.Is(err, context.Canceled) {
					err = nil
				}
				return got, err
			}
		}, []string{"9 lists are bounded/a list ends with the error of its context"}},
		{"count drifts", func(b *broken) {
			seen := map[storage.Key]int{}
			b.count = func(ctx context.Context, kind string) (map[string]int, error) {
				got, err := b.model.Count(ctx, kind)
				for state, n := range got {
					seen[storage.Key{Kind: kind, ID: state}] = n
				}
				for k, n := range seen {
					if err == nil && k.Kind == kind {
						got[k.ID] = n
					}
				}
				return got, err
			}
		}, []string{"9 lists are bounded/count follows changes"}},
		{"count does not count final records", func(b *broken) {
			b.count = func(ctx context.Context, kind string) (map[string]int, error) {
				got, err := b.model.Count(ctx, kind)
				for _, r := range b.before().Records {
					if r.Key.Kind == kind && r.Final && got != nil {
						got[r.State]--
					}
				}
				return got, err
			}
		}, []string{"9 lists are bounded/count counts every record"}},
	}
}

func pruneMutants() []mutant {
	pruning := func(tamper func(r *storage.Retention, limit *int)) func(*broken) {
		return func(b *broken) {
			b.prune = func(ctx context.Context, r storage.Retention, limit int) (int, error) {
				tamper(&r, &limit)
				return b.model.Prune(ctx, r, limit)
			}
		}
	}
	return []mutant{
		{"pruning takes open messages", func(b *broken) {
			b.prune = func(ctx context.Context, r storage.Retention, limit int) (int, error) {
				b.tamper(func(s *state, _ time.Time) {
					for _, m := range s.Messages {
						if m.Status == storage.MessageOpen {
							m.Ended = m.At
						}
					}
				})
				return b.model.Prune(ctx, r, limit)
			}
		}, []string{
			"9 what has ended is pruned/messages, by when they ended",
			"9 what has ended is pruned/nothing that has not ended",
		}},
		{"pruning goes by when a message came", func(b *broken) {
			b.prune = func(ctx context.Context, r storage.Retention, limit int) (int, error) {
				b.tamper(func(s *state, _ time.Time) {
					for _, m := range s.Messages {
						if m.Status != storage.MessageOpen {
							m.Ended = m.At
						}
					}
				})
				return b.model.Prune(ctx, r, limit)
			}
		}, []string{"9 what has ended is pruned/messages, by when they ended"}},
		{"pruning takes the newest line", func(b *broken) {
			b.prune = func(ctx context.Context, r storage.Retention, limit int) (int, error) {
				n, err := b.model.Prune(ctx, r, limit)
				b.tamper(func(s *state, now time.Time) {
					for k, lines := range s.Lines {
						if r.Lines > 0 && len(lines) == 1 && lines[0].At.Before(now.Add(-r.Lines)) {
							delete(s.Lines, k)
							n++
						}
					}
				})
				return n, err
			}
		}, []string{"9 what has ended is pruned/lines, but not the newest of a record"}},
		{"pruning is early", pruning(func(r *storage.Retention, _ *int) {
			r.Messages = max(0, r.Messages-time.Microsecond)
		}), []string{"9 what has ended is pruned/not before its time"}},
		{"the dead are pruned with the others", pruning(func(r *storage.Retention, _ *int) { r.Dead = max(r.Messages, r.Effects) }), []string{
			"9 what has ended is pruned/what is dead has a time of its own",
		}},
		{"pruning knows no limit", pruning(func(_ *storage.Retention, limit *int) { *limit = 1000 }), []string{
			"9 what has ended is pruned/no more than the limit at a time",
		}},
		{"zero keeps nothing", pruning(func(r *storage.Retention, _ *int) {
			for _, d := range []*time.Duration{&r.Messages, &r.Effects, &r.Dead, &r.Lines} {
				*d = max(*d, 1)
			}
		}), []string{"9 what has ended is pruned/zero keeps for ever"}},
		{"pruning counts nothing", func(b *broken) {
			b.prune = func(ctx context.Context, r storage.Retention, limit int) (int, error) {
				_, err := b.model.Prune(ctx, r, limit)
				return 0, err
			}
		}, []string{
			"9 what has ended is pruned/effects, by when they ended",
			"9 what has ended is pruned/lines, but not the newest of a record",
			"9 what has ended is pruned/messages, by when they ended",
			"9 what has ended is pruned/no more than the limit at a time",
			"9 what has ended is pruned/not before its time",
			"9 what has ended is pruned/their ids are forgotten with them",
			"9 what has ended is pruned/what is dead has a time of its own",
		}},
		{"ids outlive their effects", func(b *broken) {
			b.prune = func(ctx context.Context, r storage.Retention, limit int) (int, error) {
				before := b.before()
				n, err := b.model.Prune(ctx, r, limit)
				b.tamper(func(s *state, _ time.Time) {
					if r.Effects > 0 && r.Messages > 0 && r.Lines == 0 {
						s.Effects = before.Effects
					}
				})
				return n, err
			}
		}, []string{"9 what has ended is pruned/their ids are forgotten with them"}},
	}
}
