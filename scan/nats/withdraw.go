package nats

import (
	"context"
	"strconv"
	"time"
)

// Withdraw implements [scan.Withdrawer].
func (q *Queue) Withdraw(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := q.withdraw(perRequest(ctx), key); err != nil {
			return q.failed(ctx, "withdraw "+strconv.Quote(key), err)
		}
	}
	return nil
}

// withdrawnFor is for how long the ledger says that a message was withdrawn. Who has it for longer finds that it is not there.
const withdrawnFor = 24 * time.Hour

// withdraw has the ledger say that the message is gone before it is, so that who has it finds its lease lost.
func (q *Queue) withdraw(ctx context.Context, key string) error {
	if key == "" || len(key) > maxKey {
		return nil // there is none
	}
	raw, err := lastOf(ctx, q.todo, q.todoSubject(tokenOf(key)))
	if err != nil || raw.Sequence == 0 {
		return err
	}
	if _, err = q.put(ctx, idOf(raw.Sequence, raw.Time), note{End: withdrawn}, withdrawnFor); err != nil {
		return err
	}
	_, err = remove(ctx, q.todo, raw.Sequence)
	return err
}
