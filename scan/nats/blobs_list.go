package nats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
)

// List implements [scan.Blobs].
func (b *Blobs) List(ctx context.Context) iter.Seq2[scan.Blob, error] {
	return func(yield func(scan.Blob, error) bool) {
		for o, err := range b.objects(ctx) {
			if err != nil {
				yield(scan.Blob{}, fmt.Errorf("nats: list blobs: %w", err))
				return
			}
			d := scan.Digest(o.Name)
			if d.Check() == nil && !yield(scan.Blob{Digest: d, Size: int64(o.Size), At: o.at}, nil) { //nolint:gosec // no blob is that large
				return
			}
		}
	}
}

// errPageLost: the server thinks that we have what we have not.
var errPageLost = errors.New("a part of the list was lost on its way; it has to be read again")

// listPage is how many objects are asked for at a time.
const listPage = 256

// objects yields what is stored about all objects. What is replaced meanwhile is not yielded twice. What the server has sent and was lost on its way is
// an error: the chunks of an object that nobody has seen would be swept.
func (b *Blobs) objects(ctx context.Context) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		info, err := b.stream.Info(ctx)
		if err != nil {
			yield(object{}, err)
			return
		}
		reader, err := b.stream.CreateConsumer(ctx, jetstream.ConsumerConfig{
			FilterSubject: b.metaSubject(">"), AckPolicy: jetstream.AckNonePolicy, MemoryStorage: true, Replicas: 1, InactiveThreshold: time.Minute,
		})
		if err != nil {
			yield(object{}, err)
			return
		}
		defer func() { _ = b.stream.DeleteConsumer(context.WithoutCancel(ctx), reader.CachedInfo().Name) }() // else it goes by itself
		for got := uint64(0); ; {
			page, err := collect(b.js.Conn())(reader.FetchNoWait(listPage))
			if err != nil {
				yield(object{}, err)
				return
			}
			for _, msg := range page {
				meta, err := msg.Metadata()
				if err != nil {
					yield(object{}, err)
					return
				}
				if got++; meta.Sequence.Consumer != got {
					yield(object{}, errPageLost)
					return
				}
				if meta.Sequence.Stream > info.State.LastSeq {
					return
				}
				o, ok := objectOf(msg.Data(), meta.Sequence.Stream, meta.Timestamp)
				if ok && strings.HasSuffix(msg.Subject(), "."+nameOf(scan.Digest(o.Name))) && !yield(o, nil) {
					return
				}
			}
			if len(page) > 0 {
				continue
			}
			if sent, err := reader.Info(ctx); err != nil || sent.Delivered.Consumer != got {
				yield(object{}, cmp.Or(err, errPageLost))
				return
			} else if sent.NumPending == 0 {
				return
			}
		}
	}
}
