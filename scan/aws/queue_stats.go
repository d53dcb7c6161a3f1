package aws

import (
	"context"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/reeve-go/reeve/scan"
)

// Stats implements [scan.Gauge], in two requests. SQS calls its numbers approximate; they are right about a minute after nothing is sent any more.
// What was given back for later counts as leased. [QueueOptions] says what is known of the oldest one.
func (q *Queue) Stats(ctx context.Context) (scan.QueueStats, error) {
	ready, leased, delayed, err := q.count(ctx, q.at.URL)
	if err != nil {
		return scan.QueueStats{}, q.failed("stats", err)
	}
	dead, looked, more, err := q.count(ctx, q.at.Dead) // who looks at the dead hides them for a while
	if err != nil {
		return scan.QueueStats{}, q.failed("stats of the dead", err)
	}
	stats := scan.QueueStats{Ready: ready, Leased: leased, Delayed: delayed, Dead: dead + looked + more}
	if q.o.Age != nil && ready > 0 {
		if stats.Oldest, err = q.o.Age(ctx); err != nil {
			return scan.QueueStats{}, q.failed("age of the oldest", err)
		}
	}
	return stats, nil
}

func (q *Queue) count(ctx context.Context, url string) (ready, hidden, delayed int, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages, types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
	}
	got, err := q.client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: names})
	if err != nil {
		return 0, 0, 0, err
	}
	var numbers [3]int
	for i, name := range names {
		if numbers[i], err = strconv.Atoi(got.Attributes[string(name)]); err != nil {
			return 0, 0, 0, err
		}
	}
	return numbers[0], numbers[1], numbers[2], nil
}
