package aws_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// A queue of requests, made if it is not there. The cloud of the example is in the process; a host has a config of its own.
func ExampleNewQueue() {
	ctx := context.Background()
	cloud := awstest.New(nil)
	defer cloud.Close()
	client := sqs.NewFromConfig(cloud.Config())

	names, err := aws.NamesOf("0d6e0e8c-1b1e-4c5e-9d1b-3f1d9f0c5a77")
	if err != nil {
		fmt.Println(err)
		return
	}
	at, err := aws.EnsureQueue(ctx, client, names.Requests, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	requests, err := aws.NewQueue(client, at, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := requests.Send(ctx, scan.Message{Key: "job-1/1", Body: []byte(`{"v":1,"job":"job-1","epoch":1}`)}); err != nil {
		fmt.Println(err)
		return
	}
	got, err := requests.Receive(ctx, 10, time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range got {
		fmt.Println(d.Message().Key, d.Attempt(), d.Bury(ctx, "nobody knows the target"))
	}
	for m, err := range requests.Dead(ctx) {
		fmt.Println(m.Key, m.Reason, err)
	}
	// Output:
	// job-1/1 1 <nil>
	// job-1/1 nobody knows the target <nil>
}

// Blobs in a bucket, and the bodies of messages that are too large for SQS in the same one, under a prefix of their own.
func ExampleNewBlobs() {
	ctx := context.Background()
	cloud := awstest.New(nil)
	defer cloud.Close()
	client := s3.NewFromConfig(cloud.Config(), awstest.PathStyle)

	if err := aws.EnsureBucket(ctx, client, "smartstate-0815"); err != nil {
		fmt.Println(err)
		return
	}
	results, err := aws.NewBlobs(client, "smartstate-0815", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	bodies, err := aws.NewBlobs(client, "smartstate-0815", &aws.BlobsOptions{Prefix: "bodies/"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = aws.QueueOptions{Bodies: bodies}

	digest, size, err := results.Put(ctx, strings.NewReader("what was found\n"))
	fmt.Println(size, err)
	r, err := results.Open(ctx, digest)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close() //nolint:errcheck // it was only read
	found, err := io.ReadAll(r)
	fmt.Printf("%s%v\n", found, err)
	// Output:
	// 15 <nil>
	// what was found
	// <nil>
}
