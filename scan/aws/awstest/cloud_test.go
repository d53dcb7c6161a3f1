package awstest_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"

	"github.com/reeve-go/reeve/scan/aws/awstest"
)

func newCloud(t *testing.T, o *awstest.Options) (*awstest.Cloud, *sqs.Client, *s3.Client) {
	t.Helper()
	cloud := awstest.New(o)
	t.Cleanup(cloud.Close)
	return cloud, sqs.NewFromConfig(cloud.Config()), s3.NewFromConfig(cloud.Config(), awstest.PathStyle)
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// What is signed with another key, or not at all, is refused by both services.
func TestSignatures(t *testing.T) {
	t.Parallel()
	cloud, _, _ := newCloud(t, nil)
	for name, provider := range map[string]aws.CredentialsProvider{
		"another secret": credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "another", ""),
		"another key":    credentials.NewStaticCredentialsProvider("AKIDANOTHER", "an example of a secret", ""),
		"none":           aws.AnonymousCredentials{},
	} {
		config := cloud.Config()
		config.Credentials = provider
		_, err := sqs.NewFromConfig(config).ListQueues(t.Context(), &sqs.ListQueuesInput{})
		if err == nil {
			t.Errorf("%s: SQS answers", name)
		}
		_, err = s3.NewFromConfig(config, awstest.PathStyle).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
		if said, ok := errors.AsType[smithy.APIError](err); !ok || said.ErrorCode() != "SignatureDoesNotMatch" {
			t.Errorf("%s: S3 answers with %v", name, err)
		}
	}
	if n := len(cloud.Calls()); n > 1 {
		t.Errorf("%v were counted", cloud.Calls())
	}
}

// What SQS refuses the fake refuses, with the codes that clients know.
func TestRefusals(t *testing.T) {
	t.Parallel()
	_, client, _ := newCloud(t, nil)
	ctx := t.Context()
	url := must(client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")}))(t).QueueUrl
	entries := func(n int) (out []types.SendMessageBatchRequestEntry) {
		for i := range n {
			out = append(out, types.SendMessageBatchRequestEntry{Id: aws.String(string(rune('a' + i))), MessageBody: aws.String(strings.Repeat("x", 200<<10))})
		}
		return out
	}
	for want, call := range map[string]func() error{
		"AWS.SimpleQueueService.NonExistentQueue": func() error {
			_, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("none")})
			return err
		},
		"QueueNameExists": func() error {
			_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q"), Attributes: map[string]string{"DelaySeconds": "5"}})
			return err
		},
		"InvalidAttributeName": func() error {
			_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("r"), Attributes: map[string]string{"Speed": "5"}})
			return err
		},
		"InvalidAttributeValue": func() error {
			_, err := client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("r"), Attributes: map[string]string{"DelaySeconds": "901"}})
			return err
		},
		"TooManyEntriesInBatchRequest": func() error {
			_, err := client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: eleven()})
			return err
		},
		"BatchRequestTooLong": func() error {
			_, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: entries(6)})
			return err
		},
		"BatchEntryIdsNotDistinct": func() error {
			_, err := client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: append(entries(1), entries(1)...)})
			return err
		},
		"ReceiptHandleIsInvalid": func() error {
			_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("none")})
			return err
		},
		"InvalidMessageContents": func() error {
			_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("\x01")})
			return err
		},
		"InvalidParameterValue": func() error {
			_, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
			return err
		},
	} {
		err := call()
		said, ok := errors.AsType[smithy.APIError](err)
		if !ok || said.ErrorCode() != want {
			t.Errorf("the error is %v; it must be %s", err, want)
		}
	}
}

func eleven() (out []types.DeleteMessageBatchRequestEntry) {
	for i := range 11 {
		out = append(out, types.DeleteMessageBatchRequestEntry{Id: aws.String(string(rune('a' + i))), ReceiptHandle: aws.String("x")})
	}
	return out
}

// A handle that is not the last one deletes nothing, and nobody is told; it hides nothing, and that is told.
func TestOldHandle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client, _ := newCloud(t, nil)
		ctx := t.Context()
		url := must(client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("q")}))(t).QueueUrl
		must(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("body")}))(t)
		receive := func() *string {
			t.Helper()
			out := must(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20}))(t)
			if len(out.Messages) == 0 {
				t.Fatal("there is nothing")
			}
			return out.Messages[0].ReceiptHandle
		}
		old := receive()
		begun := time.Now()
		for i := 0; i < 5 && time.Since(begun) < 30*time.Second; i++ {
			if out := must(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20, VisibilityTimeout: 1}))(t); len(out.Messages) > 0 {
				break
			}
		}
		if took := time.Since(begun); took != 30*time.Second {
			t.Errorf("it comes again after %v; 30 seconds is how long it is hidden", took)
		}
		time.Sleep(2 * time.Second)
		held := receive()
		_, err := client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: old, VisibilityTimeout: 100})
		if said, ok := errors.AsType[smithy.APIError](err); !ok || said.ErrorCode() != "InvalidParameterValue" {
			t.Errorf("the old handle hides the message, with %v", err)
		}
		must(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: old}))(t)
		time.Sleep(time.Minute)
		_, err = client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: held, VisibilityTimeout: 100})
		if _, over := errors.AsType[*types.MessageNotInflight](err); !over {
			t.Errorf("what is visible is hidden, with %v", err)
		}
		must(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: receive()}))(t)
		if out := must(client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20}))(t); len(out.Messages) > 0 {
			t.Errorf("what was deleted is there")
		}
	})
}

// S3 keeps what it is told on condition, and only what has the checksum that is said.
func TestObjects(t *testing.T) {
	t.Parallel()
	_, _, client := newCloud(t, nil)
	ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("a/b c")
	must(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}))(t)
	must(client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("0123456789"), IfNoneMatch: aws.String("*")}))(t)
	for want, in := range map[string]*s3.PutObjectInput{
		"PreconditionFailed": {Body: strings.NewReader("x"), IfNoneMatch: aws.String("*")},
		"BadDigest":          {Body: strings.NewReader("x"), ChecksumSHA256: aws.String("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")},
	} {
		in.Bucket, in.Key = bucket, key
		_, err := client.PutObject(ctx, in)
		if said, ok := errors.AsType[smithy.APIError](err); !ok || said.ErrorCode() != want {
			t.Errorf("the error is %v; it must be %s", err, want)
		}
	}
	for want, part := range map[string]string{"0123456789": "", "345": "bytes=3-5", "89": "bytes=8-"} {
		in := &s3.GetObjectInput{Bucket: bucket, Key: key}
		if part != "" {
			in.Range = &part
		}
		out := must(client.GetObject(ctx, in))(t)
		if got, err := io.ReadAll(out.Body); string(got) != want || err != nil {
			t.Errorf("read was %q, %v; want %q", got, err, want)
		}
		_ = out.Body.Close()
	}
}

// Programs of their own reach a cloud where it is served.
func TestServed(t *testing.T) {
	t.Parallel()
	cloud, _, _ := newCloud(t, nil)
	server := httptest.NewServer(http.Handler(cloud))
	defer server.Close()
	client := sqs.NewFromConfig(awstest.ConfigAt(server.URL))
	url := must(client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q")}))(t).QueueUrl
	must(client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("body")}))(t)
	out := must(client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: url}))(t)
	if len(out.Messages) != 1 || *out.Messages[0].Body != "body" {
		t.Errorf("received were %v", out.Messages)
	}
}
