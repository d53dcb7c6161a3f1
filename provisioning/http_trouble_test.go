package provisioning

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sends answers with a body that is announced to have more bytes than it has, or fewer.
func sends(code, announced int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(announced))
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// raw answers with what need not be HTTP, and hangs up.
func raw(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(conn, text)
		_ = conn.Close()
	}
}

// hold answers a part, and then nothing.
func hold(part string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if part != "" {
			_, _ = io.WriteString(w, part)
			_ = http.NewResponseController(w).Flush()
		}
		_, _ = io.Copy(io.Discard, r.Body) // only then is it noticed that the other side is gone
		<-r.Context().Done()
	}
}

// deserted returns an address where nobody listens, nor will: it is the caller's end of a connection.
func deserted(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String()
}

// What breaks before there is a connection has certainly done nothing. After that nobody knows.
func TestHTTPConnections(t *testing.T) {
	t.Parallel()
	done := sends(200, 0, "")
	nobody := deserted(t)
	for name, test := range map[string]struct {
		out  *outside
		url  string // instead of that of the outside
		o    HTTPOptions
		want string // begins the verdict
		also string // is in it
	}{
		"refused":      {out: newOutside(t, done), url: "https://" + nobody, want: "retryable: the provisioner at " + nobody + ": dial tcp " + nobody + ": connect: connection refused"},
		"not trusted":  {out: newOutside(t, done), o: HTTPOptions{TLS: &tls.Config{}}, want: "retryable: the provisioner at there: tls: failed to verify certificate"},
		"old TLS":      {out: newOutside(t, done, tls.VersionTLS10, tls.VersionTLS11), o: HTTPOptions{TLS: &tls.Config{MinVersion: tls.VersionTLS10}}, want: "retryable: the provisioner at there: remote error: tls: protocol version not supported"}, //nolint:gosec // it is raised
		"not allowed":  {out: newOutside(t, done), url: "https://localhost:PORT", o: HTTPOptions{Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}, want: "retryable: the provisioner at localhost:", also: "the address is not in the option Allow"},
		"no such name": {out: newOutside(t, done), url: "https://nowhere.invalid", o: HTTPOptions{Timeout: 2 * time.Second}, want: "retryable: the provisioner at nowhere.invalid: "},
		"no TLS":       {out: newOutside(t, done), url: "http://127.0.0.1:PORT", o: HTTPOptions{AllowPlain: true}, want: "fatal: the provisioner at there: its answer is 400 (Bad Request)"},

		"held":        {out: newOutside(t, hold("")), o: HTTPOptions{Timeout: 2 * time.Second}, want: "uncertain: the provisioner at there: there was no whole answer within 2s"},
		"empty held":  {out: newOutside(t, hold(" ")), o: HTTPOptions{Timeout: 2 * time.Second}, want: "uncertain: the provisioner at there: there was no whole answer within 2s"},
		"half held":   {out: newOutside(t, hold(`{"state":`)), o: HTTPOptions{Timeout: 2 * time.Second}, want: "uncertain: the provisioner at there: there was no whole answer within 2s"},
		"cut off":     {out: newOutside(t, sends(200, 100, `{"state":"done"}`)), want: "uncertain: the provisioner at there: unexpected EOF"},
		"hung up":     {out: newOutside(t, raw("")), want: "uncertain: the provisioner at there: EOF"},
		"no HTTP":     {out: newOutside(t, raw("SSH-2.0\x1b[2J"+strings.Repeat("x", 1000)+"\r\n")), want: `uncertain: the provisioner at there: `, also: `malformed HTTP response "SSH-2.0`},
		"headers":     {out: newOutside(t, raw("HTTP/1.1 200 OK\r\nX: "+strings.Repeat("x", 100<<10)+"\r\n\r\n")), want: "uncertain: the provisioner at there: ", also: "headers exceeded"},
		"too large":   {out: newOutside(t, sends(200, MaxCallback+1, strings.Repeat(" ", MaxCallback+1))), want: "uncertain: the provisioner at there: its answer has more than 262144 bytes"},
		"just right":  {out: newOutside(t, sends(200, MaxCallback, strings.Repeat(" ", MaxCallback))), want: "done"},
		"refusal cut": {out: newOutside(t, sends(403, 100, `{"error":"no"}`)), want: "fatal: the provisioner at there: its answer is 403 (Forbidden)"},
		"gone cut":    {out: newOutside(t, sends(410, 100, "")), want: "uncertain: the provisioner at there: its answer is 410 (Gone), and its body is no JSON; nobody seems to be there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := test.out.URL
			if test.url != "" {
				_, port, _ := strings.Cut(test.out.Listener.Addr().String(), ":")
				url = strings.ReplaceAll(test.url, "PORT", port)
			}
			called := func() string {
				_, err := asked(t.Context(), test.out.at(t, url, test.o), Release, Absent)
				if err != nil {
					return test.out.verdict(err)
				}
				return "done"
			}
			got := called()
			for strings.HasSuffix(test.want, "within 2s") && test.out.calls.Load() == 0 { // there was not even a connection within 2s
				got = called()
			}
			if !strings.HasPrefix(got, test.want) || !strings.Contains(got, test.also) || len(got) > 400 || strings.ContainsRune(got, '\x1b') {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			if strings.HasPrefix(got, "retryable") && test.out.calls.Load() > 0 {
				t.Error("it was called")
			}
			p := test.out.at(t, url, HTTPOptions{Allow: test.o.Allow, TLS: test.o.TLS, AllowPlain: test.o.AllowPlain, Timeout: test.o.Timeout, Observes: true})
			if _, err := asked(t.Context(), p, Poll, Present); err != nil && failure(err).Class != uncertain {
				t.Errorf("polled: got %s", test.out.verdict(err))
			}
		})
	}
}

// A call whose context ends returns, and says what it knows.
func TestHTTPCancel(t *testing.T) {
	t.Parallel()
	lost := errors.New("the lease is lost")
	arrived := make(chan struct{})
	out := newOutside(t, func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		hold("")(w, r)
	})
	p := out.client(t, HTTPOptions{})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-arrived
		cancel(lost)
	}()
	_, err := asked(ctx, p, Ensure, Present)
	if got := out.verdict(err); got != "uncertain: the provisioner at there: the lease is lost" || !errors.Is(err, lost) {
		t.Errorf("canceled in the middle: got %s", got)
	}
	_, err = asked(ctx, p, Ensure, Present)
	if got := out.verdict(err); got != "retryable: the provisioner at there: the lease is lost" || !errors.Is(err, lost) {
		t.Errorf("canceled before: got %s", got)
	}
	if n := out.calls.Load(); n != 1 {
		t.Errorf("got %d calls", n)
	}
}

func TestHTTPAllows(t *testing.T) {
	t.Parallel()
	h := &overHTTP{allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("192.0.2.7/32")}}
	for address, want := range map[string]bool{
		"10.1.2.3:443": true, "[::ffff:10.1.2.3]:443": true, "192.0.2.7:80": true, "[fe80::1%eth0]:443": true,
		"10.2.0.1:443": false, "[::ffff:10.2.0.1]:443": false, "192.0.2.8:80": false, "169.254.169.254:80": false, "127.0.0.1:443": false,
		"[::1]:443": false, "[64:ff9b::a01:203]:443": false, "10.1.2.3": false, "p.example.com:443": false, "": false,
	} {
		if err := h.control(t.Context(), "tcp", address, nil); (err == nil) != want {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

func TestHTTPAuthorize(t *testing.T) {
	t.Parallel()
	out := newOutside(t, sends(200, 0, ""))
	for _, test := range []struct {
		err  error
		want string
	}{
		{errors.New("no ticket"), "retryable: the provisioner at there: no credentials: no ticket"},
		{Retry(time.Minute, errors.New("no ticket")), "retryable: 1m0s: the provisioner at there: no credentials: no ticket"},
		{Fatal(errors.New("no ticket")), "fatal: the provisioner at there: no credentials: no ticket"},
	} {
		p := out.client(t, HTTPOptions{Observes: true, Authorize: func(*http.Request) error { return test.err }})
		if _, err := asked(t.Context(), p, Ensure, Present); out.verdict(err) != test.want {
			t.Errorf("got  %s\nwant %s", out.verdict(err), test.want)
		}
		if _, err := asked(t.Context(), p, Find, Present); out.verdict(err) != "uncertain: the provisioner at there: no credentials: no ticket" {
			t.Errorf("got %s", out.verdict(err))
		}
	}
	if n := out.calls.Load(); n != 0 {
		t.Errorf("got %d calls without credentials", n)
	}
}

// An outside that repeats what it was sent, in whatever form, makes no secret public.
func TestHTTPShowsNoSecret(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(echo string) http.HandlerFunc{
		"error": func(echo string) http.HandlerFunc {
			body := fmt.Sprintf(`{"error":"you sent %s"}`, echo)
			return sends(400, len(body), body)
		},
		"conflict": func(echo string) http.HandlerFunc {
			body := fmt.Sprintf(`{"error":"you sent %s"}`, echo)
			return sends(409, len(body), body)
		},
		"quota": func(echo string) http.HandlerFunc {
			body := fmt.Sprintf(`{"error":"you sent %s"}`, echo)
			return sends(429, len(body), body)
		},
		"trouble": func(echo string) http.HandlerFunc {
			body := fmt.Sprintf(`{"error":"you sent %s"}`, echo)
			return sends(500, len(body), body)
		},
		"failure": func(echo string) http.HandlerFunc {
			body := fmt.Sprintf(`{"state":"failed","error":"you sent %s"}`, echo)
			return sends(200, len(body), body)
		},
		"progress": func(echo string) http.HandlerFunc {
			body := fmt.Sprintf(`{"state":"in-progress","progress":"you sent %s"}`, echo)
			return sends(200, len(body), body)
		},
		"nonsense": func(echo string) http.HandlerFunc { return sends(200, len(echo), echo) },
		"status":   func(echo string) http.HandlerFunc { return raw("HTTP/1.1 " + echo + "\r\n\r\n") },
		"header":   func(echo string) http.HandlerFunc { return raw("HTTP/1.1 200 OK\r\n" + echo + "\r\n\r\n") },
		"reason":   func(echo string) http.HandlerFunc { return raw("HTTP/1.1 500 " + echo + "\r\n\r\n") },
		"location": func(echo string) http.HandlerFunc {
			return raw("HTTP/1.1 302 Found\r\nLocation: https://" + echo + "/\r\n\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, of := range []string{canary + "-token", "Bearer " + canary + "/pass", canary + "/pass", canary + "/key"} {
				out := newOutside(t, answer(of))
				p := out.client(t, HTTPOptions{Observes: true, Authorize: func(r *http.Request) error {
					r.Header.Set("Authorization", "Bearer "+canary+"/pass")
					r.Header.Set("X-Api-Key", canary+"/key")
					return nil
				}})
				for _, do := range []Action{Ensure, Poll} {
					a, err := asked(t.Context(), p, do, Present)
					if err == nil && a.Progress == "" {
						t.Fatalf("%s: got %+v", do, a)
					}
					if shown := fmt.Sprintf("%v %+v %v %#v", a, a, err, err); strings.Contains(shown, canary) {
						t.Errorf("%s shows a secret: %s", do, shown)
					}
				}
			}
		})
	}
}
