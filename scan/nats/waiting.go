package nats

import (
	"context"
	"iter"
	"strings"
)

// Waiting implements [scan.Lister], as far as the server can tell: a message that was handed out for the first time, of which nobody has said anything since, is listed, too.
// It reads every message, body included, and what the ledger says of it.
func (q *Queue) Waiting(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for key, err := range q.waiting(perRequest(ctx)) {
			if !yield(key, q.failed(ctx, "list what waits", err)) || err != nil {
				return
			}
		}
	}
}

// waitingPage is how many messages are looked at at a time.
const waitingPage = 32

func (q *Queue) waiting(ctx context.Context) iter.Seq2[string, error] {
	return subjects(ctx, q.todo, q.todoSubject("*"), waitingPage, func(subject string) (string, bool, error) {
		waits, err := q.waits(ctx, subject)
		return keyOf(strings.TrimPrefix(subject, q.todoSubject(""))), waits, err
	})
}

// waits reports whether nothing is known that keeps a message back. One whose end was decided is kept back by nothing, if it is there still.
func (q *Queue) waits(ctx context.Context, subject string) (bool, error) {
	raw, err := lastOf(ctx, q.todo, subject)
	if err != nil || raw.Sequence == 0 {
		return false, err
	}
	now := q.serverNow() // it may be behind by a little, which must not hide what was sent just now
	if delay := delayOf(raw.Header); delay > 0 && raw.Time.Add(delay).After(now) {
		return false, nil
	}
	last, err := q.lastNote(ctx, idOf(raw.Sequence, raw.Time))
	return err == nil && (last.End != "" || !last.until.After(now)), err
}
