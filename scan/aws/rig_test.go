package aws_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// A rig is a cloud with clients.
type rig struct {
	testing.TB

	cloud   *awstest.Cloud
	queues  *sqs.Client
	objects *s3.Client
}

const bucket = "smartstate-0815"

// newRig returns a cloud that has a bucket. In a bubble it takes no time.
func newRig(t testing.TB, o *awstest.Options) *rig {
	t.Helper()
	r := &rig{TB: t, cloud: awstest.New(o)}
	t.Cleanup(r.cloud.Close)
	config := r.cloud.Config()
	config.Retryer = func() sdk.Retryer { // without a bucket of tokens that many faults would empty
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.RateLimiter, o.MaxAttempts = free{}, 20
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
		})
	}
	r.queues, r.objects = sqs.NewFromConfig(config), s3.NewFromConfig(config, awstest.PathStyle)
	r.ok(aws.EnsureBucket(t.Context(), r.objects, bucket))
	return r
}

type free struct{}

func (free) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}
func (free) AddTokens(uint) error { return nil }

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *rig) blobs(o *aws.BlobsOptions) *aws.Blobs {
	r.Helper()
	b, err := aws.NewBlobs(r.objects, bucket, o)
	r.ok(err)
	return b
}

// at makes a queue.
func (r *rig) at(o *aws.EnsureOptions) aws.QueueURLs {
	r.Helper()
	at, err := aws.EnsureQueue(r.Context(), r.queues, "requests", o)
	r.ok(err)
	return at
}

func (r *rig) queue(at aws.QueueURLs, o *aws.QueueOptions) *aws.Queue {
	r.Helper()
	q, err := aws.NewQueue(r.queues, at, o)
	r.ok(err)
	return q
}

// Sometimes has one of the faults at each n-th request, at random.
func sometimes(n int, faults ...awstest.Fault) func(awstest.Call) awstest.Fault {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(1, 2))
	return func(awstest.Call) awstest.Fault {
		mu.Lock()
		defer mu.Unlock()
		if random.IntN(n) > 0 {
			return awstest.None
		}
		return faults[random.IntN(len(faults))]
	}
}

// hasty is a clock that runs a thousand times too fast: S3 tells times in whole seconds, and the tests wait for a few milliseconds.
func hasty() func() time.Time {
	start := time.Now()
	return func() time.Time { return start.Add(1000 * time.Since(start)) }
}
