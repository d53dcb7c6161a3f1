package scantest

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
)

// A blobsKit is what the suite is given.
type blobsKit struct {
	BlobsOptions

	open func(t testing.TB) scan.Blobs
}

// A blobsScene is what a law plays in: empty blobs.
type blobsScene struct {
	rapid.TB // who is told: the test, or one check of the random ones
	blobsKit

	ctx   context.Context
	test  testing.TB
	blobs scan.Blobs
}

func (k blobsKit) scene(t testing.TB) *blobsScene {
	t.Helper()
	k.Large = cmp.Or(k.Large, 8<<20)
	s := &blobsScene{TB: t, blobsKit: k, ctx: t.Context(), test: t, blobs: k.open(t)}
	if s.blobs == nil {
		t.Fatal("scantest: the function that opens blobs has returned none")
	}
	return s
}

func (s *blobsScene) put(data []byte) scan.Digest {
	s.Helper()
	d, n, err := s.blobs.Put(s.ctx, bytes.NewReader(data))
	if err != nil {
		s.Fatalf("Put of %s: %v; it must succeed", shown(data), err)
	}
	if want := scan.DigestOf(data); d != want || n != int64(len(data)) {
		s.Fatalf("Put of %s returned %q and %d; it must return %q and %d", shown(data), d, n, want, len(data))
	}
	return d
}

func (s *blobsScene) delete(d scan.Digest) {
	s.Helper()
	if err := s.blobs.Delete(s.ctx, d); err != nil {
		s.Fatalf("Delete of %s: %v; it must succeed, whether there is something or not", d, err)
	}
}

// read reads a blob to its end, or the error it ends with.
func (s *blobsScene) read(d scan.Digest) ([]byte, error) {
	r, err := s.blobs.Open(s.ctx, d)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(r)
	if closed := r.Close(); err == nil {
		err = closed
	}
	return data, err
}

// holds demands that these bytes are there.
func (s *blobsScene) holds(data []byte) {
	s.Helper()
	got, err := s.read(scan.DigestOf(data))
	if err != nil || !bytes.Equal(got, data) {
		s.Fatalf("what was put as %s is read as %s, and ends with %v; it must be read as it was put", shown(data), shown(got), err)
	}
}

// lacks demands that nothing is there under a digest.
func (s *blobsScene) lacks(d scan.Digest) {
	s.Helper()
	if r, err := s.blobs.Open(s.ctx, d); !errors.Is(err, scan.ErrNoBlob) {
		if err == nil {
			_ = r.Close()
		}
		s.Fatalf("Open of %q, under which nothing is kept: the error is %v; it must be ErrNoBlob", d, err)
	}
}

// lists demands that these are listed, in any order.
func (s *blobsScene) lists(want ...[]byte) []scan.Blob {
	s.Helper()
	var all []scan.Blob
	got := map[scan.Digest]int64{}
	for b, err := range s.blobs.List(s.ctx) {
		if err != nil {
			s.Fatalf("List: %v; it must succeed", err)
		}
		if _, twice := got[b.Digest]; twice {
			s.Fatalf("List yields %s twice", b.Digest)
		}
		got[b.Digest] = b.Size
		all = append(all, b)
	}
	for _, data := range want {
		if size, ok := got[scan.DigestOf(data)]; !ok || size != int64(len(data)) {
			s.Fatalf("List: %s is there: %v, with %d bytes; it must be there, with %d", shown(data), ok, size, len(data))
		}
		delete(got, scan.DigestOf(data))
	}
	if len(got) > 0 {
		s.Fatalf("List yields %v, which nobody has put", got)
	}
	return slices.SortedFunc(slices.Values(all), func(a, b scan.Blob) int { return cmp.Compare(a.Digest, b.Digest) })
}

// pause lets a moment pass.
func (s *blobsScene) pause() {
	timer := time.NewTimer(20 * time.Millisecond)
	defer timer.Stop()
	<-timer.C
}
