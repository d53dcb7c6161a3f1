package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// A question that waits still, while its agent asks it again, as it hears nothing, ends: the second one is answered.
func TestAskedAgainMeanwhile(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		far := r.near("far")
		got := make(chan []string, 2)
		for range 2 {
			go func() { got <- far.receive("same", 1) }()
			time.Sleep(time.Second)
		}
		r.ask("j", 1)
		if first := <-got; len(first) != 0 {
			t.Errorf("the first is answered %q", first)
		}
		if second := <-got; len(second) != 1 {
			t.Errorf("the second is answered %q", second)
		}
	})
}

// An agent that is revoked while it waits is given nothing, and has no more to say about what it had.
func TestRevokedWhileWaiting(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		far, other := r.place("far"), r.place("other")
		r.ask("i", 1)
		had := r.take(far.Requests)
		failed := make(chan error)
		go func() {
			_, err := far.Requests.Receive(t.Context(), 1, time.Hour)
			failed <- err
		}()
		time.Sleep(time.Second)
		r.ok(r.Revoke(t.Context(), "far"))
		r.ask("j", 1)
		if err := <-failed; !errors.Is(err, remote.ErrRefused) {
			t.Errorf("it is told %v", err)
		}
		if d := r.take(other.Requests); d.Message().Key != "j/1" || d.Attempt() != 2 {
			t.Errorf("the other is given %s as attempt %d", d.Message().Key, d.Attempt())
		}
		if err := had.Ack(t.Context()); !errors.Is(err, remote.ErrRefused) {
			t.Errorf("it acks: %v", err)
		}
	})
}

// What an agent says twice is there once, what it says under another's key is there beside, and it may say so when its lease is lost.
func TestReplies(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	mine, theirs := s.evil.reply("mine", 1, ""), s.good.reply("theirs", 1, s.goodBlob)
	if got := s.evil.do("POST", "/v1/deliveries/"+s.mine+"/retry", object{"operation": "x"}); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	for _, said := range []struct {
		by    *stranger
		reply scan.Reply
		want  int
	}{{s.evil, mine, 1}, {s.evil, mine, 1}, {s.good, theirs, 2}, {s.good, theirs, 2}, {s.good, s.good.reply("theirs", 1, s.knownBlob), 3}} {
		if got := said.by.send("key", said.reply); got.status != http.StatusOK {
			t.Errorf("%d %s", got.status, got.body)
		}
		if n := s.replied(); n != said.want {
			t.Errorf("there are %d replies; %d are right", n, said.want)
		}
	}
}

// Also by several questions at once an agent gets no more requests than it may have.
func TestWidth(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Width = 3 }, func(t *testing.T, r *venue) {
		far := r.near("far")
		got := make(chan []string, 4)
		for i := range cap(got) {
			go func() { got <- far.receive(itoa(i), 2) }()
		}
		time.Sleep(time.Second)
		for i := range 10 {
			r.ask("j", i+1)
		}
		n := 0
		for range cap(got) {
			n += len(<-got)
		}
		stats, err := r.requests.Stats(t.Context())
		r.ok(err)
		if n != 3 || stats.Leased != 3 || stats.Ready != 7 {
			t.Errorf("it has %d of 10 requests, which are %+v; 3 are right, and 7 that are ready", n, stats)
		}
	})
}

// An agent reads the results that its requests name.
func TestKnown(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	if got := s.good.do("GET", "/v1/blobs/"+string(s.knownBlob), nil); got.status != http.StatusOK || string(got.body) != "found before" {
		t.Errorf("%d %s", got.status, got.body)
	}
}

// Of what an agent was given and has put the oldest is forgotten when there is much.
func TestNotes(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		far := r.place("far")
		r.ask("old", 1)
		old := r.take(far.Requests)
		time.Sleep(time.Second)
		r.ok(r.Clutter(t.Context(), "far", 2000, 0))
		time.Sleep(time.Second)
		r.ask("new", 1)
		d := r.take(far.Requests)
		r.ok(errors.Join(old.Ack(t.Context()), d.Ack(t.Context())))
		names, err := r.Noted(t.Context(), "far")
		r.ok(err)
		if len(names) > 1001 {
			t.Errorf("%d things are noted", len(names))
		}
		for job, want := range map[string]bool{"old": false, "new": true} {
			reply, err := scan.EncodeReply(scan.Reply{
				Agent: "far", Job: job, Epoch: 1, Seq: 1, Last: true, Results: []scan.Result{{Category: "facts", Outcome: scan.Empty, Digest: scan.DigestOf(nil)}},
			})
			r.ok(err)
			if err := far.Replies.Send(t.Context(), scan.Message{Key: job, Body: reply}); (err == nil) != want {
				t.Errorf("a reply for the %s request: %v", job, err)
			}
		}
	})
}

// What an agent is not for, it says it cannot.
func TestUnsupported(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		w := r.place("far")
		_, received := w.Replies.Receive(t.Context(), 1, time.Minute)
		all := []error{w.Requests.Send(t.Context(), scan.Message{Key: "x"}), received, w.Blobs.Delete(t.Context(), scan.DigestOf(nil))}
		for _, err := range w.Blobs.List(t.Context()) {
			all = append(all, err)
		}
		if len(all) != 4 || slices.ContainsFunc(all, func(err error) bool { return !errors.Is(err, errors.ErrUnsupported) }) {
			t.Errorf("they say %v", all)
		}
	})
}

// Options that contradict each other are refused, and so is an office where something is missing.
func TestOptions(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	good := remote.Office{Requests: r.requests, Replies: r.replies, Blobs: r.blobs, Desk: r.desk, Records: r.store, Staging: r.staging}
	for _, o := range []*remote.Options{
		{Credential: time.Millisecond},
		{Poll: time.Hour},
		{Patience: -1},
		{Agents: -1},
		{Width: -1},
		{Rate: -1},
		{Calls: -1},
		{Blob: -1},
		{Blob: 2, Results: 1},
		{Results: 1 << 40, Staged: 1},
		{Name: string(make([]byte, 300))},
	} {
		if _, err := remote.NewServer(good, o); err == nil {
			t.Errorf("%+v is taken", *o)
		}
	}
	bad := good
	bad.Staging = ""
	if _, err := remote.NewServer(bad, nil); err == nil {
		t.Error("an office without a folder is taken")
	}
	s, err := remote.NewServer(good, nil)
	r.ok(err)
	for _, name := range []string{"", "a\nb", "\xff", string(make([]byte, 300))} {
		if _, err := s.Enrol(t.Context(), name, time.Hour); err == nil {
			t.Errorf("an agent called %q is taken", name)
		}
	}
	if _, err := s.Enrol(t.Context(), "x", 0); err == nil {
		t.Error("a token for no time is given out")
	}
}

// The last part of a blob, when its answer was lost, is answered again and not taken again; nobody else is told of the blob by it.
func TestLastPartAgain(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	data := bytes.Repeat([]byte("0123456789"), remote.PartSize/8)
	d, last := scan.DigestOf(data), data[remote.PartSize:]
	for _, offset := range []int{0, remote.PartSize, remote.PartSize} {
		if got := s.good.part(d, data[offset:min(offset+remote.PartSize, len(data))], offset, len(data)); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
	}
	if got := s.evil.part(d, last, remote.PartSize, len(data)); got.code() != remote.CodeOffset {
		t.Errorf("another is answered %d %s", got.status, got.body)
	}
	r, err := s.blobs.Open(t.Context(), d)
	s.ok(err)
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes are kept, and %v", len(got), err)
	}
}

// A poll may wait for longer than bodies may take.
func TestLongPoll(t *testing.T) {
	t.Parallel()
	slowly := func(r *rig) {
		var err error
		r.options.Patience = time.Second
		r.requests, err = scan.NewStoreQueue(r.store, "requests", &scan.StoreQueueOptions{Wait: 25 * time.Second})
		r.ok(err)
	}
	virtually(t, slowly, func(t *testing.T, r *venue) {
		far := r.place("far")
		go func() {
			time.Sleep(20 * time.Second)
			r.ask("j", 1)
		}()
		got, err := far.Requests.Receive(t.Context(), 1, time.Minute)
		if err != nil || len(got) != 1 {
			t.Fatalf("it is answered %d, %v", len(got), err)
		}
		if left := time.Until(got[0].Expires()); left != time.Minute {
			t.Errorf("of a lease of a minute, which begins when it is answered, %v are left", left)
		}
	})
}

// An upload that was begun at one server goes on at another: from its beginning, as that knows nothing of it.
func TestUploadElsewhere(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		elsewhere := t.TempDir()
		r.staging = elsewhere
		second := r.server()
		m := r.serveInMemory(second)
		h := &hub{nets: []*memoryNet{r.net}}
		far := r.dialsTo(h, r.Server, "far").Workplace(nil, nil)
		r.ask("j", 1)
		r.take(far.Requests)
		r.net.after("PUT", 2, func() {
			h.set(m)
			_ = r.net.Close()
			r.net.cut()
		})
		d, n, err := far.Blobs.Put(t.Context(), &source{n: 5<<20 + 7})
		r.ok(err)
		if body, err := r.blobs.Open(t.Context(), d); err != nil || n != 5<<20+7 {
			t.Errorf("%d bytes are put, and %v", n, err)
		} else {
			_, err = io.Copy(io.Discard, body)
			r.ok(errors.Join(err, body.Close()))
		}
		if n, bytes := second.StagedNow(); n+int(bytes) > 0 {
			t.Errorf("%d uploads with %d bytes are left where it came to its end", n, bytes)
		}
		if n, _ := r.StagedNow(); n != 1 {
			t.Errorf("%d uploads are left where it began; 1 is right, until its time is over", n)
		}
	})
}

// Who is revoked in the middle of an upload has put nothing, even if the bytes were all there.
func TestRevokedWhilePutting(t *testing.T) {
	t.Parallel()
	var gate chan struct{}
	virtually(t, shut(&gate), func(t *testing.T, r *venue) {
		far := r.near("far")
		r.ask("j", 1)
		far.receive("first", 1)
		large := bytes.Repeat([]byte("x"), remote.PartSize+1)
		if got := far.part(scan.DigestOf(large), large[:remote.PartSize], 0, len(large)); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		small := make(chan answer)
		go func() {
			_, got := far.put([]byte("small"))
			small <- got
		}()
		synctest.Wait()
		r.ok(r.Revoke(t.Context(), "far"))
		close(gate)
		if got := <-small; got.code() != remote.CodeRefused {
			t.Errorf("what was being kept is answered %d %s", got.status, got.body)
		}
		if got := far.part(scan.DigestOf(large), large[remote.PartSize:], remote.PartSize, len(large)); got.code() != remote.CodeRefused {
			t.Errorf("the rest is answered %d %s", got.status, got.body)
		}
		names, err := r.Noted(t.Context(), "far")
		r.ok(err)
		if len(names) != 1 {
			t.Errorf("%q are noted; what it was given is right", names)
		}
	})
}

// Broken blobs end with a connection that was closed.
type broken struct{ scan.Blobs }

func (b broken) Open(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
	r, err := b.Blobs.Open(ctx, d)
	if err != nil {
		return nil, err
	}
	closed := iotest.ErrReader(fmt.Errorf("the connection was closed: %w", io.EOF))
	return io.NopCloser(io.MultiReader(io.LimitReader(r, 100<<10), closed)), r.Close()
}

// A blob that breaks off where it is kept breaks off where it is read, and is not taken for another.
func TestBreaksOff(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.blobs = broken{r.blobs} }, func(t *testing.T, r *venue) {
		far := r.place("far")
		r.ask("j", 1)
		r.take(far.Requests)
		d, _, err := far.Blobs.Put(t.Context(), &source{n: 200 << 10})
		r.ok(err)
		body, err := far.Blobs.Open(t.Context(), d)
		r.ok(err)
		if got, err := io.ReadAll(body); err == nil || errors.Is(err, scan.ErrCorrupt) {
			t.Errorf("%d bytes are read, and then %v", len(got), err)
		}
		r.ok(body.Close())
	})
}
