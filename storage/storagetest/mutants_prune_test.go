package storagetest

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/storage"
)

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
		{"a time to keep that reaches back too far is none", pruning(func(r *storage.Retention, _ *int) {
			for _, d := range []*time.Duration{&r.Messages, &r.Effects, &r.Dead, &r.Lines} {
				if *d > 100*365*24*time.Hour {
					*d = 1
				}
			}
		}), []string{"9 what has ended is pruned/what reaches back to before 1970 keeps everything"}},
		{"a time to keep does not reach beyond 1970", func(b *broken) {
			b.prune = func(ctx context.Context, r storage.Retention, limit int) (int, error) {
				if now := b.clock(); uint64(now.Add(-r.Lines).UnixMicro()) > uint64(now.UnixMicro()) { // it wraps
					r.Lines = 1
				}
				return b.model.Prune(ctx, r, limit)
			}
		}, []string{"9 what has ended is pruned/what reaches back to before 1970 keeps everything"}},
	}
}
