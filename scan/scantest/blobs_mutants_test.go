package scantest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/internal/recordtest"
	"github.com/reeve-go/reeve/scan"
)

// BrokenBlobs are blobs of which each method can be replaced. They tell of what is corrupt, as those that keep it in memory need not.
type brokenBlobs struct {
	put    func(ctx context.Context, r io.Reader) (scan.Digest, int64, error)
	open   func(ctx context.Context, d scan.Digest) (io.ReadCloser, error)
	delete func(ctx context.Context, d scan.Digest) error
	list   func(ctx context.Context) iter.Seq2[scan.Blob, error]

	again   func() scan.Blobs // opens them once more
	mu      sync.Mutex
	corrupt map[scan.Digest]bool
}

func (b *brokenBlobs) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	return b.put(ctx, r)
}

func (b *brokenBlobs) Open(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
	return b.open(ctx, d)
}

func (b *brokenBlobs) Delete(ctx context.Context, d scan.Digest) error { return b.delete(ctx, d) }

func (b *brokenBlobs) List(ctx context.Context) iter.Seq2[scan.Blob, error] { return b.list(ctx) }

// newBrokenBlobs returns some that break nothing yet.
func newBrokenBlobs() *brokenBlobs {
	var right MemoryBlobs
	b := &brokenBlobs{list: right.List, delete: right.Delete, corrupt: map[scan.Digest]bool{}}
	b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
		d, n, err := right.Put(ctx, r)
		b.spoil(d, false)
		return d, n, err
	}
	b.open = func(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
		r, err := right.Open(ctx, d)
		if err == nil && b.isSpoilt(d) {
			r = io.NopCloser(io.MultiReader(r, failing{scan.ErrCorrupt}))
		}
		return r, err
	}
	b.again = func() scan.Blobs { return b }
	return b
}

func (b *brokenBlobs) spoil(d scan.Digest, corrupt bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.corrupt[d] = corrupt
}

func (b *brokenBlobs) isSpoilt(d scan.Digest) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.corrupt[d]
}

// Failing is a reader that does nothing else.
type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

// puts has them put something else.
func (b *brokenBlobs) puts(what func(io.Reader) io.Reader) {
	put := b.put
	b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) { return put(ctx, what(r)) }
}

// lists has them list something else.
func (b *brokenBlobs) lists(what func(*scan.Blob) (listed bool)) {
	list := b.list
	b.list = func(ctx context.Context) iter.Seq2[scan.Blob, error] {
		return func(yield func(scan.Blob, error) bool) {
			for blob, err := range list(ctx) {
				if what(&blob) && !yield(blob, err) {
					return
				}
			}
		}
	}
}

// A blobsMutant breaks one thing.
type blobsMutant struct {
	name string
	// law is the one that must tell. Others may.
	law    string
	breaks func(*brokenBlobs)
}

// TestBlobsMutants shows that the suite is worth something: each thing that blobs can get wrong is told by the law that is
// named for it.
func TestBlobsMutants(t *testing.T) {
	t.Parallel()
	var byRandom atomic.Int32
	t.Cleanup(func() { t.Logf("of %d mutants random operations told %d", len(blobsMutants()), byRandom.Load()) })
	for _, m := range blobsMutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			told := false
			for _, l := range blobsLaws() {
				switch l.name {
				case m.law:
					// Who waits a moment, so that others come meanwhile, waits for all of them.
					synctest.Test(t, func(t *testing.T) { told = m.tells(t, l) })
				case randomBlobsLaw:
					if m.tells(t, l) {
						byRandom.Add(1)
					}
				}
			}
			if !told {
				t.Errorf("%q finds nothing wrong; it must", m.law)
			}
		})
	}
}

const randomBlobsLaw = "random operations do what a map does"

// tells reports whether a law fails on the mutant.
func (m blobsMutant) tells(t *testing.T, l blobsLaw) bool {
	t.Helper()
	r := &recordtest.Recorder{TB: t}
	r.Run(func() { l.check(m.kit().scene(r)) })
	if l.name == m.law {
		t.Log(strings.Join(r.Lines(), "\n"))
	}
	return r.Failed()
}

func (m blobsMutant) kit() blobsKit {
	return blobsKit{
		BlobsOptions: BlobsOptions{
			Reopen:  func(_ testing.TB, b scan.Blobs) scan.Blobs { return b.(*brokenBlobs).again() },
			Corrupt: func(_ testing.TB, b scan.Blobs, d scan.Digest) { b.(*brokenBlobs).spoil(d, true) },
			Large:   1 << 20,
		},
		open: func(testing.TB) scan.Blobs {
			b := newBrokenBlobs()
			m.breaks(b)
			return b
		},
	}
}

// Nothing is told of what breaks nothing.
func TestUnbrokenBlobs(t *testing.T) {
	t.Parallel()
	k := blobsMutant{breaks: func(*brokenBlobs) {}}.kit()
	TestBlobs(t, k.open, &k.BlobsOptions)
}

func TestEveryBlobsLawTells(t *testing.T) {
	t.Parallel()
	for _, l := range blobsLaws() {
		if l.name != randomBlobsLaw && !slices.ContainsFunc(blobsMutants(), func(m blobsMutant) bool { return m.law == l.name }) {
			t.Errorf("no mutant breaks %q; one must", l.name)
		}
	}
}

func blobsMutants() []blobsMutant {
	return slices.Concat(putMutants(), openMutants(), listMutants())
}

func putMutants() []blobsMutant {
	return []blobsMutant{
		{"it says that it has put", "what is put is there, under its digest", func(b *brokenBlobs) {
			b.put = func(_ context.Context, r io.Reader) (scan.Digest, int64, error) {
				data, err := io.ReadAll(r)
				return scan.DigestOf(data), int64(len(data)), err
			}
		}},
		{"the name is in upper case", "what is put is there, under its digest", func(b *brokenBlobs) {
			put := b.put
			b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
				d, n, err := put(ctx, r)
				return scan.Digest(strings.ToUpper(string(d))), n, err
			}
		}},
		{"the size is not counted", "what is put is there, under its digest", func(b *brokenBlobs) {
			put := b.put
			b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
				d, _, err := put(ctx, r)
				return d, -1, err
			}
		}},
		{"what is there is an error", "to put twice is to put once", func(b *brokenBlobs) {
			put, seen := b.put, map[scan.Digest]bool{}
			b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
				d, n, err := put(ctx, r)
				if seen[d] {
					err = errors.New("it is there")
				}
				seen[d] = true
				return d, n, err
			}
		}},
		{"the time of the first put stays", "what is put is as young as its last put", func(b *brokenBlobs) {
			first := map[scan.Digest]time.Time{}
			b.lists(func(blob *scan.Blob) bool {
				if _, seen := first[blob.Digest]; !seen {
					first[blob.Digest] = blob.At
				}
				blob.At = first[blob.Digest]
				return true
			})
		}},
		{"there is no time", "what is put is as young as its last put", func(b *brokenBlobs) {
			b.lists(func(blob *scan.Blob) bool { blob.At = time.Time{}; return true })
		}},
		{"blobs are texts", "a blob is any bytes, and none", func(b *brokenBlobs) {
			b.puts(func(r io.Reader) io.Reader {
				data, err := io.ReadAll(r)
				return io.MultiReader(bytes.NewReader(bytes.ToValidUTF8(data, nil)), ends(err))
			})
		}},
		{"none is nothing", "a blob is any bytes, and none", func(b *brokenBlobs) {
			put := b.put
			b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
				d, n, err := put(ctx, r)
				if n == 0 && err == nil {
					err = errors.New("it is empty")
				}
				return d, n, err
			}
		}},
		{"only a first piece is read", "a large blob is read as it comes", func(b *brokenBlobs) {
			b.puts(func(r io.Reader) io.Reader { return io.LimitReader(r, 500_000) })
		}},
		{"a short read is the end", "a large blob is read as it comes", func(b *brokenBlobs) {
			b.puts(func(r io.Reader) io.Reader {
				piece := make([]byte, 200_000)
				n, err := r.Read(piece)
				return io.MultiReader(bytes.NewReader(piece[:n]), ends(err))
			})
		}},
		{"a broken source is a short one", "what cannot be read to its end is not kept", func(b *brokenBlobs) {
			b.puts(func(r io.Reader) io.Reader {
				data, _ := io.ReadAll(r)
				return bytes.NewReader(data)
			})
		}},
		{"what breaks is kept, and told", "what cannot be read to its end is not kept", func(b *brokenBlobs) {
			put := b.put
			b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
				data, broken := io.ReadAll(io.LimitReader(r, 10<<20))
				d, n, err := put(ctx, bytes.NewReader(data))
				return d, n, errors.Join(err, broken)
			}
		}},
		{"what ends with an error is at its end, if that has one inside", "an error that has the end inside is not the end", func(b *brokenBlobs) {
			b.puts(func(r io.Reader) io.Reader { return unwrapping{r} })
		}},
		{"it goes on when it is to end", "a call returns when its context ends", func(b *brokenBlobs) {
			put := b.put
			b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
				return put(context.WithoutCancel(ctx), io.LimitReader(r, 10<<20))
			}
		}},
		{"contenders write into one another", "contenders see whole blobs", func(b *brokenBlobs) {
			open, busy := b.open, make(chan struct{}, 1)
			b.open = func(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
				r, err := open(ctx, d)
				select {
				case busy <- struct{}{}:
					defer func() { time.Sleep(time.Millisecond); <-busy }()
				default:
					if err == nil {
						r = io.NopCloser(io.LimitReader(r, 1000))
					}
				}
				return r, err
			}
		}},
		{"they forget", "what was put is there when they are opened again", func(b *brokenBlobs) {
			b.again = func() scan.Blobs { return newBrokenBlobs() }
		}},
	}
}

// ends is the end of a reader that ended so.
func ends(err error) io.Reader {
	if err == nil {
		err = io.EOF
	}
	return failing{err}
}

// Unwrapping is a reader that takes any error with the end inside for the end.
type unwrapping struct{ io.Reader }

func (u unwrapping) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return n, err
}

func openMutants() []blobsMutant {
	return []blobsMutant{
		{"what is not there is empty", "what is not there is told", func(b *brokenBlobs) {
			open := b.open
			b.open = func(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
				r, err := open(ctx, d)
				if errors.Is(err, scan.ErrNoBlob) {
					return io.NopCloser(bytes.NewReader(nil)), nil
				}
				return r, err
			}
		}},
		{"what is not there is any error", "what is not there is told", func(b *brokenBlobs) {
			open := b.open
			b.open = func(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
				r, err := open(ctx, d)
				if err != nil {
					err = fmt.Errorf("it is not there: %v", err) //nolint:errorlint // that is what is wrong
				}
				return r, err
			}
		}},
		{"names are folded", "names that are no digests lead nowhere", func(b *brokenBlobs) {
			open := b.open
			b.open = func(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
				return open(ctx, scan.Digest(strings.TrimSpace(strings.ToLower(string(d)))))
			}
		}},
		{"names are cut", "names that are no digests lead nowhere", func(b *brokenBlobs) {
			del := b.delete
			b.delete = func(ctx context.Context, d scan.Digest) error { return del(ctx, d[:min(len(d), 71)]) }
		}},
		{"what is open cannot be deleted from under", "a blob can be read by many, in part, and while it is deleted", func(b *brokenBlobs) {
			open := b.open
			b.open = func(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
				r, err := open(ctx, d)
				if err != nil {
					return nil, err
				}
				return &afresh{ReadCloser: r, gone: func() bool { _, err := open(ctx, d); return err != nil }}, nil
			}
		}},
		{"what is corrupt is read", "what has become corrupt is told", func(b *brokenBlobs) {
			open := b.open
			b.open = func(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
				b.spoil(d, false)
				return open(ctx, d)
			}
		}},
		{"what is there is not written again", "what has become corrupt can be put again", func(b *brokenBlobs) {
			put := b.put
			b.put = func(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
				data, err := io.ReadAll(r)
				if d := scan.DigestOf(data); b.isSpoilt(d) {
					return d, int64(len(data)), err
				}
				return put(ctx, bytes.NewReader(data))
			}
		}},
	}
}

// Afresh reads zeros when what it reads was deleted.
type afresh struct {
	io.ReadCloser

	gone func() bool
}

func (a *afresh) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	if a.gone() {
		clear(p[:n])
	}
	return n, err
}

func listMutants() []blobsMutant {
	return []blobsMutant{
		{"something is there from the start", "new blobs are empty", func(b *brokenBlobs) {
			_, _, _ = b.put(context.Background(), strings.NewReader("the readme"))
		}},
		{"deleting does nothing", "deleting removes, and twice is no error", func(b *brokenBlobs) {
			b.delete = func(context.Context, scan.Digest) error { return nil }
		}},
		{"deleting what is not there is an error", "deleting removes, and twice is no error", func(b *brokenBlobs) {
			del := b.delete
			b.delete = func(ctx context.Context, d scan.Digest) error {
				if _, err := b.open(ctx, d); err != nil {
					return err
				}
				return del(ctx, d)
			}
		}},
		{"deleting one deletes all", "deleting removes, and twice is no error", func(b *brokenBlobs) {
			del := b.delete
			b.delete = func(ctx context.Context, _ scan.Digest) error {
				for blob, err := range b.list(ctx) {
					if err = errors.Join(err, del(ctx, blob.Digest)); err != nil {
						return err
					}
				}
				return nil
			}
		}},
		{"a listing is one page", "all blobs are listed, and no others", func(b *brokenBlobs) {
			n := 0
			b.lists(func(*scan.Blob) bool { n++; return n <= 100 })
			list := b.list
			b.list = func(ctx context.Context) iter.Seq2[scan.Blob, error] { n = 0; return list(ctx) }
		}},
		{"a listing has no sizes", "all blobs are listed, and no others", func(b *brokenBlobs) {
			b.lists(func(blob *scan.Blob) bool { blob.Size = 0; return true })
		}},
		{"a listing cannot be left", "a listing can be left, and what it lists deleted", func(b *brokenBlobs) {
			list := b.list
			b.list = func(ctx context.Context) iter.Seq2[scan.Blob, error] {
				return func(yield func(scan.Blob, error) bool) {
					for blob, err := range list(ctx) {
						yield(blob, err)
					}
				}
			}
		}},
		{"what is deleted ends a listing", "a listing can be left, and what it lists deleted", func(b *brokenBlobs) {
			list := b.list
			b.list = func(ctx context.Context) iter.Seq2[scan.Blob, error] {
				return func(yield func(scan.Blob, error) bool) {
					for blob, err := range list(ctx) {
						if !yield(blob, err) {
							return
						}
						if _, err := b.open(ctx, blob.Digest); err != nil {
							yield(scan.Blob{}, err)
							return
						}
					}
				}
			}
		}},
	}
}
