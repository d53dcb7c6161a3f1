package nats

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// Stats implements [scan.Gauge], as far as the server can tell: Ready was never delivered, also if it is to be kept back; Leased was, and is neither acked nor buried, whether somebody
// has it, it was given back or it waits for another receiver. Delayed is always zero.
func (q *Queue) Stats(ctx context.Context) (scan.QueueStats, error) {
	stats, err := q.stats(perRequest(ctx))
	return stats, q.failed(ctx, "stats", err)
}

func (q *Queue) stats(ctx context.Context) (scan.QueueStats, error) {
	info, err := q.workers.Info(ctx)
	if err != nil {
		return scan.QueueStats{}, err
	}
	ledger, err := q.ledger.Info(ctx, jetstream.WithSubjectFilter(q.deadSubject("*")))
	if err != nil {
		return scan.QueueStats{}, err
	}
	stats := scan.QueueStats{Ready: int(info.NumPending), Leased: info.NumAckPending, Dead: len(ledger.State.Subjects)} //nolint:gosec // no stream has that many
	if stats.Ready == 0 {
		return stats, nil
	}
	first, err := q.todo.GetMsg(ctx, info.Delivered.Stream+1, jetstream.WithGetMsgSubject(q.todoSubject("*")))
	if errors.Is(err, jetstream.ErrMsgNotFound) { // it was withdrawn just now
		return stats, nil
	} else if err != nil {
		return scan.QueueStats{}, err
	}
	stats.Oldest = max(0, info.TimeStamp.Sub(first.Time)-delayOf(first.Header))
	return stats, nil
}

// Withdraw implements [scan.Withdrawer].
func (q *Queue) Withdraw(ctx context.Context, keys ...string) error {
	for _, key := range keys {
		if err := q.withdraw(perRequest(ctx), key); err != nil {
			return q.failed(ctx, "withdraw "+strconv.Quote(key), err)
		}
	}
	return nil
}

// withdrawnFor is for how long the ledger says that a message was withdrawn: leases are shorter.
const withdrawnFor = 24 * time.Hour

// withdraw has the ledger say that the message is gone before it is, so that who has it finds its lease lost.
func (q *Queue) withdraw(ctx context.Context, key string) error {
	if key == "" || len(key) > maxKey {
		return nil // there is none
	}
	raw, err := q.todo.GetLastMsgForSubject(ctx, q.todoSubject(tokenOf(key)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if _, err = q.put(ctx, idOf(raw.Sequence, raw.Time), note{End: withdrawn}, withdrawnFor); err != nil {
		return err
	}
	_, err = remove(ctx, q.todo, raw.Sequence)
	return err
}
