package existing

import (
	"context"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan/legacy"
)

// A Bucket is objects in memory. It is safe for concurrent use.
type Bucket struct {
	mu      sync.Mutex
	objects map[string]object
}

type object struct {
	content string
	at      time.Time
}

var _ legacy.Objects = (*Bucket)(nil)

// Put keeps an object.
func (b *Bucket) Put(key, content string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.objects == nil {
		b.objects = map[string]object{}
	}
	b.objects[key] = object{content, time.Now()}
}

// Get implements [legacy.Objects].
func (b *Bucket) Get(_ context.Context, key string) (io.ReadCloser, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	o, ok := b.objects[key]
	if !ok {
		return nil, legacy.ErrNoObject
	}
	return io.NopCloser(strings.NewReader(o.content)), nil
}

// Delete implements [legacy.Objects].
func (b *Bucket) Delete(_ context.Context, key string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, key)
	return nil
}

// List implements [legacy.Objects].
func (b *Bucket) List(_ context.Context, prefix string) iter.Seq2[legacy.Object, error] {
	return func(yield func(legacy.Object, error) bool) {
		b.mu.Lock()
		all := maps.Clone(b.objects)
		b.mu.Unlock()
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if strings.HasPrefix(key, prefix) && !yield(legacy.Object{Key: key, Modified: all[key].at}, nil) {
				return
			}
		}
	}
}
