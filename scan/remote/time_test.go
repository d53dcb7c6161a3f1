package remote_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
	"github.com/reeve-go/reeve/storage"
)

// A store of another time: its clock is not that of this machine.
type elsewhen struct {
	storage.Store

	by time.Duration
}

func (e elsewhen) Load(ctx context.Context, keys []storage.Key) ([]storage.Snapshot, error) {
	all, err := e.Store.Load(ctx, keys)
	for i := range all {
		all[i].Now = all[i].Now.Add(e.by)
	}
	return all, err
}

// An agent whose clock is years wrong is admitted for as long as it beats, and not for longer.
func TestClocks(t *testing.T) {
	t.Parallel()
	for _, by := range []time.Duration{0, 20 * 365 * 24 * time.Hour, -20 * 365 * 24 * time.Hour} {
		virtually(t, func(r *rig) { r.store = elsewhen{r.store, by} }, func(t *testing.T, r *venue) {
			c := r.dial("far")
			d := c.Workplace(nil, nil).Desk
			for range 100 {
				time.Sleep(25 * time.Minute)
				if order, err := d.Beat(t.Context(), scan.Beat{Agent: "far"}); err != nil || order != scan.Work {
					t.Fatalf("it is told %q, %v", order, err)
				}
			}
			time.Sleep(61 * time.Minute)
			if order, err := d.Beat(t.Context(), scan.Beat{Agent: "far"}); err != nil || order != scan.Stop {
				t.Errorf("after its credential ended it is told %q, %v", order, err)
			}
			if _, _, err := c.Workplace(nil, nil).Blobs.Put(t.Context(), strings.NewReader("x")); !errors.Is(err, remote.ErrRefused) {
				t.Errorf("after its credential ended it puts: %v", err)
			}
		})
	}
}

// A token is good for its time.
func TestTokenEnds(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		token, err := r.Enrol(t.Context(), "far", time.Minute)
		r.ok(err)
		time.Sleep(time.Minute)
		o := (&remote.DialOptions{Plain: true, Logger: quiet()}).DialWith(r.net.Dial)
		if _, err := remote.Dial(t.Context(), "http://127.0.0.1", token, o); !errors.Is(err, remote.ErrRefused) {
			t.Errorf("it is %v", err)
		}
	})
}

// With a file an agent goes on after a restart without a token, also after one in the middle of its enrolment.
func TestFile(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		file := filepath.Join(t.TempDir(), "credential")
		dial := func(token string, patience time.Duration) (*remote.Client, error) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			c, err := remote.Dial(ctx, "http://127.0.0.1", token, (&remote.DialOptions{Plain: true, File: file, Logger: quiet()}).DialWith(r.net.Dial))
			if err == nil {
				t.Cleanup(c.Close)
			}
			return c, err
		}
		token, err := r.Enrol(t.Context(), "far", time.Hour)
		r.ok(err)
		whole := r.net.deafen() // the server hears, and its answers are lost
		if _, err := dial(token, 5*time.Second); err == nil {
			t.Fatal("it heard what was not answered")
		}
		whole()
		for _, token := range []string{token, "", token} { // a supervisor that begins it again has the old token at hand
			c, err := dial(token, time.Minute)
			r.ok(err)
			if order, err := c.Workplace(nil, nil).Desk.Beat(t.Context(), scan.Beat{Agent: c.Name()}); order != scan.Work || err != nil {
				t.Errorf("it is told %q, %v", order, err)
			}
			time.Sleep(40 * time.Minute)
		}
		info, err := os.Stat(file)
		r.ok(err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the mode of the file is %v", info.Mode())
		}
		time.Sleep(2 * time.Hour)
		if _, err := dial("", time.Minute); !errors.Is(err, remote.ErrRefused) {
			t.Errorf("after the credential ended it is %v", err)
		}
		fresh, err := r.Enrol(t.Context(), "far", time.Hour)
		r.ok(err)
		_, err = dial(fresh, time.Minute)
		r.ok(err)
		r.ok(os.Chmod(file, 0o644))
		if _, err := dial("", time.Minute); err == nil {
			t.Error("a file that others can read is taken")
		}
		r.ok(os.Chmod(file, 0o600))
		r.ok(os.WriteFile(file, []byte("{}"), 0o600))
		if _, err := dial("", time.Minute); err == nil || errors.Is(err, remote.ErrRefused) {
			t.Errorf("a file of something else: %v", err)
		}
	})
}

// Who is slow is given up in time, wherever that is, and holds up nobody.
func TestSlow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		head   string
		within time.Duration
	}{
		"header":              {"POST /v1/beat HTTP/1.1\r\nHost: x\r\n", 11 * time.Second},
		"body":                {"POST /v1/beat HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nAuthorization: Bearer CREDENTIAL\r\n\r\n{", 31 * time.Second},
		"body to nowhere":     {"POST /v1/x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", 31 * time.Second},
		"body without end":    {"POST /v1/beat HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n{", 31 * time.Second},
		"body of a stranger":  {"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{", 31 * time.Second},
		"body of the refused": {"POST /v1/beat HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{", 31 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			virtually(t, func(r *rig) { r.options.Calls = 1 }, func(t *testing.T, r *venue) {
				far := r.dial("far")
				_, err := far.Workplace(nil, nil).Desk.Beat(t.Context(), scan.Beat{Agent: "far"})
				r.ok(err)
				conn, err := r.net.Dial(t.Context(), "", "")
				r.ok(err)
				defer conn.Close() //nolint:errcheck // it was closed there
				go func() { _, _ = io.Copy(io.Discard, conn) }()
				began := time.Now()
				_, err = io.WriteString(conn, strings.Replace(c.head, "CREDENTIAL", r.net.credential(), 1))
				for err == nil && time.Since(began) < time.Hour {
					time.Sleep(time.Second)
					_, err = io.WriteString(conn, "1")
				}
				if took := time.Since(began); took > c.within {
					t.Errorf("it was given up after %v; %v is right", took, c.within)
				}
				if _, err := far.Workplace(nil, nil).Desk.Beat(t.Context(), scan.Beat{Agent: "far"}); err != nil {
					t.Errorf("another is held up: %v", err)
				}
			})
		})
	}
}

// That holds for HTTP/2, too, where others use the same connection.
func TestSlowStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, a := newRig(t), newAuthority(t)
		s := r.server()
		n := newMemoryNet()
		r.wrap = n.watch
		r.serveOn(n, s.HTTP(a.serving(t)), func(h *http.Server) error { return h.ServeTLS(n, "", "") })
		r.agentWith(s, "https://127.0.0.1", "far", a.dialing(t).DialWith(n.Dial))
		transport := &http.Transport{DialContext: n.Dial, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: a.pool, MinVersion: tls.VersionTLS13}}
		defer transport.CloseIdleConnections()
		slow, feed := io.Pipe()
		defer feed.Close() //nolint:errcheck // nobody reads it
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://127.0.0.1/v1/enrol", slow)
		r.ok(err)
		q.ContentLength = 1000
		began := time.Now()
		answered, err := transport.RoundTrip(q)
		r.ok(err)
		defer answered.Body.Close() //nolint:errcheck // only its status is of interest
		if took := time.Since(began); answered.StatusCode != http.StatusRequestTimeout || answered.ProtoMajor != 2 || took > 31*time.Second {
			t.Errorf("%s after %v: %s", answered.Proto, took, answered.Status)
		}
	})
}

// Who does not read what it asked for is given up in time, and holds up nobody.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	for _, head := range []string{"GET /v1/blobs/DIGEST", "POST /v1/beat"} {
		virtually(t, func(r *rig) { r.options.Calls = 1 }, func(t *testing.T, r *venue) {
			far := r.place("far")
			r.ask("j", 1)
			r.take(far.Requests)
			d, _, err := far.Blobs.Put(t.Context(), bytes.NewReader(make([]byte, 3<<20)))
			r.ok(err)
			conn, err := r.net.Dial(t.Context(), "", "")
			r.ok(err)
			_, err = fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nAuthorization: Bearer %s\r\n\r\n",
				strings.Replace(head, "DIGEST", string(d), 1), r.net.credential())
			r.ok(err)
			time.Sleep(time.Minute)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := far.Desk.Beat(ctx, scan.Beat{Agent: "far"}); err != nil {
				t.Errorf("another is held up: %v", err)
			}
			if got, err := io.Copy(io.Discard, conn); got > 0 {
				t.Errorf("after a minute %d bytes came, and then %v; the connection is to be closed", got, err)
			}
		})
	}
}

// A poll whose agent went away gives back what came for it.
func TestPollGoesAway(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		far, other := r.place("far"), r.place("other")
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		if _, err := far.Requests.Receive(ctx, 1, time.Hour); !errors.Is(err, context.Canceled) {
			t.Errorf("it is %v", err)
		}
		synctest.Wait()
		r.ask("j", 1)
		r.take(other.Requests)
		if r.Held() != 1 {
			t.Errorf("%d deliveries are held; 1 is right", r.Held())
		}
	})
}

// What was held long ago is forgotten, and so are agents nobody admits any more, when there is no room for others.
func TestForgets(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Agents = 3 }, func(t *testing.T, r *venue) {
		far := r.place("far")
		for i := range 30 {
			r.ask("j", i+1)
			d := r.take(far.Requests)
			if i%2 == 0 {
				r.ok(d.Ack(t.Context()))
			} else {
				r.ok(d.Bury(t.Context(), "why"))
			}
			time.Sleep(5 * time.Minute)
		}
		if n := r.Held(); n > 14 {
			t.Errorf("%d deliveries are remembered of what ended up to two hours and a half ago", n)
		}
		for _, name := range []string{"a", "b"} {
			_, err := r.Enrol(t.Context(), name, time.Hour)
			r.ok(err)
		}
		if _, err := r.Enrol(t.Context(), "c", time.Hour); err == nil {
			t.Error("there is room for a fourth of three")
		}
		r.ok(r.Revoke(t.Context(), "a"))
		r.ok(r.Revoke(t.Context(), "nobody"))
		time.Sleep(26 * time.Hour)
		if _, err := r.Enrol(t.Context(), "c", time.Hour); err != nil {
			t.Error(err)
		}
		states, err := r.store.Count(t.Context(), "scan.remote")
		r.ok(err)
		if fmt.Sprint(states) != "map[invited:1]" {
			t.Errorf("known are %v; one that is invited is right", states)
		}
	})
}

// Uploads of a server before are dropped in time, also where they seem to be of a time to come.
func TestLeftUploadsAreDropped(t *testing.T) {
	t.Parallel()
	leave := func(r *rig) { // by the clock of the file system, which is years ahead here
		r.ok(os.WriteFile(filepath.Join(r.staging, strings.Repeat("0", 32)+"-"+strings.Repeat("0", 64)), []byte("x"), 0o600))
	}
	virtually(t, leave, func(t *testing.T, r *venue) {
		far := r.place("far")
		r.ask("j", 1)
		r.take(far.Requests)
		time.Sleep(2 * time.Hour)
		r.ok(r.Revoke(t.Context(), "far"))
		_, _, err := r.place("far").Blobs.Put(t.Context(), strings.NewReader("x"))
		r.ok(err)
		if n, bytes := r.StagedNow(); n+int(bytes) > 0 {
			t.Errorf("%d uploads with %d bytes are left", n, bytes)
		}
	})
}

// Uploads that nobody goes on with are dropped.
func TestUploadsAreDropped(t *testing.T) {
	t.Parallel()
	virtually(t, nil, func(t *testing.T, r *venue) {
		far := r.place("far")
		r.ask("j", 1)
		r.take(far.Requests)
		ctx, cancel := context.WithCancel(t.Context())
		r.net.after("PUT", 2, cancel)
		if _, _, err := far.Blobs.Put(ctx, &source{n: 5 << 20}); err == nil {
			t.Fatal("it was put to its end")
		}
		synctest.Wait()
		if n, _ := r.StagedNow(); n != 1 {
			t.Errorf("%d uploads are unfinished; 1 is right", n)
		}
		time.Sleep(2 * time.Hour)
		r.ok(r.Revoke(t.Context(), "far"))
		far = r.place("far")
		if _, _, err := far.Blobs.Put(t.Context(), &source{n: 5}); err != nil {
			t.Error(err)
		}
		if n, bytes := r.StagedNow(); n+int(bytes) > 0 {
			t.Errorf("%d uploads with %d bytes are left", n, bytes)
		}
		entries, err := os.ReadDir(r.staging)
		r.ok(err)
		if len(entries) > 0 {
			t.Errorf("%d files are left", len(entries))
		}
	})
}
