package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// openAmazon opens the queues on SQS and the blobs on S3, and makes them where they are not there yet. A host has a config of its own account.
func (e *estate) openAmazon(ctx context.Context, o *orders) error {
	config := awstest.ConfigAt(o.Amazon)
	queues, objects := sqs.NewFromConfig(config), s3.NewFromConfig(config, awstest.PathStyle)
	names, err := aws.NamesOf("0815")
	if err != nil {
		return err
	}
	if err := aws.EnsureBucket(ctx, objects, names.Bucket); err != nil {
		return err
	}
	if e.blobs, err = aws.NewBlobs(objects, names.Bucket, nil); err != nil {
		return err
	}
	if e.bodies, err = aws.NewBlobs(objects, names.Bucket, &aws.BlobsOptions{Prefix: "bodies/"}); err != nil {
		return err
	}
	if e.requests, err = e.openSQS(ctx, o, queues, names.Requests); err != nil {
		return err
	}
	e.replies, err = e.openSQS(ctx, o, queues, names.Replies)
	return err
}

// openSQS opens one queue, which waits for whole seconds.
func (e *estate) openSQS(ctx context.Context, o *orders, client *sqs.Client, name string) (queue, error) {
	at, err := aws.EnsureQueue(ctx, client, name, nil)
	if err != nil {
		return nil, err
	}
	wait := min(max(o.beats(10).Round(time.Second), time.Second), 20*time.Second)
	return aws.NewQueue(client, at, &aws.QueueOptions{Wait: wait, Bodies: e.bodies})
}

// runAmazon is the process of SQS and S3, of which now and then a request goes wrong. Clients make those again.
func (o *orders) runAmazon(ctx context.Context, ready func(any) error) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	services := awstest.New(&awstest.Options{Shuffled: true, Fault: nowAndThen})
	defer services.Close()
	server := &http.Server{Handler: services, ReadHeaderTimeout: patience}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := ready("http://" + l.Addr().String()); err != nil {
		return err
	}
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// nowAndThen has a request of each sort refused, failed and cut off, but not so many in a row that a client gives up.
func nowAndThen(c awstest.Call) awstest.Fault {
	switch c.N % 100 {
	case 20:
		return awstest.Throttle
	case 50:
		return awstest.Fail
	case 80:
		return awstest.CutBefore
	default:
		return awstest.None
	}
}
