package nats_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
	"github.com/reeve-go/reeve/scan/scantest"
)

// What blobs can do on a real server; the second program has a connection of its own.
func TestBlobs(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	js, elsewhere := connect(t, s), connect(t, s)
	var buckets sync.Map // by blobs
	scantest.TestBlobs(t, func(t testing.TB) scan.Blobs {
		bucket := fresh()
		b := blobs(t, js, bucket, nats.BlobsOptions{Storage: jetstream.MemoryStorage})
		buckets.Store(b, bucket)
		return b
	}, &scantest.BlobsOptions{
		Reopen: func(t testing.TB, b scan.Blobs) scan.Blobs {
			bucket, _ := buckets.Load(b)
			return blobs(t, elsewhere, bucket.(string), nats.BlobsOptions{})
		},
		Corrupt: func(t testing.TB, b scan.Blobs, d scan.Digest) {
			bucket, _ := buckets.Load(b)
			corrupt(t, js, bucket.(string), d)
		},
	})
}

// Blobs are objects that other programs read, and what else is in the bucket is left alone.
func TestObjects(t *testing.T) {
	t.Parallel()
	js := connect(t, serve(t, t.TempDir()))
	bucket := fresh()
	b := blobs(t, js, bucket, nats.BlobsOptions{Compress: true})
	store, err := js.ObjectStore(t.Context(), bucket)
	ok(t, err)
	data := bytes.Repeat([]byte("0123456789"), 50_000)
	d := put(t, b, data)
	if got, err := store.GetBytes(t.Context(), string(d)); err != nil || !bytes.Equal(got, data) {
		t.Errorf("another program reads %d bytes, and ends with %v; want %d", len(got), err, len(data))
	}
	theirs := []byte("theirs")
	for _, name := range []string{"notes.txt", string(scan.DigestOf(theirs))} {
		_, err = store.PutBytes(t.Context(), name, theirs)
		ok(t, err)
	}
	r, err := b.Open(t.Context(), scan.DigestOf(theirs))
	ok(t, err)
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, theirs) {
		t.Errorf("what another program has put is read as %q, and ends with %v", got, err)
	}
	ok(t, store.Delete(t.Context(), string(scan.DigestOf(theirs))))
	if _, err := b.Open(t.Context(), scan.DigestOf(theirs)); !errors.Is(err, scan.ErrNoBlob) {
		t.Errorf("what another program has deleted: %v; want ErrNoBlob", err)
	}
	put(t, b, theirs)
	ok(t, b.Delete(t.Context(), scan.DigestOf(theirs)))
	nats.Age(b, 0)
	if n, err := b.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("%d were swept, %v; want none", n, err)
	}
	n := 0
	for one, err := range b.List(t.Context()) {
		ok(t, err)
		if n++; one.Digest != d {
			t.Errorf("%s is listed; want %s alone", one.Digest, d)
		}
	}
	if got, err := store.GetBytes(t.Context(), "notes.txt"); n != 1 || err != nil || !bytes.Equal(got, theirs) {
		t.Errorf("%d blobs are listed, and another program's object is %q, %v", n, got, err)
	}
}

func TestBlobsRefuse(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	js := connect(t, s)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "OBJ_foreign", Subjects: []string{"foreign.>"}})
	ok(t, err)
	for says, err := range map[string]error{
		"there is no JetStream": func() error { _, err := nats.NewBlobs(t.Context(), nil, "b", nil); return err }(),
		"1 to 64 letters":       func() error { _, err := nats.NewBlobs(t.Context(), js, "a.b", nil); return err }(),
		"is another's":          func() error { _, err := nats.NewBlobs(t.Context(), js, "foreign", nil); return err }(),
	} {
		if err == nil || !strings.HasPrefix(err.Error(), "nats: blobs in ") || !strings.Contains(err.Error(), says) {
			t.Errorf("the error is %v; want %q in it", err, says)
		}
	}
	b := blobs(t, js, fresh(), nats.BlobsOptions{MaxBytes: 10_000})
	if _, _, err := b.Put(t.Context(), bytes.NewReader(make([]byte, 20_000))); err == nil {
		t.Error("Put of more than has room succeeds")
	}
	s.stop()
	ctx, cancel := contextFor(t, 50*time.Millisecond)
	defer cancel()
	if _, err := b.Open(ctx, scan.DigestOf(nil)); err == nil || errors.Is(err, scan.ErrNoBlob) {
		t.Errorf("Open while there is no server: %v; it must not be said that there is no blob", err)
	}
}

// What was put is there when the server was restarted.
func TestBlobsRestarted(t *testing.T) {
	t.Parallel()
	s := serve(t, t.TempDir())
	js := connect(t, s)
	b := blobs(t, js, fresh(), nats.BlobsOptions{})
	data := bytes.Repeat([]byte("0123456789"), 100_000)
	d := put(t, b, data)
	r, err := b.Open(t.Context(), d)
	ok(t, err)
	first := make([]byte, 200_000)
	_, err = io.ReadFull(r, first)
	ok(t, err)
	s.restart(t, js, func() {})
	rest, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(append(first, rest...), data) {
		t.Errorf("%d bytes were read, and the end is %v; want %d", len(first)+len(rest), err, len(data))
	}
}
