package aws

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/reeve-go/reeve/scan"
)

const (
	// lookFor is for how long the dead are hidden from others who look.
	lookFor = 2 * time.Minute
	// lookWait is how long a look waits for more, so that SQS asks all its servers.
	lookWait = time.Second
	// mostDead and mostDeadBytes bound how many are looked at in that time.
	mostDead      = 10_000
	mostDeadBytes = 64 << 20
)

// A corpse is a dead message, and the handle to it.
type corpse struct {
	parcel
	scan.DeadMessage

	handle *string
}

// Dead implements [scan.Graveyard]. SQS shows nothing without handing it out: all of them are received, which takes a request for ten of them, and
// given back at once, so that two who look at the same time see a part each. What SQS itself declared dead, as it was handed out too often, has no
// reason of anybody's, and for its time that when it was sent. It yields 10,000 messages, or those of 64 MiB, or what can be seen in two minutes,
// and ends with an error if there may be more.
func (q *Queue) Dead(ctx context.Context) iter.Seq2[scan.DeadMessage, error] {
	return func(yield func(scan.DeadMessage, error) bool) {
		all, err := q.exhume(ctx)
		q.giveBack(ctx, all)
		slices.SortStableFunc(all, func(a, b corpse) int { return a.At.Compare(b.At) })
		for i := range all {
			m := all[i].DeadMessage
			body, e := q.body(ctx, &all[i].parcel)
			if e != nil && !errors.Is(e, errUnreadable) {
				err = errors.Join(err, e)
				break
			}
			if m.Body = body; !yield(m, nil) {
				return
			}
		}
		if err != nil {
			yield(scan.DeadMessage{}, q.failed("list the dead", err))
		}
	}
}

// exhume receives all the dead. It ends before the first of them is shown to others again.
func (q *Queue) exhume(ctx context.Context) (all []corpse, err error) {
	size := 0
	for begun := time.Now(); len(all) < mostDead && size < mostDeadBytes && time.Since(begun) < lookFor; {
		got, err := q.poll(ctx, q.at.Dead, mostEntries, lookFor, lookWait)
		if err != nil || len(got) == 0 {
			return all, err
		}
		for i := range got {
			c := corpseOf(&got[i])
			size += len(c.body) + len(c.key) + len(c.encoding) + len(c.Reason)
			all = append(all, c)
		}
	}
	return all, fmt.Errorf("there may be more than the %d of %d bytes that could be looked at in %v", len(all), size, lookFor)
}

func corpseOf(m *types.Message) corpse {
	c := corpse{parcel: parcelOf(m), handle: m.ReceiptHandle}
	c.Key, c.Reason = c.key, textOf(m, reasonAttribute)
	var unsaid error
	c.At, unsaid = time.Parse(time.RFC3339Nano, textOf(m, atAttribute))
	if unsaid != nil {
		c.At, c.Reason, c.Attempts = sentAt(m), "it was handed out too often", countOf(m)-1
		return c
	}
	c.Attempts, _ = strconv.Atoi(textOf(m, attemptsAttribute)) // what is no number is none
	return c
}

// giveBack shows the dead to others again. If that fails, they are shown when the look has ended.
func (q *Queue) giveBack(ctx context.Context, all []corpse) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookFor)
	defer cancel()
	for some := range slices.Chunk(all, mostEntries) {
		inBatch(ctx, len(some), func(ctx context.Context, of []int) (int, []types.BatchResultErrorEntry, error) {
			in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &q.at.Dead}
			for _, i := range of {
				in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: idOf(i), ReceiptHandle: some[i].handle})
			}
			out, err := q.client.ChangeMessageVisibilityBatch(ctx, in)
			if err != nil {
				return 0, nil, err
			}
			return len(out.Successful), out.Failed, nil
		})
	}
}

// Redrive implements [scan.Graveyard]. They are sent again before they are removed from the dead. Those that somebody looks at just now are left
// out. Their attempts are counted anew.
func (q *Queue) Redrive(ctx context.Context, keys ...string) (int, error) {
	all, err := q.exhume(ctx)
	var wanted, others []corpse
	for _, c := range all {
		if len(keys) == 0 || slices.Contains(keys, c.key) {
			wanted = append(wanted, c)
		} else {
			others = append(others, c)
		}
	}
	q.giveBack(ctx, others)
	n := 0
	for some := range slices.Chunk(wanted, mostEntries) {
		m, e := q.redrive(ctx, some)
		n += m
		err = errors.Join(err, e)
	}
	return n, q.failed("redrive", err)
}

// redrive sends messages again, and removes those from the dead that were sent.
func (q *Queue) redrive(ctx context.Context, some []corpse) (n int, err error) {
	var entries []types.SendMessageBatchRequestEntry
	var handles, sent []*string
	for i := range some {
		c := &some[i]
		if e := q.renew(ctx, &c.parcel); e != nil {
			err = errors.Join(err, fmt.Errorf("the body of message %.100q: %w", c.key, e))
			continue
		}
		entries = append(entries, types.SendMessageBatchRequestEntry{MessageBody: &c.body, MessageAttributes: c.attributes()})
		handles = append(handles, c.handle)
	}
	for i, e := range q.sendTo(ctx, q.at.URL, entries) {
		if err = errors.Join(err, e); e == nil {
			sent = append(sent, handles[i])
		}
	}
	if len(sent) == 0 {
		return 0, err
	}
	return len(sent), errors.Join(err, errors.Join(q.remove(ctx, q.at.Dead, sent)...))
}
