package scantest

import (
	"context"
	"errors"
	"iter"
	"slices"

	"github.com/reeve-go/reeve/scan"
)

func (q *brokenQueue) Withdraw(ctx context.Context, keys ...string) error {
	return q.withdraw(ctx, keys)
}

func (q *brokenQueue) Waiting(ctx context.Context) iter.Seq2[string, error] { return q.waiting(ctx) }

func withdrawMutants() []queueMutant {
	const law = "what is withdrawn is gone, whoever has it"
	withdraws := func(broken func(q *brokenQueue, right func(keys ...string) error, keys []string) error) func(*brokenQueue) {
		return func(q *brokenQueue) {
			withdraw := q.withdraw
			q.withdraw = func(ctx context.Context, keys []string) error {
				return broken(q, func(keys ...string) error { return withdraw(ctx, keys) }, keys)
			}
		}
	}
	return []queueMutant{
		{"withdrawing does nothing", law, withdraws(func(*brokenQueue, func(...string) error, []string) error { return nil })},
		{"withdrawing takes the first one alone", law, withdraws(func(_ *brokenQueue, right func(...string) error, keys []string) error {
			return right(keys[:min(1, len(keys))]...)
		})},
		{"withdrawing leaves what somebody has", law, withdraws(func(q *brokenQueue, right func(...string) error, keys []string) error {
			for key, err := range q.waiting(context.Background()) {
				if err == nil && slices.Contains(keys, key) {
					err = right(key)
				}
				if err != nil {
					return err
				}
			}
			return nil
		})},
		{"withdrawing what is not there is an error", law, withdraws(func(q *brokenQueue, right func(...string) error, keys []string) error {
			if slices.Contains(keys, "nothing") {
				return errors.New("there is no such message")
			}
			return right(keys...)
		})},
		{"withdrawing nothing takes all", law, withdraws(func(q *brokenQueue, right func(...string) error, keys []string) error {
			if len(keys) == 0 {
				keys = []string{"held", "free", "other"}
			}
			return right(keys...)
		})},
		{"withdrawing takes the dead", law, withdraws(func(q *brokenQueue, right func(...string) error, keys []string) error {
			_, err := q.redrive(context.Background(), keys)
			return errors.Join(err, right(keys...))
		})},
	}
}

func listMessagesMutants() []queueMutant {
	const law = "what waits is listed"
	adds := func(more func(q *brokenQueue) []string) func(*brokenQueue) {
		return func(q *brokenQueue) {
			right := q.waiting
			q.waiting = func(ctx context.Context) iter.Seq2[string, error] {
				return func(yield func(string, error) bool) {
					for _, key := range more(q) {
						if !yield(key, nil) {
							return
						}
					}
					for key, err := range right(ctx) {
						if !yield(key, err) {
							return
						}
					}
				}
			}
		}
	}
	return []queueMutant{
		{"nothing is listed", law, func(q *brokenQueue) {
			q.waiting = func(context.Context) iter.Seq2[string, error] { return func(func(string, error) bool) {} }
		}},
		{"the dead are listed", law, adds(func(q *brokenQueue) (keys []string) {
			for m, err := range q.dead(context.Background()) {
				if err == nil {
					keys = append(keys, m.Key)
				}
			}
			return keys
		})},
		{"what was sent is listed for ever", law, func(q *brokenQueue) {
			var sent []string
			q.sends(func(m *scan.Message) { sent = append(sent, m.Key) })
			adds(func(*brokenQueue) []string { return sent })(q)
		}},
		{"a listing of messages cannot be left", law, func(q *brokenQueue) {
			right := q.waiting
			q.waiting = func(ctx context.Context) iter.Seq2[string, error] {
				return func(yield func(string, error) bool) {
					for key, err := range right(ctx) {
						yield(key, err)
					}
				}
			}
		}},
	}
}
