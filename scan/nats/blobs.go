package nats

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// BlobsOptions for [NewBlobs]. Nil is the same as the zero value. All but Max count only where the object store is not there yet.
type BlobsOptions struct {
	// Max is how many bytes one blob may have. Default: no limit.
	Max int64
	// Storage is where the server keeps them. Default: in files.
	Storage jetstream.StorageType
	// Replicas is on how many servers of a cluster. Default: 1.
	Replicas int
	// MaxBytes is how many bytes all have together; what would be more is refused with an error. Default: no limit.
	MaxBytes int64
	// Compress has the server compress them.
	Compress bool
}

// Blobs are [scan.Blobs] in an object store of JetStream, each an object that is named after its digest. They are safe for concurrent use, also by several programs, and other
// programs can read them as objects; what has no digest for a name they leave alone.
//
// Bytes go to the server as they come, in chunks, and have their name when they are whole. To put what is there already replaces it, so that what had become corrupt is right
// again, and is as young as if it were new. One that is replaced or deleted while it is read is read on, or said to be gone.
type Blobs struct {
	js       jetstream.JetStream
	bucket   string
	o        BlobsOptions
	stream   jetstream.Stream
	stale    time.Duration // see staleAfter
	settling time.Duration
}

var _ scan.Blobs = (*Blobs)(nil)

// NewBlobs returns the blobs of a bucket, whose name has letters, digits, "-" and "_". Its stream is made if it is not there. What programs that were killed
// have left half written an hour ago is removed, if no program has looked for that within the last hour: see [Blobs.Sweep].
func NewBlobs(ctx context.Context, js jetstream.JetStream, bucket string, o *BlobsOptions) (*Blobs, error) {
	b := &Blobs{js: js, bucket: bucket, stale: staleAfter, settling: settling}
	if o != nil {
		b.o = *o
	}
	if js == nil {
		return nil, fmt.Errorf("nats: blobs in %.100q: there is no JetStream; they need one", bucket)
	}
	if len(bucket) > maxName || !validName.MatchString(bucket) {
		return nil, fmt.Errorf("nats: blobs in %.100q: the name is wrong; 1 to %d letters, digits, - and _ are right", bucket, maxName)
	}
	var err error
	if b.stream, _, err = b.find(perRequest(ctx)); err == nil {
		err = b.sweepHourly(perRequest(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("nats: blobs in %q: %w", bucket, err)
	}
	return b, nil
}

// find finds the stream, or makes it.
func (b *Blobs) find(ctx context.Context) (s jetstream.Stream, made bool, err error) {
	compression := jetstream.NoCompression
	if b.o.Compress {
		compression = jetstream.S2Compression
	}
	return stream(ctx, b.js, jetstream.StreamConfig{
		Name: "OBJ_" + b.bucket, Description: "blobs", Subjects: []string{b.chunkSubject(">"), b.metaSubject(">")}, Discard: jetstream.DiscardNew, AllowRollup: true,
		MaxBytes: cmp.Or(b.o.MaxBytes, -1), Storage: b.o.Storage, Replicas: cmp.Or(b.o.Replicas, 1), Compression: compression,
	}, func(c *jetstream.StreamConfig) bool {
		return c.AllowRollup && c.Retention == jetstream.LimitsPolicy && keeps(c)
	})
}

// failed says what failed. A stream that somebody has deleted is made again, so that another try finds it.
func (b *Blobs) failed(ctx context.Context, what string, err error) error {
	if isGone(err) {
		err = again(ctx, b.settling, err, func() ([]string, error) {
			_, made, err := b.find(perRequest(ctx))
			if made {
				return []string{fmt.Sprintf("stream %q with all blobs", "OBJ_"+b.bucket)}, err
			}
			return nil, err
		})
	}
	return fmt.Errorf("nats: blobs in %q: %s: %w", b.bucket, what, roomFor(err))
}

func (b *Blobs) chunkSubject(nuid string) string { return "$O." + b.bucket + ".C." + nuid }

func (b *Blobs) metaSubject(name string) string { return "$O." + b.bucket + ".M." + name }

// Delete implements [scan.Blobs]. It removes what it found: what is put meanwhile stays.
func (b *Blobs) Delete(ctx context.Context, d scan.Digest) error {
	ctx = perRequest(ctx)
	err := d.Check()
	var o object
	if err == nil {
		o, err = b.blob(ctx, d)
	}
	if err == nil && o.seq > 0 {
		_, err = remove(ctx, b.stream, o.seq)
	}
	if err == nil && o.NUID != "" {
		err = b.purge(ctx, o.NUID)
	}
	if err != nil {
		return b.failed(ctx, "delete", err)
	}
	return nil
}

// purge removes chunks.
func (b *Blobs) purge(ctx context.Context, nuid string) error {
	return b.stream.Purge(ctx, jetstream.WithPurgeSubject(b.chunkSubject(nuid)))
}
