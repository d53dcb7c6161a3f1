package aws

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/reeve-go/reeve/internal/spool"
	"github.com/reeve-go/reeve/scan"
)

// inMemory is how much of a blob on its way is not on the disk.
const inMemory = 256 << 10

// Put implements [scan.Blobs]. The name has to be known before the first byte is sent, so what is larger than 256 KiB waits in a temporary file.
func (b *Blobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	s, err := spool.New(ctx, io.LimitReader(r, b.o.Max+1), b.o.Dir, inMemory)
	if err != nil {
		return "", 0, fmt.Errorf("aws: put a blob: %w", err)
	}
	defer s.Close()
	if s.Size > b.o.Max {
		return "", 0, fmt.Errorf("aws: put a blob: it has more than %d bytes, which is the most that one may have here", b.o.Max)
	}
	if err := b.put(ctx, s); err != nil {
		return "", 0, fmt.Errorf("aws: put %s: %w", s.Digest, err)
	}
	return s.Digest, s.Size, nil
}

// mostRivals is how often others may delete what was there, or write it at the same moment, before that is called an error.
const mostRivals = 10

// put writes a blob if it is not there, and makes it young if it is.
func (b *Blobs) put(ctx context.Context, s *spool.Spool) (err error) {
	for range mostRivals {
		err = b.write(ctx, s, sdk.String("*"))
		switch {
		case hasStatus(err, http.StatusConflict): // somebody else is writing it
			continue
		case !hasStatus(err, http.StatusPreconditionFailed):
			return err
		}
		right, err := b.isRight(ctx, s)
		if err == nil && !right {
			return b.write(ctx, s, nil)
		}
		if err == nil {
			err = b.touch(ctx, s.Digest)
		}
		if !isMissing(err) { // otherwise somebody has just deleted it
			return err
		}
	}
	return fmt.Errorf("others write and delete it at the same time, %d times: %w", mostRivals, err)
}

// write sends a blob. S3 checks that its bytes are those of the digest.
func (b *Blobs) write(ctx context.Context, s *spool.Spool, ifNoneMatch *string) error {
	_, err := b.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.bucket, Key: b.key(s.Digest), Body: s.Open(), ContentLength: &s.Size, ContentType: sdk.String("application/octet-stream"),
		ChecksumSHA256: sdk.String(checksumOf(s.Digest)), IfNoneMatch: ifNoneMatch,
	})
	return err
}

// checksumOf returns a digest as S3 writes it.
func checksumOf(d scan.Digest) string {
	sum, _ := hex.DecodeString(strings.TrimPrefix(string(d), digestPrefix)) // it was made of a sum
	return base64.StdEncoding.EncodeToString(sum)
}

// isRight reports whether what is there is what was put.
func (b *Blobs) isRight(ctx context.Context, s *spool.Spool) (bool, error) {
	head, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.bucket, Key: b.key(s.Digest), ChecksumMode: types.ChecksumModeEnabled})
	if err != nil {
		return false, err
	}
	return sdk.ToInt64(head.ContentLength) == s.Size && sdk.ToString(head.ChecksumSHA256) == checksumOf(s.Digest), nil
}

// touch makes a blob as young as if it were new.
func (b *Blobs) touch(ctx context.Context, d scan.Digest) error {
	_, err := b.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: &b.bucket, Key: b.key(d), CopySource: sdk.String((&url.URL{Path: b.bucket + "/" + *b.key(d)}).EscapedPath()),
		MetadataDirective: types.MetadataDirectiveReplace, ContentType: sdk.String("application/octet-stream"),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	})
	return err
}
