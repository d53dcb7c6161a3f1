package aws

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// QueueURLs are where a queue is: the queue itself, and the one its dead messages go to.
type QueueURLs struct {
	URL, Dead string
}

// EnsureOptions for [EnsureQueue]. Nil is the same as the zero value.
type EnsureOptions struct {
	// Receives is after how many times that a message was handed out SQS itself declares it dead, 1 to 1000. Managers and agents bury what they
	// cannot use; this is for what kills them. Default: 50.
	Receives int
	// Retention is for how long SQS keeps a message that nobody acks, one minute to 14 days, in whole seconds. Default: four days. The dead are kept
	// for 14 days.
	Retention time.Duration
}

// mostKept is for how long SQS keeps anything at most.
const mostKept = 14 * 24 * time.Hour

// EnsureQueue makes a standard queue, and one for its dead messages with "-dead" after the name, where they are not there yet. Where they are, their
// redrive policy and retention become those of the options; all else stays. It can be called again and again, by several programs at once.
func EnsureQueue(ctx context.Context, client *sqs.Client, name string, o *EnsureOptions) (QueueURLs, error) {
	var e EnsureOptions
	if o != nil {
		e = *o
	}
	e.Receives, e.Retention = cmp.Or(e.Receives, 50), cmp.Or(e.Retention, 4*24*time.Hour)
	err := checkQueueName(name)
	switch {
	case err != nil:
	case e.Receives < 1 || e.Receives > 1000:
		err = fmt.Errorf("a message is to be dead when it was handed out %d times; 1 to 1000 are right", e.Receives)
	case e.Retention < time.Minute || e.Retention > mostKept || e.Retention%time.Second != 0:
		err = fmt.Errorf("the retention is %v; a minute to %v, in whole seconds, is right", e.Retention, mostKept)
	}
	var at QueueURLs
	if err == nil {
		at, err = e.ensure(ctx, client, name)
	}
	if err != nil {
		return QueueURLs{}, fmt.Errorf("aws: ensure queue %.100q: %w", name, err)
	}
	return at, nil
}

func (e *EnsureOptions) ensure(ctx context.Context, client *sqs.Client, name string) (at QueueURLs, err error) {
	at.Dead, err = ensureOne(ctx, client, name+deadSuffix, map[string]string{"MessageRetentionPeriod": inSeconds(mostKept)})
	if err != nil {
		return at, err
	}
	arn := string(sqstypes.QueueAttributeNameQueueArn)
	dead, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: &at.Dead, AttributeNames: []sqstypes.QueueAttributeName{sqstypes.QueueAttributeNameQueueArn},
	})
	if err != nil {
		return at, err
	}
	policy, err := json.Marshal(map[string]string{"deadLetterTargetArn": dead.Attributes[arn], "maxReceiveCount": strconv.Itoa(e.Receives)})
	if err != nil {
		return at, err
	}
	at.URL, err = ensureOne(ctx, client, name, map[string]string{
		"MessageRetentionPeriod": inSeconds(e.Retention), "RedrivePolicy": string(policy),
	})
	return at, err
}

func inSeconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// ensureOne makes a queue without saying what it should be like, which works whatever it is like already, and then says so.
func ensureOne(ctx context.Context, client *sqs.Client, name string, attributes map[string]string) (url string, err error) {
	made, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		return "", err
	}
	_, err = client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: made.QueueUrl, Attributes: attributes})
	return sdk.ToString(made.QueueUrl), err
}

// FindQueue returns where a queue is that [EnsureQueue] made, for programs that may not make any.
func FindQueue(ctx context.Context, client *sqs.Client, name string) (at QueueURLs, err error) {
	err = checkQueueName(name)
	if err == nil {
		at.URL, err = find(ctx, client, name)
	}
	if err == nil {
		at.Dead, err = find(ctx, client, name+deadSuffix)
	}
	if isCode(err, "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist") {
		err = fmt.Errorf("%w (EnsureQueue makes it)", err)
	}
	if err != nil {
		return QueueURLs{}, fmt.Errorf("aws: find queue %.100q: %w", name, err)
	}
	return at, nil
}

func find(ctx context.Context, client *sqs.Client, name string) (string, error) {
	found, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		return "", err
	}
	return sdk.ToString(found.QueueUrl), nil
}

// EnsureBucket makes a bucket in the client's region, if it is not there yet.
func EnsureBucket(ctx context.Context, client *s3.Client, name string) error {
	_, err := client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	if isMissing(err) {
		in := &s3.CreateBucketInput{Bucket: &name}
		if region := client.Options().Region; region != "us-east-1" { // which is what is meant if nothing is said
			in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(region)}
		}
		_, err = client.CreateBucket(ctx, in)
		if _, mine := errors.AsType[*s3types.BucketAlreadyOwnedByYou](err); mine {
			err = nil // another program has just made it
		}
	}
	if err != nil {
		return fmt.Errorf("aws: ensure bucket %.100q: %w", name, err)
	}
	return nil
}
