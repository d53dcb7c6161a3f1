package nats

import (
	"context"
	"errors"

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
