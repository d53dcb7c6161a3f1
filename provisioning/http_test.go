package provisioning

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// An outside is a server that plays an external provisioner, over TLS.
type outside struct {
	*httptest.Server

	calls atomic.Int32
}

func newOutside(t *testing.T, answer http.HandlerFunc, speak ...uint16) *outside {
	t.Helper()
	out := &outside{}
	out.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out.calls.Add(1)
		answer(w, r)
	}))
	out.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo)
	if len(speak) == 2 {
		out.TLS = &tls.Config{MinVersion: speak[0], MaxVersion: speak[1]}
	}
	out.StartTLS()
	t.Cleanup(out.Close)
	return out
}

// client returns a provisioner that calls the outside.
func (out *outside) client(t *testing.T, o HTTPOptions) Provisioner {
	t.Helper()
	return out.at(t, out.URL, o)
}

// at returns one that calls it by another address.
func (out *outside) at(t *testing.T, url string, o HTTPOptions) Provisioner {
	t.Helper()
	if o.Allow == nil {
		o.Allow = loopback
	}
	if o.TLS == nil {
		roots := x509.NewCertPool()
		roots.AddCert(out.Certificate())
		o.TLS = &tls.Config{RootCAs: roots}
	}
	p, err := NewHTTP(url+"/buckets?tenant="+canary, &o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// aCall is one with all that a call can have.
func aCall(g Goal) Call {
	return Call{
		Request: "r", Resource: "b", Type: "bucket", Goal: g, Key: "k-1", Generation: 1, Operation: "o", Attempt: 1, Fence: 9,
		Config: json.RawMessage(`{"size":5}`), Callback: Callback{URL: "https://control.example.com/r/b/o", Token: Token{canary + "-token"}},
	}
}

// asked makes a call of one of the four sorts.
func asked(ctx context.Context, p Provisioner, do Action, g Goal) (Answer, error) {
	switch c := aCall(g); do {
	case Ensure:
		return p.Ensure(ctx, c)
	case Release:
		return p.Release(ctx, c)
	case Poll:
		return p.(Poller).Poll(ctx, c)
	default:
		return p.(Finder).Find(ctx, c)
	}
}

// verdict is what is recorded of an error, with the address of the test's server taken out.
func (out *outside) verdict(err error) string {
	r := failure(err)
	text := strings.ReplaceAll(r.Error, out.Listener.Addr().String(), "there")
	if r.After != 0 {
		text = fmt.Sprintf("%v: %s", r.After, text)
	}
	return fmt.Sprintf("%s: %s", r.Class, text)
}

func TestHTTPSends(t *testing.T) {
	t.Parallel()
	type sent struct {
		Target string
		Header http.Header
		Body   map[string]any
	}
	heard := make(chan sent, 1)
	out := newOutside(t, func(w http.ResponseWriter, r *http.Request) {
		s := sent{Target: r.Method + " " + r.URL.Path + "?" + r.URL.RawQuery, Header: r.Header}
		if err := json.NewDecoder(r.Body).Decode(&s.Body); err != nil {
			t.Error(err)
		}
		s.Header.Del("Content-Length")
		heard <- s
		http.SetCookie(w, &http.Cookie{Name: "track", Value: "me", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	})
	p := out.client(t, HTTPOptions{Observes: true, Authorize: func(r *http.Request) error {
		r.Header.Set("Authorization", "Bearer pass")
		return nil
	}})
	for _, do := range []Action{Ensure, Release, Poll, Find} {
		if a, err := asked(t.Context(), p, do, Present); a.State != Done || err != nil {
			t.Errorf("got %v, %v", a, err)
		}
		want := sent{"POST /buckets?tenant=" + canary, http.Header{
			"Accept": {"application/json"}, "Authorization": {"Bearer pass"}, "Connection": {"close"}, "Content-Type": {"application/json"},
			"Idempotency-Key": {"k-1"}, "User-Agent": {"Go-http-client/1.1"},
		}, map[string]any{
			"do": string(do), "request": "r", "resource": "b", "type": "bucket", "goal": "present", "key": "k-1", "generation": 1., "operation": "o",
			"attempt": 1., "fence": 9., "config": map[string]any{"size": 5.},
			"callback": map[string]any{"url": "https://control.example.com/r/b/o", "token": canary + "-token"},
		}}
		if diff := cmp.Diff(want, <-heard); diff != "" {
			t.Errorf("sent (-want +got):\n%s", diff)
		}
	}
}

func TestHTTPObservesOnlyIfToldTo(t *testing.T) {
	t.Parallel()
	for _, observes := range []bool{false, true} {
		p, err := NewHTTP("https://p.example.com", &HTTPOptions{Allow: loopback, Observes: observes})
		if err != nil {
			t.Fatal(err)
		}
		_, polls := p.(Poller)
		_, finds := p.(Finder)
		if polls != observes || finds != observes {
			t.Errorf("it polls: %v, finds: %v", polls, finds)
		}
	}
}

func TestNewHTTPRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		endpoint string
		o        *HTTPOptions
		want     string
	}{
		"nil options":    {"https://p.example.com", nil, "there is no address that connections may go to; the option Allow needs one"},
		"no server":      {"/buckets", &HTTPOptions{Allow: loopback}, `the endpoint is not the URL of a server; one like "https://provisioner.example.com/buckets" is right`},
		"no URL":         {"https://p.example.com/%zz" + canary, &HTTPOptions{Allow: loopback}, `the endpoint is not the URL of a server; one like "https://provisioner.example.com/buckets" is right`},
		"another scheme": {"ftp://p.example.com", &HTTPOptions{Allow: loopback}, `the endpoint is not the URL of a server; one like "https://provisioner.example.com/buckets" is right`},
		"a fragment":     {"https://p.example.com#" + canary, &HTTPOptions{Allow: loopback}, `the endpoint is not the URL of a server; one like "https://provisioner.example.com/buckets" is right`},
		"plain":          {"http://p.example.com", &HTTPOptions{Allow: loopback}, "the endpoint at p.example.com is one of http; https is right, or the option AllowPlain"},
		"a user":         {"https://user:" + canary + "@p.example.com", &HTTPOptions{Allow: loopback}, "the endpoint at p.example.com has a user in its URL; the option Authorize is right for credentials"},
		"zero prefix":    {"https://p.example.com", &HTTPOptions{Allow: make([]netip.Prefix, 1)}, `a prefix in the option Allow is not valid; one like netip.MustParsePrefix("10.1.0.0/16") is right`},
		"address":        {"https://10.1.2.3/" + canary, &HTTPOptions{Allow: loopback}, "the address of the endpoint, 10.1.2.3, is not in the option Allow"},
		"timeout":        {"https://p.example.com", &HTTPOptions{Allow: loopback, Timeout: -time.Second}, "the timeout is -1s; a positive time is right, or zero for the default"},
		"old TLS":        {"https://p.example.com", &HTTPOptions{Allow: loopback, TLS: &tls.Config{MaxVersion: tls.VersionTLS11}}, "the option TLS ends before version 1.2, which is the least that is spoken"}, //nolint:gosec // it is refused
	} {
		if p, err := NewHTTP(test.endpoint, test.o); p != nil || err == nil || err.Error() != "provisioning: "+test.want {
			t.Errorf("%s: got %v, %v", name, p, err)
		}
	}
}

func TestHTTPStatuses(t *testing.T) {
	t.Parallel()
	const (
		its = "the provisioner at there: its answer is "
		why = `{"error":"no\u001b[31m space"}`
	)
	soon := http.Header{"Retry-After": {"90"}}
	for _, test := range []struct {
		do     []Action
		goal   Goal
		code   int
		header http.Header
		body   string
		want   any // an Answer, or the verdict on an error
	}{
		{[]Action{Ensure, Release, Poll}, Present, 200, nil, "", Answer{}},
		{[]Action{Ensure}, Present, 201, nil, " \n", Answer{}},
		{[]Action{Release}, Absent, 204, nil, "", Answer{}},
		{[]Action{Ensure, Poll, Find}, Present, 200, nil, `{"state":"done","handle":"h","attributes":{"a":"b"}}`, Answer{Handle: "h", Attributes: map[string]string{"a": "b"}}},
		{[]Action{Find}, Present, 200, nil, `{"state":"missing"}`, Answer{State: Missing}},
		{[]Action{Ensure, Find}, Present, 200, soon, `{"state":"in-progress"}`, Answer{State: InProgress, Again: 90 * time.Second}},
		{[]Action{Ensure}, Present, 200, soon, `{"state":"done"}`, Answer{}},
		{[]Action{Ensure, Release, Poll, Find}, Present, 202, nil, "", Answer{State: InProgress}},
		{[]Action{Ensure}, Present, 202, soon, "", Answer{State: InProgress, Again: 90 * time.Second}},
		{[]Action{Ensure}, Present, 202, soon, `{"state":"in-progress","again":"5s","progress":"half"}`, Answer{State: InProgress, Again: 5 * time.Second, Progress: "half"}},
		{[]Action{Release}, Absent, 404, nil, "", Answer{}},
		{[]Action{Release, Poll}, Absent, 410, nil, `{"error":"gone"}`, Answer{}},

		{[]Action{Ensure, Poll, Find}, Present, 200, nil, `{"state":"failed","error":"no space"}`, "fatal: the provisioner at there: no space"},
		{[]Action{Ensure, Poll, Find}, Present, 200, nil, `{"state":"failed","error":"no space","retryable":true,"retry_after":"1m"}`, "retryable: 1m0s: the provisioner at there: no space"},
		{[]Action{Ensure, Poll}, Present, 200, nil, `{"state":"missing"}`, `uncertain: the provisioner at there: its answer cannot be read: state: one of "done", "in-progress", "failed" is right`},
		{[]Action{Ensure, Find}, Present, 200, nil, `{"state":"done","attributes":{"size":5}}`, "uncertain: the provisioner at there: its answer cannot be read: attributes.size: a text is right"},
		{[]Action{Ensure, Find}, Present, 200, nil, `<html>`, "uncertain: the provisioner at there: its answer cannot be read: it is no JSON, from byte 1 on; one object is right"},
		{[]Action{Ensure}, Present, 202, nil, `{"state":"done"}`, "uncertain: " + its + `202 (Accepted), and its body says another state than "in-progress"`},
		{[]Action{Ensure}, Present, 202, nil, `{"state":"failed","error":"no"}`, "uncertain: " + its + `202 (Accepted), and its body says another state than "in-progress"`},
		{[]Action{Release}, Absent, 404, nil, "404 page not found", "uncertain: " + its + "404 (Not Found), and its body is no JSON; nobody seems to be there"},

		{[]Action{Ensure}, Present, 409, nil, why, "conflict: " + its + "409 (Conflict): no [31m space"},
		{[]Action{Ensure, Release}, Present, 425, nil, "", "retryable: " + its + "425 (Too Early)"},
		{[]Action{Ensure, Release}, Present, 429, nil, why, "retryable: " + its + "429 (Too Many Requests): no [31m space"},
		{[]Action{Ensure}, Present, 429, soon, "", "retryable: 1m30s: " + its + "429 (Too Many Requests)"},
		{[]Action{Ensure}, Present, 503, soon, "", "retryable: 1m30s: " + its + "503 (Service Unavailable)"},
		{[]Action{Ensure}, Present, 503, nil, "", "uncertain: " + its + "503 (Service Unavailable)"},
		{[]Action{Ensure}, Present, 408, soon, "", "uncertain: " + its + "408 (Request Timeout)"},
		{[]Action{Ensure}, Present, 500, soon, why, "uncertain: " + its + "500 (Internal Server Error): no [31m space"},
		{[]Action{Ensure}, Present, 502, nil, "<html>", "uncertain: " + its + "502 (Bad Gateway)"},
		{[]Action{Ensure}, Present, 504, nil, "", "uncertain: " + its + "504 (Gateway Timeout)"},
		{[]Action{Ensure}, Present, 206, nil, `{"state":"done"}`, "uncertain: " + its + "206 (Partial Content)"},
		{[]Action{Ensure, Release}, Present, 400, nil, `{"error":7}`, "fatal: " + its + "400 (Bad Request)"},
		{[]Action{Ensure}, Present, 403, nil, `{"error":"` + strings.Repeat("x", 500) + `"}`, "fatal: " + its + "403 (Forbidden): " + strings.Repeat("x", 197) + "…"},
		{[]Action{Ensure}, Present, 404, nil, "", "fatal: " + its + "404 (Not Found)"},
		{[]Action{Ensure}, Present, 410, nil, "", "fatal: " + its + "410 (Gone)"},
		{[]Action{Ensure}, Present, 501, soon, "", "fatal: " + its + "501 (Not Implemented)"},
		{[]Action{Ensure}, Present, 505, nil, "", "fatal: " + its + "505 (HTTP Version Not Supported)"},
		{[]Action{Ensure}, Present, 599, nil, "", "fatal: " + its + "599"},

		// Asked how things are, a status says nothing about them.
		{[]Action{Poll, Find}, Present, 409, nil, why, "uncertain: " + its + "409 (Conflict): no [31m space"},
		{[]Action{Poll, Find}, Present, 429, soon, "", "uncertain: " + its + "429 (Too Many Requests)"},
		{[]Action{Poll, Find}, Present, 403, nil, "", "uncertain: " + its + "403 (Forbidden)"},
		{[]Action{Poll, Find}, Present, 404, nil, "", "uncertain: " + its + "404 (Not Found)"},
		{[]Action{Find}, Absent, 404, nil, "", "uncertain: " + its + "404 (Not Found)"},
		{[]Action{Find}, Absent, 410, nil, "", "uncertain: " + its + "410 (Gone)"},
	} {
		out := newOutside(t, func(w http.ResponseWriter, _ *http.Request) {
			maps.Copy(w.Header(), test.header)
			w.WriteHeader(test.code)
			_, _ = io.WriteString(w, test.body)
		})
		for _, do := range test.do {
			a, err := asked(t.Context(), out.client(t, HTTPOptions{Observes: true}), do, test.goal)
			var got any = a
			if err != nil {
				got = out.verdict(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("%s, %d %s (-want +got):\n%s", do, test.code, test.body, diff)
			}
		}
	}
}

func TestHTTPFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	elsewhere := newOutside(t, func(http.ResponseWriter, *http.Request) {})
	for _, code := range []int{301, 302, 303, 307, 308} {
		out := newOutside(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, code) })
		_, err := asked(t.Context(), out.client(t, HTTPOptions{}), Ensure, Present)
		if failure(err).Class != fatal || !strings.Contains(err.Error(), fmt.Sprintf("its answer is %d (", code)) || strings.Contains(err.Error(), elsewhere.URL) {
			t.Errorf("got %v", err)
		}
	}
	if n := elsewhere.calls.Load(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	const date = "Fri, 02 Jan 2026 03:04:05 GMT"
	for text, want := range map[string]struct {
		after time.Duration
		told  bool
	}{
		"":                               {},
		"0":                              {0, true},
		"120":                            {2 * time.Minute, true},
		"86401":                          {24 * time.Hour, true},
		"18446744073709551615":           {24 * time.Hour, true},
		"18446744073709551616":           {},
		"-1":                             {},
		"1.5":                            {},
		"soon":                           {},
		"Fri, 02 Jan 2026 03:05:05 GMT":  {time.Minute, true},
		"Friday, 02-Jan-26 03:05:05 GMT": {time.Minute, true},
		"Fri, 02 Jan 2026 03:00:00 GMT":  {0, true},
		"Sat, 03 Jan 2099 03:04:05 GMT":  {24 * time.Hour, true},
	} {
		a := response{header: http.Header{"Retry-After": {text}, "Date": {date}}}
		if after, told := a.retryAfter(); after != want.after || told != want.told {
			t.Errorf("%q: got %v, %v", text, after, told)
		}
	}
	// Without a date the time is compared with our own clock.
	a := response{header: http.Header{"Retry-After": {time.Now().Add(2 * time.Hour).UTC().Format(http.TimeFormat)}}}
	if after, told := a.retryAfter(); !told || after < time.Hour || after > 2*time.Hour {
		t.Errorf("got %v, %v", after, told)
	}
}
