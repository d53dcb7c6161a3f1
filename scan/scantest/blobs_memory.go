package scantest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// MemoryBlobs are [scan.Blobs] in memory, for tests: the zero value has none. They are safe for concurrent use.
type MemoryBlobs struct {
	mu  sync.Mutex
	all map[scan.Digest]kept
}

var _ scan.Blobs = (*MemoryBlobs)(nil)

type kept struct {
	data []byte
	at   time.Time
}

// Put implements [scan.Blobs].
func (b *MemoryBlobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	var data bytes.Buffer
	for {
		n, err := io.CopyN(&data, r, 64<<10)
		if ended := ctx.Err(); ended != nil {
			return "", 0, fmt.Errorf("scantest: put a blob: %w", ended)
		}
		if err == io.EOF && n < 64<<10 { //nolint:errorlint // CopyN returns it as it is
			break
		} else if err != nil {
			return "", 0, fmt.Errorf("scantest: put a blob: %w", err)
		}
	}
	d := scan.DigestOf(data.Bytes())
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.all == nil {
		b.all = map[scan.Digest]kept{}
	}
	b.all[d] = kept{data.Bytes(), time.Now()}
	return d, int64(data.Len()), nil
}

// Open implements [scan.Blobs].
func (b *MemoryBlobs) Open(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("scantest: open %s: %w", d, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	there, ok := b.all[d]
	if !ok {
		return nil, fmt.Errorf("scantest: open %s: %w", d, scan.ErrNoBlob)
	}
	return io.NopCloser(bytes.NewReader(there.data)), nil
}

// Delete implements [scan.Blobs].
func (b *MemoryBlobs) Delete(ctx context.Context, d scan.Digest) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("scantest: delete %s: %w", d, err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.all, d)
	return nil
}

// List implements [scan.Blobs]: it yields what there was when it began.
func (b *MemoryBlobs) List(ctx context.Context) iter.Seq2[scan.Blob, error] {
	return func(yield func(scan.Blob, error) bool) {
		b.mu.Lock()
		all := maps.Clone(b.all)
		b.mu.Unlock()
		for _, d := range slices.Sorted(maps.Keys(all)) {
			if err := ctx.Err(); err != nil {
				yield(scan.Blob{}, fmt.Errorf("scantest: list blobs: %w", err))
				return
			}
			if !yield(scan.Blob{Digest: d, Size: int64(len(all[d].data)), At: all[d].at}, nil) {
				return
			}
		}
	}
}
