package nats

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
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
	js     jetstream.JetStream
	bucket string
	max    int64
	stream jetstream.Stream
	stale  time.Duration // see staleAfter
}

var _ scan.Blobs = (*Blobs)(nil)

// NewBlobs returns the blobs of a bucket, whose name has letters, digits, "-" and "_". Its stream is made if it is not there. What programs that were killed
// have left half written an hour ago is removed: see [Blobs.Sweep].
func NewBlobs(ctx context.Context, js jetstream.JetStream, bucket string, o *BlobsOptions) (*Blobs, error) {
	if o == nil {
		o = &BlobsOptions{}
	}
	b := &Blobs{js: js, bucket: bucket, max: o.Max, stale: staleAfter}
	if js == nil {
		return nil, fmt.Errorf("nats: blobs in %.100q: there is no JetStream; they need one", bucket)
	}
	if len(bucket) > maxName || !validName.MatchString(bucket) {
		return nil, fmt.Errorf("nats: blobs in %.100q: the name is wrong; 1 to %d letters, digits, - and _ are right", bucket, maxName)
	}
	compression := jetstream.NoCompression
	if o.Compress {
		compression = jetstream.S2Compression
	}
	var err error
	b.stream, err = stream(ctx, js, jetstream.StreamConfig{
		Name: "OBJ_" + bucket, Description: "blobs", Subjects: []string{b.chunkSubject(">"), b.metaSubject(">")}, Discard: jetstream.DiscardNew, AllowRollup: true,
		MaxBytes: cmp.Or(o.MaxBytes, -1), Storage: o.Storage, Replicas: cmp.Or(o.Replicas, 1), Compression: compression,
	}, func(c *jetstream.StreamConfig) bool { return c.AllowRollup && c.Retention == jetstream.LimitsPolicy })
	if err == nil {
		_, err = b.Sweep(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("nats: blobs in %q: %w", bucket, err)
	}
	return b, nil
}

func (b *Blobs) chunkSubject(nuid string) string { return "$O." + b.bucket + ".C." + nuid }
func (b *Blobs) metaSubject(name string) string  { return "$O." + b.bucket + ".M." + name }

// nameOf is what stands for a digest in the subject of an object.
func nameOf(d scan.Digest) string { return base64.URLEncoding.EncodeToString([]byte(d)) }

// An object is what is stored about a blob.
type object struct {
	jetstream.ObjectInfo

	seq uint64
	at  time.Time
}

// validNUID is what the chunks of an object have in their subject. Anything else could be about all of them.
var validNUID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// objectOf reads what is stored about an object; it is false if that is none, or is a sign that one was deleted.
func objectOf(data []byte, seq uint64, at time.Time) (object, bool) {
	o := object{seq: seq, at: at}
	err := json.Unmarshal(data, &o.ObjectInfo)
	return o, err == nil && !o.Deleted && validNUID.MatchString(o.NUID)
}

// find returns what is stored about a blob; seq is zero if there is nothing, and NUID is empty if there is no blob.
func (b *Blobs) find(ctx context.Context, d scan.Digest) (object, error) {
	raw, err := b.stream.GetLastMsgForSubject(ctx, b.metaSubject(nameOf(d)))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return object{}, nil
	} else if err != nil {
		return object{}, err
	}
	o, ok := objectOf(raw.Data, raw.Sequence, raw.Time)
	if !ok {
		return object{seq: raw.Sequence}, nil
	}
	return o, nil
}

// Delete implements [scan.Blobs]. It removes what it found: what is put meanwhile stays.
func (b *Blobs) Delete(ctx context.Context, d scan.Digest) error {
	err := d.Check()
	var o object
	if err == nil {
		o, err = b.find(ctx, d)
	}
	if err == nil && o.seq > 0 {
		_, err = remove(ctx, b.stream, o.seq)
	}
	if err == nil && o.NUID != "" {
		err = b.purge(ctx, o.NUID)
	}
	if err != nil {
		return fmt.Errorf("nats: delete a blob: %w", err)
	}
	return nil
}

// purge removes chunks.
func (b *Blobs) purge(ctx context.Context, nuid string) error {
	return b.stream.Purge(ctx, jetstream.WithPurgeSubject(b.chunkSubject(nuid)))
}
