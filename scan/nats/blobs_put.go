package nats

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// chunkSize is how many bytes a chunk has: as many as other programs that write objects have.
const chunkSize = 128 << 10

// Put implements [scan.Blobs]. When it fails because the server has not answered, the blob may be there all the same.
func (b *Blobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	d, n, err := b.put(perRequest(ctx), r)
	if err != nil {
		return "", 0, b.failed(ctx, "put", err)
	}
	return d, n, nil
}

func (b *Blobs) put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	up := upload{blobs: b, nuid: rand.Text(), sum: sha256.New(), last: time.Now()}
	err := up.write(ctx, r)
	if err != nil {
		up.drop(ctx)
		return "", 0, err
	}
	digest := up.sum.Sum(nil)
	d := scan.Digest("sha256:" + hex.EncodeToString(digest))
	info, err := json.Marshal(jetstream.ObjectInfo{
		ObjectMeta: jetstream.ObjectMeta{Name: string(d), Opts: &jetstream.ObjectMetaOptions{ChunkSize: chunkSize}},
		Bucket:     b.bucket, NUID: up.nuid, Size: uint64(up.size), Chunks: up.chunks, //nolint:gosec // it is counted up from zero
		Digest: "SHA-256=" + base64.URLEncoding.EncodeToString(digest),
	})
	if err != nil {
		return "", 0, err
	}
	return d, up.size, b.name(ctx, d, info)
}

// name gives chunks their name, and removes those that had it: none, for most blobs, so that is what it begins with. Whose name another has just taken takes it
// in turn. If the server does not answer, it may have done so, and the chunks stay; if it has not, they are swept.
func (b *Blobs) name(ctx context.Context, d scan.Digest, info []byte) error {
	var old object
	for {
		msg := natsio.NewMsg(b.metaSubject(nameOf(d)))
		msg.Data = info
		msg.Header.Set(jetstream.MsgRollup, jetstream.MsgRollupSubject)
		_, err := publish(ctx, b.js, msg, jetstream.WithExpectLastSequencePerSubject(old.seq))
		if isConflict(err) {
			if old, err = b.blob(ctx, d); err != nil {
				return err
			}
			continue
		}
		if err == nil && old.NUID != "" {
			_ = b.purge(ctx, old.NUID) // else they are swept
		}
		return err
	}
}

// An upload is a blob on its way, whose name is not known yet.
type upload struct {
	blobs  *Blobs
	nuid   string
	sum    hash.Hash
	size   int64
	chunks uint32
	last   time.Time // when a chunk was written
}

// write writes r to its end.
func (u *upload) write(ctx context.Context, r io.Reader) error {
	chunk := make([]byte, min(chunkSize, u.blobs.js.Conn().MaxPayload()))
	for {
		n, err := fill(ctx, r, chunk)
		if u.size += int64(n); u.blobs.o.Max > 0 && u.size > u.blobs.o.Max {
			return fmt.Errorf("it has more than %d bytes, which is the most that one may have here", u.blobs.o.Max)
		}
		last := err == io.EOF //nolint:errorlint // another error that has it inside, as those of connections, is not the end
		if err != nil && !last {
			return err
		}
		if pause := time.Since(u.last); u.chunks > 0 && pause > u.blobs.stale/2 { // what there is may have been swept
			return fmt.Errorf("its source gave nothing for %v; less than %v is right", pause, u.blobs.stale/2)
		}
		if n > 0 {
			u.sum.Write(chunk[:n])
			u.chunks++
			if _, err := u.blobs.js.PublishMsg(ctx, &natsio.Msg{Subject: u.blobs.chunkSubject(u.nuid), Data: chunk[:n]}); err != nil {
				return err
			}
			u.last = time.Now()
		}
		if last {
			return nil
		}
	}
}

// fill reads a chunk; with the last one the error is io.EOF.
func fill(ctx context.Context, r io.Reader, chunk []byte) (n int, err error) {
	for n < len(chunk) && err == nil {
		if err = context.Cause(ctx); err == nil {
			var some int
			some, err = r.Read(chunk[n:])
			n += some
		}
	}
	return n, err
}

// drop removes what was written, also when the context has ended. What cannot be removed is swept.
func (u *upload) drop(ctx context.Context) {
	if u.chunks == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), u.blobs.js.Options().DefaultTimeout)
	defer cancel()
	_ = u.blobs.purge(ctx, u.nuid)
}
