package nats_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	natsio "github.com/nats-io/nats.go"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
)

// Whatever is put, replaced, deleted or fails, no chunk stays that belongs to nothing; what a killed program leaves is swept when it is old.
func TestNoChunkStays(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	bucket := fresh()
	b := blobs(t, js, bucket, nats.BlobsOptions{Max: 1 << 20})
	data := bytes.Repeat([]byte("x"), 300_000)
	has := func(when string, want int) {
		t.Helper()
		if n := chunks(t, js, bucket); n != want {
			t.Fatalf("%s: there are %d chunks; want %d", when, n, want)
		}
	}
	put(t, b, data)
	has("put", 3)
	put(t, b, data)
	has("put again", 3)
	if _, _, err := b.Put(t.Context(), io.MultiReader(bytes.NewReader(data), iotest.ErrReader(io.ErrClosedPipe))); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("Put of what breaks: %v", err)
	}
	has("the source broke", 3)
	if _, _, err := b.Put(t.Context(), bytes.NewReader(make([]byte, 1<<20+1))); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("Put of too much: %v", err)
	}
	has("it was too large", 3)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { put(t, b, data) })
	}
	all.Wait()
	has("many put the same", 3)
	_, err := js.PublishMsg(t.Context(), &natsio.Msg{Subject: "$O." + bucket + ".C.killed", Data: data})
	ok(t, err)
	if n, err := b.Sweep(t.Context()); n != 0 || err != nil {
		t.Fatalf("%d were swept, %v; somebody may be writing it", n, err)
	}
	nats.Age(b, 0)
	if n, err := b.Sweep(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d were swept, %v; want one", n, err)
	}
	has("swept", 3)
	ok(t, b.Delete(t.Context(), scan.DigestOf(data)))
	has("deleted", 0)
	if info, err := js.Stream(t.Context(), "OBJ_"+bucket); err != nil || info.CachedInfo().State.Msgs > 0 {
		t.Errorf("something is left of what was deleted (%v)", err)
	}
}

// Who writes for so long that it was swept gets an error.
func TestSlowSource(t *testing.T) {
	t.Parallel()
	b := blobs(t, connect(t, serve(t, t.TempDir())), fresh(), nats.BlobsOptions{})
	nats.Age(b, time.Millisecond)
	rest := strings.NewReader(strings.Repeat("slow", 100_000))
	if _, _, err := b.Put(t.Context(), readFunc(func(p []byte) (int, error) {
		<-time.After(time.Millisecond)
		return rest.Read(p)
	})); err == nil || !strings.Contains(err.Error(), "its source gave nothing for") {
		t.Errorf("Put of a slow source: %v", err)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// Who reads a blob while it is put again reads on; while it is deleted, that is said.
func TestReplacedWhileRead(t *testing.T) {
	t.Parallel()
	b := blobs(t, connect(t, serve(t, t.TempDir())), fresh(), nats.BlobsOptions{})
	data := make([]byte, 1_000_000)
	for i := range data {
		data[i] = byte(i / 1000)
	}
	d := put(t, b, data)
	r, err := b.Open(t.Context(), d)
	ok(t, err)
	got := make([]byte, 200_001)
	_, err = io.ReadFull(r, got)
	ok(t, err)
	put(t, b, data)
	more := make([]byte, 300_001)
	_, err = io.ReadFull(r, more)
	ok(t, err)
	put(t, b, data)
	rest, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(bytes.Join([][]byte{got, more, rest}, nil), data) {
		t.Errorf("%d bytes were read, and the end is %v; want %d bytes as they were put", len(got)+len(more)+len(rest), err, len(data))
	}
	r, err = b.Open(t.Context(), d)
	ok(t, err)
	ok(t, b.Delete(t.Context(), d))
	if _, err := io.ReadAll(r); !errors.Is(err, scan.ErrNoBlob) {
		t.Errorf("what was deleted before it was read: %v; want ErrNoBlob", err)
	}
	ok(t, r.Close())
	if _, err := r.Read(make([]byte, 1)); err == nil {
		t.Error("a reader that was closed reads")
	}
}

// A source that breaks off is not at its end, whatever its error has inside.
func TestPutBreaksOff(t *testing.T) {
	t.Parallel()
	b := blobs(t, connect(t, serve(t, t.TempDir())), fresh(), nats.BlobsOptions{})
	broken := fmt.Errorf("the connection broke: %w", io.EOF)
	if d, n, err := b.Put(t.Context(), io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("Put returned %s, %d and %v; want the error of the source", d, n, err)
	}
}
