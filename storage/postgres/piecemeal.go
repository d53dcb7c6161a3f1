package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/storage"
)

// waitForLock is how long what goes together waits for a record that a transaction of somebody else keeps
// locked. What is alone waits until its context ends, or the server's own lock_timeout.
const waitForLock = "250ms"

// piecemeal answers questions together. Where one of them is about something that another's transaction keeps
// locked, it goes on with the halves, so that in the end only that one is refused, with
// [storage.ErrLocked], and the others do not suffer.
func piecemeal[Q any](ctx context.Context, questions []Q, about func(Q) storage.Key, do func(context.Context, []Q) ([]error, error)) ([]error, error) {
	answers, err := do(ctx, questions)
	if !isLocked(err) {
		return answers, err
	}
	if n := len(questions); n > 1 {
		first, err := piecemeal(ctx, questions[:n/2], about, do)
		if err != nil {
			return nil, err
		}
		second, err := piecemeal(ctx, questions[n/2:], about, do)
		if err != nil { // the first are done, and the answers must say so
			second = make([]error, n-n/2)
			for i := range second {
				second[i] = err
			}
		}
		return append(first, second...), nil
	}
	return []error{storage.Errorf(storage.ErrLocked, about(questions[0]), "another transaction keeps its row locked")}, nil
}

// isLocked reports whether a lock was not had in time.
func isLocked(err error) bool {
	const lockNotAvailable = "55P03"
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == lockNotAvailable
}

// impatiently returns do so that it does not wait long for locks.
func impatiently[Q, A any](do func(ctx context.Context, questions []Q, impatient bool) ([]A, error)) func(context.Context, []Q) ([]A, error) {
	return func(ctx context.Context, questions []Q) ([]A, error) { return do(ctx, questions, true) }
}
