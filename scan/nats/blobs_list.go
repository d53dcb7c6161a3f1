package nats

import (
	"context"
	"errors"
	"iter"
	"maps"
	"slices"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

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

// objects yields what is stored about all objects that there were when it began. It asks the leader of the stream, for the names and then about each: what
// a consumer yields can be of a server that is behind, and nobody hears of what is lost on the way.
func (b *Blobs) objects(ctx context.Context) iter.Seq2[object, error] {
	return func(yield func(object, error) bool) {
		info, err := b.stream.Info(ctx, jetstream.WithSubjectFilter(b.metaSubject(">")))
		if err != nil {
			yield(object{}, err)
			return
		}
		for subjects := range slices.Chunk(slices.Collect(maps.Keys(info.State.Subjects)), listPage) {
			page, err := b.page(ctx, subjects)
			if err != nil {
				yield(object{}, err)
				return
			}
			for i, o := range page {
				if o.NUID != "" && subjects[i] == b.metaSubject(nameOf(scan.Digest(o.Name))) && !yield(o, nil) {
					return
				}
			}
		}
	}
}

// page returns what is stored about the objects of some subjects.
func (b *Blobs) page(ctx context.Context, subjects []string) ([]object, error) {
	page, errs := make([]object, len(subjects)), make([]error, len(subjects))
	var all sync.WaitGroup
	for i, subject := range subjects {
		all.Go(func() { page[i], errs[i] = b.look(ctx, subject) })
	}
	all.Wait()
	return page, errors.Join(errs...)
}
