package storagetest

import (
	"context"
	"slices"
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
		{"a time of redriving is kept to the nanosecond", func(b *broken) {
			b.again = func(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
				answers, err := b.model.RedriveEffects(ctx, ids, deadline)
				b.tamper(func(s *state, now time.Time) {
					for i, answer := range answers {
						if answer == nil && deadline > 0 {
							s.effect(ids[i]).Deadline = now.Add(deadline)
						}
					}
				})
				return answers, err
			}
		}, []string{"7 time is the store's/times from now are kept to the microsecond"}},
		{"a next try is rounded up", settled(func(_, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			if e := s.effect(st.Lease.Key.ID); answer == nil && st.Retry%time.Microsecond > 0 {
				e.Due = e.Due.Add(time.Microsecond)
			}
			return answer
		}), []string{"7 time is the store's/times from now are kept to the microsecond"}},
		{"a time of releasing is kept to the nanosecond", func(b *broken) {
			b.release = func(ctx context.Context, leases []storage.Lease, after time.Duration) error {
				err := b.model.Release(ctx, leases, after)
				b.tamper(func(s *state, _ time.Time) {
					for _, l := range leases {
						if r := s.Records[l.Key]; r != nil && !r.Due.IsZero() {
							r.Due = r.Due.Add(after % time.Microsecond)
						}
					}
				})
				return err
			}
		}, []string{"7 time is the store's/times from now are kept to the microsecond"}},
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
		}), []string{
			"3 a claim hides what it hands out/the tokens of a record count up by one",
			"records/a record created again goes on at its version",
		}},
		{"the tokens of a record created again begin again", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			for k, r := range s.Records {
				if before.Records[k] == nil {
					r.Token = min(r.Token, c.Token+1)
				}
			}
		}), []string{
			"3 a claim hides what it hands out/the tokens of a record count up by one",
			"records/no lease on a deleted record is good for one created again",
		}},
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
		{"what is loaded twice is one copy", func(b *broken) {
			b.load = func(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
				got, err := b.model.Load(ctx, keys)
				for i := range got {
					got[i].Data = got[slices.Index(keys, keys[i])].Data
				}
				return got, err
			}
		}, []string{"8 what a caller gets is its own/what is returned twice is two copies"}},
		{"what is loaded twice has one tally", func(b *broken) {
			b.load = func(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
				got, err := b.model.Load(ctx, keys)
				for i := range got {
					got[i].Tally = got[slices.Index(keys, keys[i])].Tally
				}
				return got, err
			}
		}, []string{"8 what a caller gets is its own/what is returned twice is two copies"}},
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
	}
}
