package storagetest

import (
	"context"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A broken store is a model of which some methods are replaced.
type broken struct {
	*model
	load    func(context.Context, []storage.Key) ([]storage.Snapshot, error)
	apply   func(context.Context, []storage.Change) ([]error, error)
	claims  func(context.Context, storage.Claim) ([]storage.Snapshot, error)
	takes   func(context.Context, storage.Claim) ([]storage.Taken, error)
	extend  func(context.Context, []storage.Lease) ([]error, error)
	release func(context.Context, []storage.Lease, time.Duration) error
	deliver func(context.Context, []storage.Message) ([]error, error)
	settle  func(context.Context, []storage.Settlement) ([]error, error)
	redrive func(context.Context, []uint64) ([]error, error)
	again   func(context.Context, []string, time.Duration) ([]error, error)
	prune   func(context.Context, storage.Retention, int) (int, error)
	count   func(context.Context, string) (map[string]int, error)
	list    func(context.Context, storage.Query) ([]storage.Record, error)
	effects func(context.Context, storage.EffectQuery) ([]storage.Effect, error)

	elements func(context.Context, storage.Key, storage.ElementQuery) ([]storage.Element, error)
	history  func(context.Context, storage.Key, uint64) ([]storage.Line, error)
}

// clock returns the time, and the state to tamper with.
func (b *broken) clock() time.Time { return storage.Time(b.now()) }

// tamper calls do with the state, under the lock.
func (b *broken) tamper(do func(s *state, now time.Time)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	do(b.state, b.clock())
}

// before returns a copy of the state.
func (b *broken) before() (s *state) {
	b.tamper(func(now *state, _ time.Time) { s = now.clone() })
	return s
}

// Each of these makes a mutant from what it does before or after a method.

func changes(tamper func(s *state, c *storage.Change)) func(*broken) {
	return func(b *broken) {
		b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
			changes = slices.Clone(changes)
			for i := range changes {
				if b.limits.CheckChange(&changes[i]) == nil {
					b.tamper(func(s *state, _ time.Time) { tamper(s, &changes[i]) })
				}
			}
			return b.model.Apply(ctx, changes)
		}
	}
}

func applied(tamper func(before, s *state, c *storage.Change, now time.Time)) func(*broken) {
	return func(b *broken) {
		b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
			before := b.before()
			answers, err := b.model.Apply(ctx, changes)
			for i, answer := range answers {
				if answer == nil {
					b.tamper(func(s *state, now time.Time) { tamper(before, s, &changes[i], now) })
				}
			}
			return answers, err
		}
	}
}

func refused(answer func(s *state, c *storage.Change, err error, now time.Time) error) func(*broken) {
	return func(b *broken) {
		b.apply = func(ctx context.Context, changes []storage.Change) ([]error, error) {
			answers, err := b.model.Apply(ctx, changes)
			for i := range answers {
				if answers[i] != nil {
					b.tamper(func(s *state, now time.Time) { answers[i] = answer(s, &changes[i], answers[i], now) })
				}
			}
			return answers, err
		}
	}
}

func claimed(tamper func(s *state, got *storage.Snapshot, now time.Time)) func(*broken) {
	return func(b *broken) {
		b.claims = func(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
			got, err := b.model.Claim(ctx, c)
			for i := range got {
				b.tamper(func(s *state, now time.Time) { tamper(s, &got[i], now) })
			}
			return got, err
		}
	}
}

func delivered(tamper func(before, s *state, m *storage.Message, answer error, now time.Time) error) func(*broken) {
	return func(b *broken) {
		b.deliver = func(ctx context.Context, messages []storage.Message) ([]error, error) {
			before := b.before()
			answers, err := b.model.Deliver(ctx, messages)
			for i := range answers {
				b.tamper(func(s *state, now time.Time) { answers[i] = tamper(before, s, &messages[i], answers[i], now) })
			}
			return answers, err
		}
	}
}

func settled(tamper func(before, s *state, st *storage.Settlement, answer error, now time.Time) error) func(*broken) {
	return func(b *broken) {
		b.settle = func(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
			before := b.before()
			answers, err := b.model.Settle(ctx, settlements)
			for i := range answers {
				b.tamper(func(s *state, now time.Time) {
					answers[i] = tamper(before, s, &settlements[i], answers[i], now)
				})
			}
			return answers, err
		}
	}
}

func released(
	tamper func(s *state, l *storage.Lease, after *time.Duration), then func(before, s *state, l *storage.Lease, now time.Time),
) func(*broken) {
	return func(b *broken) {
		b.release = func(ctx context.Context, leases []storage.Lease, after time.Duration) error {
			before := b.before()
			leases = slices.Clone(leases)
			for i := range leases {
				b.tamper(func(s *state, _ time.Time) { tamper(s, &leases[i], &after) })
			}
			err := b.model.Release(ctx, leases, after)
			for i := range leases {
				b.tamper(func(s *state, now time.Time) { then(before, s, &leases[i], now) })
			}
			return err
		}
	}
}

func extended(answer func(s *state, l storage.Lease, err error, now time.Time) error) func(*broken) {
	return func(b *broken) {
		b.extend = func(ctx context.Context, leases []storage.Lease) ([]error, error) {
			answers, err := b.model.Extend(ctx, leases)
			for i := range answers {
				b.tamper(func(s *state, now time.Time) { answers[i] = answer(s, leases[i], answers[i], now) })
			}
			return answers, err
		}
	}
}

func newBroken(m *model) *broken {
	return &broken{
		model: m, load: m.Load, apply: m.Apply, claims: m.Claim, takes: m.Take, extend: m.Extend, release: m.Release, deliver: m.Deliver,
		settle: m.Settle, redrive: m.RedriveMessages, again: m.RedriveEffects, prune: m.Prune, count: m.Count,
		list: func(ctx context.Context, q storage.Query) ([]storage.Record, error) { return all(m.List(ctx, q)) },
		effects: func(ctx context.Context, q storage.EffectQuery) ([]storage.Effect, error) {
			return all(m.Effects(ctx, q))
		},
		elements: func(ctx context.Context, k storage.Key, q storage.ElementQuery) ([]storage.Element, error) {
			return all(m.Elements(ctx, k, q))
		},
		history: func(ctx context.Context, k storage.Key, after uint64) ([]storage.Line, error) {
			return all(m.History(ctx, k, after))
		},
	}
}

// all returns what a sequence yields before its error.
func all[T any](seq iter.Seq2[T, error]) (out []T, err error) {
	for v, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

// each yields what was found before an error, and the error.
func each[T any](find func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		found, err := find()
		for _, v := range found {
			if !yield(v, nil) {
				return
			}
		}
		if err != nil {
			var none T
			yield(none, err)
		}
	}
}

func (b *broken) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	return b.load(ctx, keys)
}

func (b *broken) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	return b.apply(ctx, changes)
}

func (b *broken) Claim(ctx context.Context, c storage.Claim) ([]storage.Snapshot, error) {
	return b.claims(ctx, c)
}

func (b *broken) Take(ctx context.Context, c storage.Claim) ([]storage.Taken, error) {
	return b.takes(ctx, c)
}

func (b *broken) Extend(ctx context.Context, leases []storage.Lease) ([]error, error) {
	return b.extend(ctx, leases)
}

func (b *broken) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	return b.release(ctx, leases, after)
}

func (b *broken) Deliver(ctx context.Context, messages []storage.Message) ([]error, error) {
	return b.deliver(ctx, messages)
}

func (b *broken) Settle(ctx context.Context, settlements []storage.Settlement) ([]error, error) {
	return b.settle(ctx, settlements)
}

func (b *broken) RedriveMessages(ctx context.Context, seqs []uint64) ([]error, error) {
	return b.redrive(ctx, seqs)
}

func (b *broken) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) ([]error, error) {
	return b.again(ctx, ids, deadline)
}

func (b *broken) Prune(ctx context.Context, r storage.Retention, limit int) (int, error) {
	return b.prune(ctx, r, limit)
}

func (b *broken) Count(ctx context.Context, kind string) (map[string]int, error) {
	return b.count(ctx, kind)
}

func (b *broken) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	return each(func() ([]storage.Record, error) { return b.list(ctx, q) })
}

func (b *broken) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	return each(func() ([]storage.Effect, error) { return b.effects(ctx, q) })
}

func (b *broken) Elements(ctx context.Context, k storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return each(func() ([]storage.Element, error) { return b.elements(ctx, k, q) })
}

func (b *broken) History(ctx context.Context, k storage.Key, after uint64) iter.Seq2[storage.Line, error] {
	return each(func() ([]storage.Line, error) { return b.history(ctx, k, after) })
}
