package remote_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan/remote"
)

// A client goes only where others cannot listen.
func TestDialRefuses(t *testing.T) {
	t.Parallel()
	for url, plain := range map[string]bool{
		"http://127.0.0.1:1": false, "http://10.0.0.1": true, "http://localhost:1": true, "http://example.org": true, "ftp://127.0.0.1": true, "127.0.0.1:1": true,
		"https://user:secret@127.0.0.1": true, "https://": true, "": true,
	} {
		_, err := remote.Dial(t.Context(), url, "eA.secret", &remote.DialOptions{Plain: plain})
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

// A server that cannot show that it is the right one is not talked to: it sees no token, and no other way to it is tried.
func TestDialPins(t *testing.T) {
	t.Parallel()
	ours := newAuthority(t)
	for name, c := range map[string]struct {
		shows func(o *tls.Config)
		dials func(o *tls.Config)
		ok    bool
	}{
		"the right one":             {ok: true},
		"another authority":         {shows: func(o *tls.Config) { o.Certificates = newAuthority(t).serving(t).Certificates }},
		"another name":              {dials: func(o *tls.Config) { o.ServerName = "scans.example.org" }},
		"an older TLS":              {shows: func(o *tls.Config) { o.MinVersion, o.MaxVersion = tls.VersionTLS12, tls.VersionTLS12 }},
		"an older TLS is asked for": {dials: func(o *tls.Config) { o.MaxVersion = tls.VersionTLS12 }},
		"a time gone by":            {dials: func(o *tls.Config) { o.Time = func() time.Time { return time.Now().Add(48 * time.Hour) } }},
		"no TLS at all":             {shows: func(o *tls.Config) { o.Certificates = nil }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			s := r.server()
			token, err := s.Enrol(t.Context(), "x", time.Hour)
			r.ok(err)
			l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
			r.ok(err)
			h := s.HTTP(ours.serving(t))
			if c.shows != nil {
				c.shows(h.TLSConfig)
			}
			heard := make(chan string, 10)
			r.wrap = func(inner http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					heard <- string(body)
					r.Body = io.NopCloser(bytes.NewReader(body))
					inner.ServeHTTP(w, r)
				})
			}
			r.serveOn(l, h, func(h *http.Server) error {
				if len(h.TLSConfig.Certificates) == 0 {
					return h.Serve(l)
				}
				return h.ServeTLS(l, "", "")
			})
			o := ours.dialing(t)
			if c.dials != nil {
				c.dials(o.TLS)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			client, err := remote.Dial(ctx, "https://"+l.Addr().String(), token, o)
			if err == nil {
				client.Close()
			}
			if (err == nil) != c.ok || ctx.Err() != nil || errors.Is(err, remote.ErrRefused) {
				t.Errorf("it is %v, %v", err, ctx.Err())
			}
			if len(heard) > 0 != c.ok {
				t.Errorf("it heard %s", <-heard)
			}
		})
	}
}

// Who speaks an older TLS is not heard, whatever the host's config says.
func TestOldTLS(t *testing.T) {
	t.Parallel()
	r, a := newRig(t), newAuthority(t)
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	r.ok(err)
	config := a.serving(t)
	config.MinVersion = tls.VersionTLS12
	r.serveOn(l, r.server().HTTP(config), func(h *http.Server) error { return h.ServeTLS(l, "", "") })
	old := &tls.Dialer{Config: &tls.Config{RootCAs: a.pool, MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12}} //nolint:gosec // that is what is refused
	if conn, err := old.DialContext(t.Context(), "tcp", l.Addr().String()); err == nil {
		_ = conn.Close()
		t.Error("it is heard")
	}
}
