package aws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/reeve-go/reeve/scan"
)

// BlobsOptions for [NewBlobs]. Nil is the same as the zero value.
type BlobsOptions struct {
	// Prefix is what the keys of the blobs begin with. Default: "blobs/".
	Prefix string
	// Max is how many bytes one blob may have. Default, and most: 5 GiB, which is what S3 takes at once.
	Max int64
	// Dir is where a blob waits that is larger than 256 KiB, until its digest is known. Default: that of [os.TempDir].
	Dir string
}

// mostAtOnce is what S3 takes in one request.
const mostAtOnce = 5 << 30

// Blobs are [scan.Blobs] in a bucket: each is an object under the prefix and its digest in hexadecimal digits.
//
// To put what is not there costs one request. What is there is not sent over again, if S3 still has the digest that it was put with: it is copied
// onto itself, which makes it as young as if it were new. What has become another is replaced.
//
// S3 tells times in whole seconds and by its own clock, so [scan.Blob.At] does, too.
type Blobs struct {
	client *s3.Client
	bucket string
	o      BlobsOptions
}

var _ scan.Blobs = (*Blobs)(nil)

// NewBlobs returns the blobs in a bucket, which must be there when they are used first; see [EnsureBucket].
func NewBlobs(client *s3.Client, bucket string, o *BlobsOptions) (*Blobs, error) {
	b := &Blobs{client: client, bucket: bucket}
	if o != nil {
		b.o = *o
	}
	b.o.Prefix = cmp.Or(b.o.Prefix, "blobs/")
	b.o.Max = cmp.Or(b.o.Max, mostAtOnce)
	switch {
	case client == nil:
		return nil, errors.New("aws: blobs have no client; they need one")
	case bucket == "":
		return nil, errors.New("aws: blobs have no bucket; they need one")
	case b.o.Max < 0 || b.o.Max > mostAtOnce:
		return nil, fmt.Errorf("aws: blobs may have %d bytes; at most %d are right", b.o.Max, int64(mostAtOnce))
	case len(b.o.Prefix) > 512:
		return nil, fmt.Errorf("aws: the prefix of blobs has %d bytes; at most 512 are right", len(b.o.Prefix))
	}
	return b, nil
}

const digestPrefix = "sha256:"

// key returns the key of a digest that was checked.
func (b *Blobs) key(d scan.Digest) *string {
	return sdk.String(b.o.Prefix + strings.TrimPrefix(string(d), digestPrefix))
}

// Delete implements [scan.Blobs].
func (b *Blobs) Delete(ctx context.Context, d scan.Digest) error {
	err := d.Check()
	if err == nil {
		_, err = b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.bucket, Key: b.key(d)})
	}
	if err != nil {
		return fmt.Errorf("aws: delete a blob: %w", err)
	}
	return nil
}

// List implements [scan.Blobs]. It costs a request for a thousand of them. What is under the prefix and no blob is left out.
func (b *Blobs) List(ctx context.Context) iter.Seq2[scan.Blob, error] {
	return func(yield func(scan.Blob, error) bool) {
		pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.bucket, Prefix: &b.o.Prefix})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(scan.Blob{}, fmt.Errorf("aws: list blobs: %w", err))
				return
			}
			for i := range page.Contents {
				o := &page.Contents[i]
				d := scan.Digest(digestPrefix + strings.TrimPrefix(sdk.ToString(o.Key), b.o.Prefix))
				if d.Check() != nil {
					continue
				}
				if !yield(scan.Blob{Digest: d, Size: sdk.ToInt64(o.Size), At: sdk.ToTime(o.LastModified)}, nil) {
					return
				}
			}
		}
	}
}

// isMissing reports whether S3 says that there is no such thing.
func isMissing(err error) bool {
	return hasStatus(err, http.StatusNotFound) && !isCode(err, "NoSuchBucket")
}

// hasStatus reports whether an answer was of this status.
func hasStatus(err error, status int) bool {
	answer, ok := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err)
	return ok && answer.HTTPStatusCode() == status
}

// isCode reports whether a service answered with one of these codes.
func isCode(err error, codes ...string) bool {
	said, ok := errors.AsType[smithy.APIError](err)
	for _, code := range codes {
		if ok && said.ErrorCode() == code {
			return true
		}
	}
	return false
}
