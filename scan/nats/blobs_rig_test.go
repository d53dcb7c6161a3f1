package nats_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
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
