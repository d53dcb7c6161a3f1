package nats_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	natsio "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
	"github.com/reeve-go/reeve/scan/scantest"
)

func blobs(t testing.TB, js jetstream.JetStream, bucket string, o nats.BlobsOptions) *nats.Blobs {
	t.Helper()
	b, err := nats.NewBlobs(context.WithoutCancel(t.Context()), js, bucket, &o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t testing.TB, b scan.Blobs, data []byte) scan.Digest {
	t.Helper()
	d, n, err := b.Put(t.Context(), bytes.NewReader(data))
	if err != nil || n != int64(len(data)) {
		t.Fatalf("Put of %d bytes returned %d and %v", len(data), n, err)
	}
	return d
}

// chunks returns how many chunks there are, of which object whatever.
func chunks(t testing.TB, js jetstream.JetStream, bucket string) int {
	t.Helper()
	s, err := js.Stream(t.Context(), "OBJ_"+bucket)
	ok(t, err)
	info, err := s.Info(t.Context(), jetstream.WithSubjectFilter("$O."+bucket+".C.>"))
	ok(t, err)
	n := 0
	for _, some := range info.State.Subjects {
		n += int(some)
	}
	return n
}

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

// corrupt changes the first chunk of a blob.
func corrupt(t testing.TB, js jetstream.JetStream, bucket string, d scan.Digest) {
	t.Helper()
	store, err := js.ObjectStore(t.Context(), bucket)
	ok(t, err)
	info, err := store.GetInfo(t.Context(), string(d))
	ok(t, err)
	s, err := js.Stream(t.Context(), "OBJ_"+bucket)
	ok(t, err)
	subject := "$O." + bucket + ".C." + info.NUID
	first, err := s.GetMsg(t.Context(), 1, jetstream.WithGetMsgSubject(subject))
	ok(t, err)
	ok(t, s.DeleteMsg(t.Context(), first.Sequence))
	if info.Chunks == 1 {
		_, err = js.Publish(t.Context(), subject, append([]byte("!"), first.Data[1:]...))
		ok(t, err)
	}
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
