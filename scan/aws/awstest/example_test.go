package awstest_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// The first answer to what puts a blob is lost, although it was done. The client repeats it, and there is one blob.
func ExampleNew() {
	ctx := context.Background()
	cloud := awstest.New(&awstest.Options{Fault: func(c awstest.Call) awstest.Fault {
		if c.Action == "PutObject" && c.N == 1 {
			return awstest.CutAfter
		}
		return awstest.None
	}})
	defer cloud.Close()
	client := s3.NewFromConfig(cloud.Config(), awstest.PathStyle)
	if err := aws.EnsureBucket(ctx, client, "results"); err != nil {
		fmt.Println(err)
		return
	}
	blobs, err := aws.NewBlobs(client, "results", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, size, err := blobs.Put(ctx, strings.NewReader("what was found\n"))
	fmt.Println(size, err)
	for b, err := range blobs.List(ctx) {
		fmt.Println(b.Size, err)
	}
	fmt.Println(cloud.Calls()["PutObject"], "requests to put it")
	// Output:
	// 15 <nil>
	// 15 <nil>
	// 2 requests to put it
}
