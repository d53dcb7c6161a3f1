package remote_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// Strangers who send slowly keep nobody from enrolling.
func TestSlowStrangers(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		for range 100 {
			conn, err := r.net.Dial(t.Context(), "", "")
			r.ok(err)
			defer conn.Close() //nolint:errcheck // it says nothing more
			_, err = io.WriteString(conn, "POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
			r.ok(err)
		}
		synctest.Wait()
		began := time.Now()
		r.dial("far")
		if took := time.Since(began); took > 0 {
			t.Errorf("an agent enrols after %v", took)
		}
	})
}

// Who takes requests and lets their leases end, over and over, does not fill the server's memory.
func TestLeasesEnd(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Width = 2 }, func(t *testing.T, r *venue) {
		far := r.place("far")
		r.ask("j", 1)
		for range 100 {
			got, err := far.Requests.Receive(t.Context(), 1, time.Millisecond)
			r.ok(err)
			if len(got) != 1 {
				t.Fatal("the request does not come again")
			}
			time.Sleep(10 * time.Millisecond)
		}
		if r.Held() > 10 {
			t.Errorf("%d deliveries are remembered; 10 at most are right", r.Held())
		}
	})
}

// What an agent holds counts for its enrolment: who is admitted anew under the name begins with nothing, and nobody's.
func TestEnrolledAnew(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Width = 1 }, func(t *testing.T, r *venue) {
		before := r.place("far")
		r.ask("i", 1)
		had := r.take(before.Requests)
		now := r.place("far")
		r.ask("j", 1)
		if d := r.take(now.Requests); d.Message().Key != "j/1" {
			t.Errorf("it is given %s", d.Message().Key)
		}
		if err := had.Ack(t.Context()); !errors.Is(err, remote.ErrRefused) {
			t.Errorf("the one before acks: %v", err)
		}
	})
}

// For a request there is room once, however often it is given back and taken again, or comes twice; and a blob takes room once.
func TestRoomOnce(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Blob, r.options.Results = 50_000, 100_000 }, func(t *testing.T, r *venue) {
		far := r.place("far")
		body, err := scan.EncodeRequest(scan.Request{Job: "j", Epoch: 1, Target: scan.Target{ID: "t"}, Categories: []scan.Category{{Name: "facts"}}})
		r.ok(err)
		r.ok(r.requests.Send(t.Context(), scan.Message{Key: "one", Body: body}, scan.Message{Key: "two", Body: body}))
		kept := 0
		for round := range 5 {
			got, err := far.Requests.Receive(t.Context(), 2, time.Minute)
			r.ok(err)
			for i := range 5 {
				if _, _, err := far.Blobs.Put(t.Context(), bytes.NewReader(bytes.Repeat([]byte{byte(5*round + i)}, 30_000))); err == nil {
					kept++
				}
			}
			for _, d := range got {
				r.ok(d.Retry(t.Context(), 0))
			}
		}
		if kept != 2 {
			t.Errorf("%d blobs of 30,000 bytes were kept where there is room for 100,000", kept)
		}
		if _, _, err := far.Blobs.Put(t.Context(), bytes.NewReader(make([]byte, 30_000))); err != nil {
			t.Errorf("one of them once again: %v", err)
		}
	})
}

// What an agent has put makes it forget nothing that it was given, and what it is given again just now is not forgotten for its age.
func TestNotesOfHeld(t *testing.T) {
	t.Parallel()
	for name, clutter := range map[string][2]int{"much was put": {0, 2500}, "much was given": {2500, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			virtually(t, nil, func(t *testing.T, r *venue) {
				far := r.place("far")
				r.ask("j", 1)
				d := r.take(far.Requests)
				time.Sleep(time.Second)
				r.ok(r.Clutter(t.Context(), "far", clutter[0], clutter[1]))
				if clutter[0] > 0 {
					r.ok(d.Retry(t.Context(), 0))
					r.take(far.Requests)
				}
				_, _, err := far.Blobs.Put(t.Context(), strings.NewReader("x"))
				r.ok(err)
				reply, err := scan.EncodeReply(scan.Reply{Agent: "far", Job: "j", Epoch: 1, Seq: 1, Last: true, Class: scan.Fatal, Error: "no"})
				r.ok(err)
				if err := far.Replies.Send(t.Context(), scan.Message{Key: "k", Body: reply}); err != nil {
					t.Error(err)
				}
				names, err := r.Noted(t.Context(), "far")
				r.ok(err)
				if len(names) > 1002 {
					t.Errorf("%d things are noted", len(names))
				}
			})
		})
	}
}

// Who does not read what it is answered has no more answers under way than calls.
func TestUnreadAnswers(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		far := r.near("far")
		r.ok(r.requests.Send(t.Context(), scan.Message{Key: "large", Body: make([]byte, 64<<10)}))
		far.receive("same", 1)
		body := fmt.Sprintf(`{"operation":"same","most":1,"lease":%d}`, time.Minute)
		for range 100 {
			conn, err := r.net.Dial(t.Context(), "", "")
			r.ok(err)
			defer conn.Close() //nolint:errcheck // it was closed there
			_, err = fmt.Fprintf(conn, "POST /v1/receive HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nAuthorization: Bearer %s\r\n\r\n%s", len(body), far.credential, body)
			r.ok(err)
			synctest.Wait()
		}
		if got := far.do("POST", "/v1/beat", scan.Beat{Agent: "far"}); got.code() != remote.CodeBusy {
			t.Errorf("it is answered %d %s", got.status, got.body)
		}
		time.Sleep(time.Minute)
		if got := far.do("POST", "/v1/beat", scan.Beat{Agent: "far"}); got.status != http.StatusOK {
			t.Errorf("when they were given up it is answered %d %s", got.status, got.body)
		}
	})
}

// Timeless blobs are read for as long as somebody likes.
type timeless struct{ scan.Blobs }

func (b timeless) Open(ctx context.Context, d scan.Digest) (io.ReadCloser, error) {
	return b.Blobs.Open(context.WithoutCancel(ctx), d)
}

// Who reads slowly, but reads, is given up, too.
func TestSlowlyRead(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.blobs = timeless{r.blobs} }, func(t *testing.T, r *venue) {
		far := r.place("far")
		r.ask("j", 1)
		r.take(far.Requests)
		d, _, err := far.Blobs.Put(t.Context(), bytes.NewReader(make([]byte, 3<<20)))
		r.ok(err)
		conn, err := r.net.Dial(t.Context(), "", "")
		r.ok(err)
		_, err = fmt.Fprintf(conn, "GET /v1/blobs/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", d, r.net.credential())
		r.ok(err)
		began := time.Now()
		for err == nil {
			time.Sleep(8 * time.Second)
			_, err = io.CopyN(io.Discard, conn, 64<<10)
		}
		if took := time.Since(began); took > 4*time.Minute {
			t.Errorf("it is given up after %v", took)
		}
	})
}

// Uploads of which nothing has come are none.
func TestNothingUploaded(t *testing.T) {
	t.Parallel()
	s := newScene(t, func(o *remote.Options) { o.Blob, o.Results, o.Staged = 20_000, 50_000, 50_000 })
	for i := range 40 {
		if got := s.evil.part(scan.DigestOf([]byte{byte(i)}), []byte("x"), 1, 3); got.code() != remote.CodeOffset {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if uploads, _ := s.site.StagedNow(); uploads > 0 {
		t.Errorf("%d uploads are unfinished", uploads)
	}
	if _, got := s.evil.put(nil); got.status != http.StatusOK {
		t.Errorf("an empty blob is put: %d %s", got.status, got.body)
	}
	if got := s.evil.part(scan.DigestOf([]byte("x")), nil, 0, 0); got.code() != remote.CodeDigest {
		t.Errorf("nothing is put as something: %d %s", got.status, got.body)
	}
	entries, err := os.ReadDir(s.staging)
	s.ok(err)
	if uploads, _ := s.site.StagedNow(); uploads+len(entries) > 0 {
		t.Errorf("%d uploads and %d files are left", uploads, len(entries))
	}
}

// Gated blobs keep nothing until they are let.
type gated struct {
	scan.Blobs

	gate chan struct{}
}

func (g gated) Put(ctx context.Context, r io.Reader) (scan.Digest, int64, error) {
	<-g.gate
	return g.Blobs.Put(ctx, r)
}

// shut has a rig's blobs keep nothing until the gate is closed.
func shut(gate *chan struct{}) func(r *rig) {
	return func(r *rig) {
		*gate = make(chan struct{})
		r.blobs = gated{r.blobs, *gate}
	}
}

// Who asks for an upload that is being kept is told, when it was, that there is none.
func TestAskedWhileKept(t *testing.T) {
	t.Parallel()
	var gate chan struct{}
	virtually(t, shut(&gate), func(t *testing.T, r *venue) {
		far := r.near("far")
		r.ask("j", 1)
		far.receive("first", 1)
		put, asked := make(chan answer, 1), make(chan answer, 1)
		data := []byte("data")
		go func() { put <- far.part(scan.DigestOf(data), data, 0, len(data)) }()
		synctest.Wait()
		go func() { asked <- far.do("GET", "/v1/uploads/"+string(scan.DigestOf(data)), nil) }()
		synctest.Wait()
		close(gate)
		if got := <-put; got.status != http.StatusOK {
			t.Errorf("put: %d %s", got.status, got.body)
		}
		if got := <-asked; string(got.body) != `{"offset":0}` {
			t.Errorf("it is told %s", got.body)
		}
	})
}
