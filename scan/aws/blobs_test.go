package aws_test

import (
	"strings"
	"sync"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws/awstest"
	"github.com/reeve-go/reeve/scan/scantest"
)

func TestBlobs(t *testing.T) {
	t.Parallel()
	testBlobs(t, nil, 0)
}

func testBlobs(t *testing.T, fault func(awstest.Call) awstest.Fault, large int64) {
	t.Helper()
	var rigs sync.Map
	rigOf := func(b scan.Blobs) *rig {
		r, _ := rigs.Load(b)
		return r.(*rig)
	}
	scantest.TestBlobs(t, func(t testing.TB) scan.Blobs {
		r := newRig(t, &awstest.Options{Fault: fault, Now: hasty()})
		b := r.blobs(nil)
		rigs.Store(b, r)
		return b
	}, &scantest.BlobsOptions{
		Large: large,
		Reopen: func(t testing.TB, b scan.Blobs) scan.Blobs {
			t.Helper()
			return rigOf(b).blobs(nil)
		},
		Corrupt: func(t testing.TB, b scan.Blobs, d scan.Digest) {
			t.Helper()
			r := rigOf(b)
			_, err := r.objects.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: sdk.String(bucket), Key: sdk.String("blobs/" + strings.TrimPrefix(string(d), "sha256:")), Body: strings.NewReader("another"),
			})
			r.ok(err)
		},
	})
}
