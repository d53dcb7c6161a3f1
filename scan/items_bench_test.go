package scan

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"

	"golang.org/x/sync/errgroup"
)

// benchFacts is as many small facts as a large system has files.
const benchFacts = 200_000

type benchFact struct {
	Size   int64  `json:"size"`
	Mode   string `json:"mode"`
	Digest string `json:"digest"`
}

func benchResult(b *testing.B, blobs Blobs, workers, changed int) Result {
	b.Helper()
	i := newTestInspector(b, blobs, InspectorOptions{Temp: b.TempDir()}, scriptOf("facts", func(_ context.Context, _ Input, emit Emit) error {
		var all errgroup.Group
		for w := range workers {
			all.Go(func() error {
				fact := &benchFact{Mode: "-rw-r--r--", Digest: string(DigestOf(nil))}
				key := []byte("usr/share/doc/000000/copyright")
				for n := w; n < benchFacts; n += workers {
					copy(key[14:], fmt.Sprintf("%06d", n*7919%benchFacts))
					fact.Size = int64(n)
					if n < changed {
						fact.Size = -1
					}
					if err := emit(string(key), fact); err != nil {
						return err
					}
				}
				return nil
			})
		}
		return all.Wait()
	}))
	results, err := i.Inspect(b.Context(), fstest.MapFS{}, Inspection{Target: "t", Content: "c", Categories: categories("facts")})
	if err != nil || results[0].Items != benchFacts {
		b.Fatal(err, results)
	}
	return results[0]
}

// BenchmarkEmit is what it costs to emit, to order and to store the facts.
func BenchmarkEmit(b *testing.B) {
	for _, workers := range []int{1, 2} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := benchResult(b, newHeapBlobs(), workers, 0)
				b.SetBytes(r.Bytes)
			}
		})
	}
}

// BenchmarkItems is what it costs to read them.
func BenchmarkItems(b *testing.B) {
	blobs := newHeapBlobs()
	r := benchResult(b, blobs, 1, 0)
	b.SetBytes(r.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		if n, err := lastError(b.Context(), blobs, r); err != nil || n != benchFacts {
			b.Fatal(n, err)
		}
	}
}

// BenchmarkDiff is what it costs to compare them with as many, of which a hundred have changed.
func BenchmarkDiff(b *testing.B) {
	blobs := newHeapBlobs()
	was, is := benchResult(b, blobs, 1, 0), benchResult(b, blobs, 1, 100)
	b.SetBytes(was.Bytes + is.Bytes)
	b.ReportAllocs()
	for b.Loop() {
		if n := len(allChanges(b, blobs, was, is)); n != 100 {
			b.Fatal(n)
		}
	}
}

// BenchmarkUnchanged is what it costs to find that content of a known name was looked into before.
func BenchmarkUnchanged(b *testing.B) {
	blobs := newHeapBlobs()
	i := newTestInspector(b, blobs, InspectorOptions{}, scriptOf("facts", oneFact))
	in := Inspection{Target: "t", Content: "c", Categories: categories("facts")}
	var err error
	if in.Known, err = i.Inspect(b.Context(), fstest.MapFS{}, in); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if results, err := i.Inspect(b.Context(), fstest.MapFS{}, in); err != nil || !results[0].Reused {
			b.Fatal(err, results)
		}
	}
}
