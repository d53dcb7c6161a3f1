package remote_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// A liar is a server that admits whoever comes, and then does as it likes.
type liar struct {
	*memoryNet

	name   string // that it gives
	says   http.HandlerFunc
	stolen []string // credentials that came to where none should
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host != "127.0.0.1":
		l.stolen = append(l.stolen, r.Header.Get("Authorization"))
	case r.URL.Path == "/v1/enrol" || r.URL.Path == "/v1/renew":
		_ = json.NewEncoder(w).Encode(object{
			"name": l.name, "instance": "i", "credential": base64.RawURLEncoding.EncodeToString([]byte(l.name)) + ".secret", "for": time.Hour,
		})
	default:
		l.says(w, r)
	}
}

// endless writes until nobody reads it any more.
func endless(status int, what string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		for err := error(nil); err == nil; {
			_, err = w.Write([]byte(what))
		}
	}
}

// visit has an agent dial a liar, and do something.
func visit(t *testing.T, says http.HandlerFunc, do func(t *testing.T, l *liar, c *remote.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := &liar{newMemoryNet(), "far", says, nil}
		r := &rig{tester: t}
		r.serveOn(l, &http.Server{Handler: l, ReadHeaderTimeout: time.Minute}, func(h *http.Server) error { return h.Serve(l) })
		c, err := remote.Dial(t.Context(), "http://127.0.0.1", "ZmFy.token", (&remote.DialOptions{Plain: true, Logger: quiet()}).DialWith(l.Dial))
		r.ok(err)
		t.Cleanup(c.Close)
		do(t, l, c)
		time.Sleep(time.Second) // for connections that are being closed
		if len(l.stolen) > 0 {
			t.Errorf("elsewhere came %q", l.stolen)
		}
	})
}

// Whatever a server answers, an agent ends its call with an error, in time, and takes in no more than there can be.
func TestHostileServer(t *testing.T) {
	t.Parallel()
	d := scan.DigestOf([]byte("x"))
	for name, says := range map[string]http.HandlerFunc{
		"leads elsewhere": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://127.0.0.2/v1/x", http.StatusTemporaryRedirect)
		},
		"does not end":             endless(http.StatusOK, strings.Repeat(" ", 64<<10)),
		"does not end to refuse":   endless(http.StatusBadRequest, `{"code":"invalid","text":"`),
		"speaks another language":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"gives nothing":            func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("{}")) },
		"has too long a header":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X", strings.Repeat("x", 20<<10)) },
		"goes back with an upload": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"offset":-1}`)) },
		"goes too far with it":     func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"offset":1000000000000}`)) },
		"is never content with it": func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusConflict, remote.CodeOffset) },
		"says too many directives": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"directives":[{},{},{}]}`)) },
		"is silent in the middle": func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("{"))
			flush(w)
			<-r.Context().Done()
		},
		"breaks off in the middle": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("{"))
			flush(w)
			panic(http.ErrAbortHandler)
		},
		"hands out more than asked": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"deliveries":[{},{},{}]}`)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			visit(t, says, func(t *testing.T, _ *liar, c *remote.Client) {
				w := c.Workplace(nil, nil)
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				_, _, put := w.Blobs.Put(ctx, bytes.NewReader(make([]byte, 2*remote.PartSize)))
				_, report := w.Desk.Report(ctx, make([]scan.Progress, 1))
				got, receive := w.Requests.Receive(ctx, 1, time.Minute)
				if name == "gives nothing" {
					receive = errors.Join(receive, errors.New("nothing")) // as there may be nothing
				}
				if put == nil || report == nil || receive == nil && len(got) > 1 {
					t.Errorf("put: %v; report: %v; received: %d, %v", put, report, len(got), receive)
				}
				ctx, cancel = context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				body, err := w.Blobs.Open(ctx, d)
				piece := make([]byte, 64<<10)
				for n := 0; err == nil && n < 10<<20; {
					var more int
					more, err = body.Read(piece)
					n += more
				}
				if body != nil {
					_ = body.Close()
				}
				if err == nil && name != "does not end" || ctx.Err() != nil && name != "has too long a header" {
					t.Errorf("what is read ends with %v, %v", err, ctx.Err())
				}
			})
		})
	}
}

func refuse(w http.ResponseWriter, status int, code remote.Code) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"code":%q,"text":"no"}`, code)
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// An agent keeps the cookies of a balancer, but no more than a few.
func TestCookies(t *testing.T) {
	t.Parallel()
	var most, calls int
	var last string
	says := func(w http.ResponseWriter, r *http.Request) {
		calls++
		last = r.Header.Get("Cookie")
		most = max(most, len(last))
		for i := range 6 {
			w.Header().Add("Set-Cookie", fmt.Sprintf("c%d=%s; Path=/v1/%s", i%2*calls*10+i, strings.Repeat("x", 900), []string{"", "beat"}[i%2]))
		}
		w.Header().Add("Set-Cookie", "large="+strings.Repeat("x", 3000))
		_, _ = w.Write([]byte(`{"order":"work"}`))
	}
	visit(t, says, func(t *testing.T, _ *liar, c *remote.Client) {
		for range 20 {
			if _, err := c.Workplace(nil, nil).Desk.Beat(t.Context(), scan.Beat{Agent: "far"}); err != nil {
				t.Fatal(err)
			}
		}
		if most > 5000 || !strings.HasPrefix(last, "c") {
			t.Errorf("cookies of %d bytes are sent, %.10q", most, last)
		}
	})
}

// An agent stays who it is.
func TestRenamed(t *testing.T) {
	t.Parallel()
	visit(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"order":"work"}`)) }, func(t *testing.T, l *liar, c *remote.Client) {
		l.name = "other"
		time.Sleep(40 * time.Minute)
		_, err := c.Workplace(nil, nil).Desk.Beat(t.Context(), scan.Beat{Agent: "far"})
		if c.Name() != "far" {
			t.Errorf("it is called %q, %v", c.Name(), err)
		}
	})
}
