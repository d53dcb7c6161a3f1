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

// pieces answer questions together. Where one needs a row that another's transaction keeps locked, it alone is
// refused, with [storage.ErrLocked], and the others do not suffer.
type pieces[Q any] struct {
	store *Store
	needs func(Q) []storage.Key // what a question is about
	rows  []string              // statements that find what of that is locked
	do    func(context.Context, []Q) ([]error, error)
}

// answer waits once, however many of the questions need something that is locked.
func (p *pieces[Q]) answer(ctx context.Context, questions []Q) ([]error, error) {
	if len(questions) == 1 {
		return p.each(ctx, questions)
	}
	answers, err := p.do(ctx, questions)
	if !isLocked(err) {
		return answers, err
	}
	answers, refused, err := p.answerFree(ctx, questions)
	if err != nil || len(refused) == 0 {
		return answers, err
	}
	// Whoever writes a row locks it for a moment, too. So what was locked is looked at again.
	again := make([]Q, len(refused))
	for n, i := range refused {
		again[n] = questions[i]
	}
	late, _, err := p.answerFree(ctx, again)
	for n, i := range refused {
		if answers[i] = err; err == nil { // else the others are made nevertheless
			answers[i] = late[n]
		}
	}
	return answers, nil
}

// answerFree answers the questions that need nothing that is locked, and refuses the others.
func (p *pieces[Q]) answerFree(ctx context.Context, questions []Q) (answers []error, refused []int, err error) {
	locked, err := p.locked(ctx, questions)
	if err != nil {
		return nil, nil, err
	}
	var free []Q
	answers = make([]error, len(questions))
	for i, q := range questions {
		if answers[i] = p.refusal(q, locked); answers[i] == nil {
			free = append(free, q)
		} else {
			refused = append(refused, i)
		}
	}
	if len(free) == 0 {
		return answers, refused, nil
	}
	made, err := p.do(ctx, free)
	if isLocked(err) {
		made, err = p.each(ctx, free)
	}
	if err != nil {
		return nil, nil, err
	}
	return merge(answers, made), refused, nil
}

// each answers one question after the other: it is not known what is locked, as where a host's own code waits for
// a lock, or somebody has not yet committed the record that is to be created.
func (p *pieces[Q]) each(ctx context.Context, questions []Q) ([]error, error) {
	answers := make([]error, len(questions))
	for i, q := range questions {
		made, err := p.do(ctx, []Q{q})
		switch {
		case err == nil:
			answers[i] = made[0]
		case isLocked(err):
			answers[i] = storage.Errorf(storage.ErrLocked, p.needs(q)[0], "another transaction keeps locked what it needs")
		case i == 0:
			return nil, err
		default: // those before are made, and the answers must say so
			for ; i < len(questions); i++ {
				answers[i] = err
			}
			return answers, nil
		}
	}
	return answers, nil
}

// refusal refuses a question that needs something that is locked.
func (p *pieces[Q]) refusal(q Q, locked map[storage.Key]bool) error {
	for _, k := range p.needs(q) {
		if locked[k] {
			return storage.Errorf(storage.ErrLocked, k, "another transaction keeps its row locked")
		}
	}
	return nil
}

// locked returns what of that which questions need is locked.
func (p *pieces[Q]) locked(ctx context.Context, questions []Q) (map[storage.Key]bool, error) {
	var keys []storage.Key
	for _, q := range questions {
		keys = append(keys, p.needs(q)...)
	}
	return p.store.lockedAmong(ctx, keys, p.rows)
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
