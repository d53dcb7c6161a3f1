package storagetest

import (
	"context"
	"errors"
	"time"

	"github.com/reeve-go/reeve/storage"
)

func wakeUpMutants() []mutant {
	// asleep lets a record be due when it was before.
	asleep := func(before, s *state, k storage.Key) {
		if r, was := s.Records[k], before.Records[k]; r != nil && was != nil {
			r.Due = was.Due
		}
	}
	return []mutant{
		{"delivering wakes nobody", delivered(func(before, s *state, m *storage.Message, answer error, _ time.Time) error {
			asleep(before, s, m.To)
			return answer
		}), []string{"4 no wake-up is lost/delivering wakes"}},
		{"sending wakes nobody", applied(func(before, s *state, c *storage.Change, _ time.Time) {
			for _, m := range c.Send {
				if m.To != c.Key {
					asleep(before, s, m.To)
				}
			}
		}), []string{"4 no wake-up is lost/sending wakes"}},
		{"an outcome wakes nobody", settled(func(before, s *state, st *storage.Settlement, answer error, _ time.Time) error {
			if e := before.effect(st.Lease.Key.ID); e != nil {
				asleep(before, s, e.From)
			}
			return answer
		}), []string{"4 no wake-up is lost/an outcome wakes"}},
		{"a redriven message wakes nobody", func(b *broken) {
			b.redrive = func(ctx context.Context, seqs []uint64) ([]error, error) {
				before := b.before()
				answers, err := b.model.RedriveMessages(ctx, seqs)
				b.tamper(func(s *state, _ time.Time) {
					for k := range s.Records {
						asleep(before, s, k)
					}
				})
				return answers, err
			}
		}, []string{"5 messages/a dead one is opened again"}},
		{"messages end the wait", delivered(func(_, s *state, m *storage.Message, answer error, now time.Time) error {
			if r := s.Records[m.To]; answer == nil && r != nil && r.NotBefore.After(now) && !r.Due.IsZero() {
				r.Due = now
			}
			return answer
		}), []string{"4 no wake-up is lost/only NotBefore holds a turn up"}},
		{"extending ends the wait", extended(func(s *state, l storage.Lease, err error, _ time.Time) error {
			if r := s.Records[l.Key]; err == nil && r != nil {
				r.Due = r.LeaseUntil
			}
			return err
		}), []string{"4 no wake-up is lost/only NotBefore holds a turn up"}},
		{"applying forgets what is open", applied(func(_, s *state, c *storage.Change, now time.Time) {
			if r := s.Records[c.Key]; r != nil && reached(r.Due, now) {
				r.Due = storage.Time(c.Record.Due)
			}
		}), []string{
			"3 a claim hides what it hands out/an expired lease hides no longer, whatever was written",
			"3 a claim hides what it hands out/only what is due",
			"3 a claim hides what it hands out/the snapshot is bounded and says so",
			"4 no wake-up is lost/a message during a turn is not lost",
			"4 no wake-up is lost/applying leaves a record with an open message due",
			"4 no wake-up is lost/paused records sleep until they are resumed",
			"4 no wake-up is lost/sending wakes",
			"5 messages/what a turn makes of it is kept",
		}},
		{"releasing forgets what is open", func(b *broken) {
			b.release = func(ctx context.Context, leases []storage.Lease, after time.Duration) error {
				err := b.model.Release(ctx, leases, after)
				b.tamper(func(s *state, now time.Time) {
					for _, l := range leases {
						if r := s.Records[l.Key]; r != nil && reached(r.Due, now) {
							r.Due = now.Add(after)
						}
					}
				})
				return err
			}
		}, []string{
			"2 two guards on each write/a change ends its lease",
			"4 no wake-up is lost/releasing leaves a record with an open message due",
		}},
		{"a duplicate wakes", delivered(func(_, s *state, m *storage.Message, answer error, now time.Time) error {
			if errors.Is(answer, storage.ErrDuplicate) {
				s.Records[m.To].Due = now
			}
			return answer
		}), []string{"4 no wake-up is lost/a message that is not new wakes nobody"}},
		{"paused records are due", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			if r := s.Records[c.Key]; r != nil && c.Record.Status != storage.OK {
				r.Due = storage.Time(c.Record.Due)
			}
		}), []string{"3 a claim hides what it hands out/only what is due"}},
		{"final records are woken", delivered(func(_, s *state, m *storage.Message, answer error, now time.Time) error {
			if r := s.Records[m.To]; r != nil && r.Final {
				r.Due = now
			}
			return answer
		}), []string{"4 no wake-up is lost/final records sleep for ever"}},
		{"messages to paused records are stale", delivered(func(_, s *state, m *storage.Message, answer error, _ time.Time) error {
			if r := s.Records[m.To]; r != nil && r.Status != storage.OK {
				for _, open := range s.open(m.To) {
					open.Status = storage.MessageStale
				}
			}
			return answer
		}), []string{"4 no wake-up is lost/paused records sleep until they are resumed"}},
		{"elements count only if they are touched", applied(func(_, s *state, c *storage.Change, now time.Time) {
			r := s.Records[c.Key]
			if r == nil || len(s.open(c.Key)) > 0 {
				return
			}
			r.Due = storage.Time(c.Record.Due)
			for _, e := range c.Elements {
				if due := storage.Time(e.Due); !due.IsZero() && (r.Due.IsZero() || due.Before(r.Due)) {
					r.Due = due
				}
			}
			r.rest()
		}), []string{"4 no wake-up is lost/elements that a change does not touch count"}},
		{"the latest decides instead of the earliest", applied(func(_, s *state, c *storage.Change, _ time.Time) {
			r := s.Records[c.Key]
			if r == nil || len(s.open(c.Key)) > 0 {
				return
			}
			for _, e := range r.Elements {
				if e.Due.After(r.Due) {
					r.Due = e.Due
				}
			}
			r.rest()
		}), []string{"4 no wake-up is lost/elements that a change does not touch count"}},
		{"releasing wakes a paused record", func(b *broken) {
			b.release = func(ctx context.Context, leases []storage.Lease, after time.Duration) error {
				err := b.model.Release(ctx, leases, after)
				b.tamper(func(s *state, now time.Time) {
					for _, l := range leases {
						if r := s.Records[l.Key]; r != nil && r.Status != storage.OK {
							r.Due = now.Add(after)
						}
					}
				})
				return err
			}
		}, []string{"4 no wake-up is lost/releasing a paused record does not wake it"}},
	}
}
