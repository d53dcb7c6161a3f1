package nats

import (
	"context"
	"iter"

	"github.com/reeve-go/reeve/scan"
)

// List implements [scan.Blobs].
func (b *Blobs) List(ctx context.Context) iter.Seq2[scan.Blob, error] {
	return func(yield func(scan.Blob, error) bool) {
		for o, err := range b.objects(perRequest(ctx)) {
			if err != nil {
				yield(scan.Blob{}, b.failed(ctx, "list", err))
				return
			}
			d := scan.Digest(o.Name)
			if d.Check() == nil && !yield(scan.Blob{Digest: d, Size: int64(o.Size), At: o.at}, nil) { //nolint:gosec // no blob is that large
				return
			}
		}
	}
}

// listPage is how many objects are asked for at a time.
const listPage = 64

// objects yields what is stored about all objects that there were when it began.
func (b *Blobs) objects(ctx context.Context) iter.Seq2[object, error] {
	return subjects(ctx, b.stream, b.metaSubject(">"), listPage, func(subject string) (object, bool, error) {
		o, err := b.look(ctx, subject)
		return o, o.NUID != "" && subject == b.metaSubject(nameOf(scan.Digest(o.Name))), err
	})
}
