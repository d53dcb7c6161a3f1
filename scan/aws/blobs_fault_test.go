package aws_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/aws"
	"github.com/reeve-go/reeve/scan/aws/awstest"
)

// What is slowed down, fails or is cut off is repeated, and nobody sees any of it.
func TestBlobsFaults(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	often := sometimes(10, awstest.Throttle, awstest.Fail, awstest.CutBefore, awstest.CutAfter)
	torn := sometimes(10, awstest.CutAnswer)
	testBlobs(t, func(c awstest.Call) awstest.Fault {
		if c.Action == "GetObject" && torn(c) != awstest.None {
			return awstest.CutAnswer
		}
		return often(c)
	}, 1<<20)
}

// A blob is read to its end, however often the connection breaks.
func TestReadingGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, &awstest.Options{Fault: func(c awstest.Call) awstest.Fault {
		if c.Action == "GetObject" {
			return awstest.CutAnswer
		}
		return awstest.None
	}})
	data := bytes.Repeat([]byte("0123456789"), 1000)
	d, _, err := r.blobs(nil).Put(t.Context(), bytes.NewReader(data))
	r.ok(err)
	body, err := r.blobs(nil).Open(t.Context(), d)
	r.ok(err)
	if got, err := io.ReadAll(body); err == nil || !bytes.HasPrefix(data, got) || len(got) < 9990 {
		t.Errorf("read were %d bytes, and then %v; half of the rest comes each time, until nothing does", len(got), err)
	}
	r.ok(body.Close())
	if n := r.cloud.Calls()["GetObject"]; n < 10 || n > 100 {
		t.Errorf("it took %d requests", n)
	}
}

// What is there is not sent again, and not read as another.
func TestPutTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.blobs(&aws.BlobsOptions{Prefix: "with a blank/and ü/"})
	put := func(want map[string]int) scan.Digest {
		t.Helper()
		before := r.cloud.Calls()
		d, n, err := b.Put(t.Context(), strings.NewReader("an apple"))
		r.ok(err)
		cost := map[string]int{}
		for action, n := range r.cloud.Calls() {
			if n > before[action] {
				cost[action] = n - before[action]
			}
		}
		if diff := cmp.Diff(want, cost); diff != "" || n != 8 {
			t.Errorf("to put it costs other requests (-want +got):\n%s", diff)
		}
		return d
	}
	d := put(map[string]int{"PutObject": 1})
	put(map[string]int{"PutObject": 1, "HeadObject": 1, "CopyObject": 1})
	_, err := r.objects.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: sdk.String(bucket), Key: sdk.String("with a blank/and ü/" + strings.TrimPrefix(string(d), "sha256:")), Body: strings.NewReader("an appel"),
	})
	r.ok(err)
	put(map[string]int{"PutObject": 2, "HeadObject": 1})
	put(map[string]int{"PutObject": 1, "HeadObject": 1, "CopyObject": 1})
}

// What is too large is not kept, and what waits on the disk goes.
func TestPutLimits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRig(t, nil)
	b := r.blobs(&aws.BlobsOptions{Max: 300_000, Dir: dir})
	for size, fits := range map[int]bool{0: true, 256<<10 - 1: true, 256 << 10: true, 256<<10 + 1: true, 300_000: true, 300_001: false, 1_000_000: false} {
		d, n, err := b.Put(t.Context(), bytes.NewReader(make([]byte, size)))
		if (err == nil) != fits {
			t.Errorf("of %d bytes the error is %v; 300,000 fit", size, err)
		}
		if fits && (n != int64(size) || d != scan.DigestOf(make([]byte, size))) {
			t.Errorf("Put of %d bytes returned %q and %d", size, d, n)
		}
	}
	left, err := os.ReadDir(dir)
	r.ok(err)
	if len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
}

// More than a page of them, among what is none.
func TestListPages(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b := r.blobs(nil)
	var want, got []scan.Digest
	for i := range 1100 {
		d, _, err := b.Put(t.Context(), bytes.NewReader([]byte{byte(i), byte(i >> 8)}))
		r.ok(err)
		want = append(want, d)
	}
	for _, key := range []string{"blobs/", "blobs/x", "other/" + strings.TrimPrefix(string(want[0]), "sha256:")} {
		_, err := r.objects.PutObject(t.Context(), &s3.PutObjectInput{Bucket: sdk.String(bucket), Key: &key, Body: strings.NewReader("x")})
		r.ok(err)
	}
	for blob, err := range b.List(t.Context()) {
		r.ok(err)
		got = append(got, blob.Digest)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("listed are others (-want +got):\n%s", diff)
	}
	if n := r.cloud.Calls()["ListObjectsV2"]; n != 2 {
		t.Errorf("it took %d requests", n)
	}
}

// A bucket that is not there is no blob that is not there.
func TestNoBucket(t *testing.T) {
	t.Parallel()
	r := newRig(t, nil)
	b, err := aws.NewBlobs(r.objects, "smartstate-4711", nil)
	r.ok(err)
	if _, err := b.Open(t.Context(), scan.DigestOf(nil)); err == nil || errors.Is(err, scan.ErrNoBlob) {
		t.Errorf("the error is %v; it must be another than that of a blob", err)
	}
	if _, _, err := b.Put(t.Context(), strings.NewReader("x")); err == nil {
		t.Errorf("Put succeeds")
	}
}
