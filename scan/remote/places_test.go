package remote_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// clings makes a call that it never ends, over and over, until the test does.
func (v *venue) clings(head, body string) {
	for {
		conn, err := v.net.Dial(v.Context(), "", "")
		if err != nil {
			return
		}
		if _, err := io.WriteString(conn, head+body); err == nil {
			_, _ = io.Copy(io.Discard, conn)
		}
		_ = conn.Close()
		select {
		case <-time.After(10 * time.Millisecond):
		case <-v.Context().Done():
			return
		}
	}
}

// An honest agent among eight hostile ones, who take all places that there are and never let go, does its work as if it were alone.
func TestManyTogether(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Calls = 64 }, func(t *testing.T, r *venue) {
		good := r.place("good")
		for i := range 8 {
			evil := r.near("evil" + itoa(i))
			head := "Host: x\r\nContent-Length: 1000\r\nAuthorization: Bearer " + evil.credential + "\r\n\r\n"
			for range 4 {
				go r.clings("POST /v1/beat HTTP/1.1\r\n"+head, "{")
				go r.clings("PUT /v1/uploads/"+string(scan.DigestOf(nil))+"?offset=0&size=1000 HTTP/1.1\r\n"+head, "x")
			}
		}
		time.Sleep(time.Second)
		late := r.near("late") // who is known, and whom nobody gives way to but as to anybody
		for i := range 5 {
			r.ask("j", i+1)
			began := time.Now()
			d := r.take(good.Requests)
			blob, _, err := good.Blobs.Put(t.Context(), bytes.NewReader(bytes.Repeat([]byte{byte(i)}, 2<<20)))
			r.ok(err)
			r.ok(d.Extend(t.Context(), time.Minute))
			_, err = good.Desk.Report(t.Context(), []scan.Progress{{Agent: "good", Job: "j", Epoch: i + 1, Seq: 1}})
			r.ok(err)
			_, err = good.Desk.Beat(t.Context(), scan.Beat{Agent: "good"})
			r.ok(err)
			body, err := good.Blobs.Open(t.Context(), blob)
			r.ok(err)
			_, err = io.Copy(io.Discard, body)
			r.ok(errors.Join(err, body.Close(), d.Ack(t.Context())))
			if got := late.do("POST", "/v1/beat", scan.Beat{Agent: "late"}); got.status != http.StatusOK {
				t.Errorf("another is answered %d %s", got.status, got.body)
			}
			if took := time.Since(began); took > 0 {
				t.Errorf("it took %v", took)
			}
			time.Sleep(7 * time.Second)
		}
	})
}

// Who reads a blob without taking it gives way, too.
func TestUnreadGivesWay(t *testing.T) {
	t.Parallel()
	virtually(t, func(r *rig) { r.options.Calls = 4 }, func(t *testing.T, r *venue) {
		r.ask("j", 1)
		evil := r.near("evil")
		evil.receive("first", 1)
		blob, got := evil.put(make([]byte, 900<<10))
		if got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		for range 2 {
			conn, err := r.net.Dial(t.Context(), "", "")
			r.ok(err)
			defer conn.Close() //nolint:errcheck // nobody reads it
			_, err = io.WriteString(conn, "GET /v1/blobs/"+string(blob)+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+evil.credential+"\r\n\r\n")
			r.ok(err)
		}
		time.Sleep(time.Second)
		good, began := r.place("good"), time.Now()
		r.ask("j", 2)
		r.take(good.Requests)
		if _, _, err := good.Blobs.Put(t.Context(), bytes.NewReader(make([]byte, 2<<20))); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// Over HTTP/2, who gives way is told so, and the other calls of its connection go on.
func TestGivesWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, a := newRig(t), newAuthority(t)
		r.options.Calls = 4
		s, n := r.server(), newMemoryNet()
		r.serveOn(n, s.HTTP(a.serving(t)), func(h *http.Server) error { return h.ServeTLS(n, "", "") })
		enter := func(name string) *stranger {
			who := newStrangerBy(r, "https://127.0.0.1", &http.Transport{
				DialContext: n.Dial, ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: a.pool, MinVersion: tls.VersionTLS13},
			})
			who.enter(s, name)
			return who
		}
		evil, good := enter("evil"), enter("good")
		codes := make(chan string, 2)
		var feeds []io.WriteCloser
		for range cap(codes) {
			slow, feed := io.Pipe()
			feeds = append(feeds, feed)
			q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, evil.url+"/v1/beat", slow)
			r.ok(err)
			q.ContentLength = int64(len(`{"agent":"evil"}`))
			q.Header.Set("Authorization", "Bearer "+evil.credential)
			go func() {
				answered, err := evil.http.Do(q)
				if err != nil {
					codes <- err.Error()
					return
				}
				defer answered.Body.Close() //nolint:errcheck // it is read to its end
				body, _ := io.ReadAll(answered.Body)
				codes <- fmt.Sprint(answered.Proto, " ", answered.StatusCode, " ", answer{body: body}.code())
			}()
			synctest.Wait()
		}
		began := time.Now()
		if got := good.do("POST", "/v1/beat", scan.Beat{Agent: "good"}); got.status != http.StatusOK {
			t.Errorf("the other is answered %d %s", got.status, got.body)
		}
		if said := <-codes; said != "HTTP/2.0 503 unavailable" {
			t.Errorf("who gives way is told %s", said)
		}
		_, err := io.WriteString(feeds[0], `{"agent":"evil"}`)
		r.ok(errors.Join(err, feeds[0].Close()))
		if said := <-codes; said != "HTTP/2.0 200 " {
			t.Errorf("the call before is answered %s", said)
		}
		if took := time.Since(began); took > 0 {
			t.Errorf("it took %v", took)
		}
	})
}

// Whoever comes and goes: no more are worked on than may be, nobody gives up its last place, and who has less than another gets one.
func TestPlaces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rapid.SyncTest(t, func(t *rapid.T) {
			most := rapid.IntRange(1, 6).Draw(t, "most")
			places := remote.NewPlaces(most)
			type call struct {
				whose   string
				leave   func()
				refused bool
				ctx     context.Context
				end     context.CancelCauseFunc
			}
			var calls []*call
			has := func(whose string) (n int) { // places, also of those who wait for one to end
				for _, c := range calls {
					if c.whose == whose && c.ctx.Err() == nil {
						n++
					}
				}
				return n
			}
			check := func(*rapid.T) {
				synctest.Wait()
				in, working := 0, 0
				for _, c := range calls {
					if c.leave != nil {
						working++
					}
					if c.ctx.Err() == nil {
						in++
					}
				}
				if in > most || working > most {
					t.Fatalf("%d have a place and %d are worked on, of %d", in, working, most)
				}
				if in > working && working < most {
					t.Fatalf("%d are worked on and %d wait, of %d", working, in-working, most)
				}
			}
			t.Repeat(map[string]func(*rapid.T){
				"": check,
				"comes": func(t *rapid.T) {
					whose := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "whose")
					before, richest, all := map[string]int{}, 0, 0
					for _, name := range []string{"a", "b", "c", "d"} {
						before[name] = has(name)
						richest, all = max(richest, before[name]), all+before[name]
					}
					c := &call{whose: whose}
					c.ctx, c.end = context.WithCancelCause(t.Context())
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						leave, err := places.Enter(c.ctx, whose, c.end)
						if c.leave = leave; err != nil {
							c.refused = true
							c.end(err)
						}
					}()
					synctest.Wait()
					if want := all < most || richest >= before[whose]+2; c.refused == want {
						t.Fatalf("%s, which has %d of %v, is refused: %v", whose, before[whose], before, c.refused)
					}
					if !c.refused {
						calls = append(calls, c)
					}
					for name, had := range before {
						if name != whose && had > 0 && has(name) == 0 {
							t.Fatalf("%s lost its last place", name)
						}
					}
				},
				"goes": func(t *rapid.T) {
					if len(calls) == 0 {
						t.Skip("nobody is there")
					}
					i := rapid.IntRange(0, len(calls)-1).Draw(t, "who")
					c := calls[i]
					c.end(nil)
					synctest.Wait()
					if c.leave != nil {
						c.leave()
					}
					calls = append(calls[:i:i], calls[i+1:]...)
				},
			})
			for _, c := range calls {
				c.end(nil)
			}
			synctest.Wait()
		})
	})
}
