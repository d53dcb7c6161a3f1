package provisioning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
)

// A post is a callback on its way.
type post struct {
	method, path, authorization, contentType string
	body                                     io.Reader
	header                                   http.Header
}

// good is a callback that is right in itself.
func good() post {
	return post{
		method: http.MethodPost, path: "/r/a/o", authorization: "Bearer " + canary, contentType: "application/json",
		body: strings.NewReader(`{"state":"done"}`), header: http.Header{},
	}
}

func (p post) to(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), p.method, "/", p.body)
	if err := r.URL.UnmarshalBinary([]byte("https://control.example.com" + p.path)); err != nil {
		t.Fatal(err)
	}
	r.Header = p.header
	if p.authorization != "" {
		r.Header.Set("Authorization", p.authorization)
	}
	if p.contentType != "" {
		r.Header.Set("Content-Type", p.contentType)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// A heard is what reached the manager.
type heard struct {
	request, resource, operation, token string
	said                                said
}

// ear answers each callback alike.
func ear(got *[]heard, status callbackStatus, err error, log io.Writer) *callbacks {
	return &callbacks{
		accept: func(_ context.Context, request, resource, operation, token string, s said) (callbackStatus, error) {
			*got = append(*got, heard{request, resource, operation, token, s})
			return status, err
		},
		log: slog.New(slog.NewTextHandler(log, nil)),
	}
}

func TestHandlerRefuses(t *testing.T) {
	t.Parallel()
	const (
		noPlace      = `{"error":{"text":"the path is not one of an operation; the URL of its callback is right"}}`
		unauthorized = `{"error":{"text":"the header \"Authorization: Bearer\" with the token of the operation is right"}}`
		noType       = `{"error":{"text":"a body of type \"application/json\", not encoded, is right"}}`
		tooLarge     = `{"error":{"text":"the body is too large; at most 262144 bytes are right"}}`
	)
	for name, test := range map[string]struct {
		change func(p *post)
		code   int
		body   string
	}{
		"get":               {func(p *post) { p.method = http.MethodGet }, 405, `{"error":{"text":"POST is right"}}`},
		"put":               {func(p *post) { p.method = http.MethodPut }, 405, `{"error":{"text":"POST is right"}}`},
		"root":              {func(p *post) { p.path = "/" }, 404, noPlace},
		"too short":         {func(p *post) { p.path = "/r/a" }, 404, noPlace},
		"too long":          {func(p *post) { p.path = "/r/a/o/p" }, 404, noPlace},
		"slash behind":      {func(p *post) { p.path = "/r/a/o/" }, 404, noPlace},
		"empty segment":     {func(p *post) { p.path = "/r//o" }, 404, noPlace},
		"no UTF-8":          {func(p *post) { p.path = "/r/" + escape("\xff") + "/o" }, 404, noPlace},
		"a zero byte":       {func(p *post) { p.path = "/r/" + escape("\x00") + "/o" }, 404, noPlace},
		"long id":           {func(p *post) { p.path = "/r/a/" + strings.Repeat("o", 513) }, 404, noPlace},
		"escaped otherwise": {func(p *post) { p.path = "/r/%61/o" }, 404, noPlace},
		"no authorization":  {func(p *post) { p.authorization = "" }, 401, unauthorized},
		"basic":             {func(p *post) { p.authorization = "Basic " + canary }, 401, unauthorized},
		"bare token":        {func(p *post) { p.authorization = canary }, 401, unauthorized},
		"no token":          {func(p *post) { p.authorization = "Bearer " }, 401, unauthorized},
		"two tokens":        {func(p *post) { p.authorization = "Bearer a b" }, 401, unauthorized},
		"two headers":       {func(p *post) { p.header["Authorization"] = []string{"Bearer a", "Bearer b"}; p.authorization = "" }, 401, unauthorized},
		"huge token":        {func(p *post) { p.authorization = "Bearer " + strings.Repeat("a", 513) }, 401, unauthorized},
		"no type":           {func(p *post) { p.contentType = "" }, 415, noType},
		"form":              {func(p *post) { p.contentType = "application/x-www-form-urlencoded" }, 415, noType},
		"broken type":       {func(p *post) { p.contentType = "application/json; charset" }, 415, noType},
		"compressed":        {func(p *post) { p.header.Set("Content-Encoding", "gzip") }, 415, noType},
		"too large":         {func(p *post) { p.body = strings.NewReader(strings.Repeat(" ", MaxCallback+1)) }, 413, tooLarge},
		"endless":           {func(p *post) { p.body = iotest.DataErrReader(endless{}) }, 413, tooLarge},
		"cut off":           {func(p *post) { p.body = iotest.TimeoutReader(iotest.OneByteReader(p.body)) }, 400, `{"error":{"text":"the body ends too early"}}`},
		"empty":             {func(p *post) { p.body = strings.NewReader("") }, 400, `{"error":{"text":"it is no JSON, from byte 0 on; one object is right"}}`},
		"field":             {func(p *post) { p.body = strings.NewReader(`{"state":"done","attributes":{"size":7}}`) }, 400, `{"error":{"field":"attributes.size","text":"a text is right"}}`},
		"missing":           {func(p *post) { p.body = strings.NewReader(`{"state":"missing"}`) }, 400, `{"error":{"field":"state","text":"one of \"done\", \"in-progress\", \"failed\" is right"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []heard
			var log strings.Builder
			p := good()
			test.change(&p)
			w := p.to(t, ear(&got, callbackAccepted, nil, &log))
			if w.Code != test.code || strings.TrimSpace(w.Body.String()) != test.body {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			if len(got) > 0 || log.Len() > 0 {
				t.Errorf("it was taken as %+v; log: %s", got, &log)
			}
			if allow := w.Header().Get("Allow"); (allow == "POST") != (w.Code == 405) {
				t.Errorf("got Allow: %q", allow)
			}
			if challenge := w.Header().Get("WWW-Authenticate"); (challenge == "Bearer") != (w.Code == 401) {
				t.Errorf("got WWW-Authenticate: %q", challenge)
			}
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestHandlerAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status callbackStatus
		err    error
		code   int
		body   string
	}{
		"accepted":   {callbackAccepted, nil, 202, `{"status":"accepted"}`},
		"unknown":    {callbackUnknown, nil, 404, `{"error":{"text":"there is no such operation, or the token is not its own"}}`},
		"superseded": {callbackSuperseded, nil, 409, `{"error":{"text":"another operation took the place of this one"}}`},
		"finished":   {callbackFinished, nil, 410, `{"error":{"text":"the operation has ended"}}`},
		"trouble":    {callbackAccepted, errors.New("disk sda is on fire"), 503, `{"error":{"text":"it could not be taken down; send it again"}}`},
		"too large":  {callbackAccepted, fmt.Errorf("disk sda is on fire: %w", storage.ErrTooLarge), 413, `{"error":{"text":"it is too large to be kept"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []heard
			var log strings.Builder
			w := good().to(t, ear(&got, test.status, test.err, &log))
			if w.Code != test.code || strings.TrimSpace(w.Body.String()) != test.body {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			if w.Header().Get("Content-Type") != "application/json" || (w.Header().Get("Retry-After") != "") != (test.code == 503) {
				t.Errorf("got the headers %v", w.Header())
			}
			if strings.Contains(log.String(), "sda is on fire") != (test.err != nil) || strings.Contains(log.String(), canary) {
				t.Errorf("it was logged: %s", &log)
			}
		})
	}
}

// What is told reaches the manager, wherever the handler is mounted.
func TestHandlerReads(t *testing.T) {
	t.Parallel()
	var got []heard
	mux := http.NewServeMux()
	mux.Handle("/over/there/", http.StripPrefix("/over/there", ear(&got, callbackAccepted, nil, io.Discard)))
	ids := []string{"r", "..", "a/b", "ü %2F", "~", "A.b-c_1", "//"}
	for i, id := range ids {
		p := good()
		p.path = "/over/there/" + escape(id) + "/" + escape(ids[len(ids)-1-i]) + "/" + escape("o "+id)
		p.authorization = "bEARER  a-b._~+/9=="
		p.contentType = "Application/JSON; charset=utf-8"
		p.body = strings.NewReader(`{"state":"done","handle":"h","id":"` + strings.Repeat("7", i+1) + `"}`)
		if w := p.to(t, mux); w.Code != 202 {
			t.Errorf("%s: got %d %s", p.path, w.Code, w.Body)
		}
	}
	var want []heard
	for i, id := range ids {
		want = append(want, heard{id, ids[len(ids)-1-i], "o " + id, "a-b._~+/9==", said{ID: strings.Repeat("7", i+1), Answer: Answer{Handle: "h"}}})
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(heard{}), sameSaid); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// A callback without an id has one that hangs on what it says.
func TestHandlerNamesCallbacks(t *testing.T) {
	t.Parallel()
	var got []heard
	h := ear(&got, callbackAccepted, nil, io.Discard)
	for _, body := range []string{`{"state":"done"}`, `{"state":"in-progress"}`, `{"state":"done"}`} {
		p := good()
		p.body = strings.NewReader(body)
		p.to(t, h)
	}
	if a, b, c := got[0].said.ID, got[1].said.ID, got[2].said.ID; a == "" || a == b || a != c {
		t.Errorf("got the ids %q, %q and %q", a, b, c)
	}
}

// Callbacks of a real manager, over its handler.
func TestHandlerOfManager(t *testing.T) {
	t.Parallel()
	estate(t, Options{}, TypeOptions{}, func(r *rig) {
		var calls []Call
		note := func(c Call) { calls = append(calls, c) }
		inProgress := line{answer: Answer{State: InProgress}, through: note}
		r.plain.say("ensure a/b", inProgress)
		r.plain.say("release a/b", inProgress)
		r.request("r", Spec{ID: "a/b", Type: "plain"})
		r.pass(time.Second)
		h := http.StripPrefix("/callbacks", r.manager.Handler())
		say := func(c Call, token, body string) int {
			r.Helper()
			p := good()
			p.path, _ = strings.CutPrefix(c.Callback.URL, "https://control.example.com")
			p.authorization, p.body = "Bearer "+token, strings.NewReader(body)
			w := p.to(r.T, h)
			if shown := w.Body.String(); strings.Contains(shown, token) || strings.Contains(shown, "swordfish") {
				r.Errorf("the answer shows a secret: %s", shown)
			}
			return w.Code
		}
		ensure := calls[0]
		token := ensure.Callback.Token.Reveal()
		elsewhere := ensure
		elsewhere.Callback.URL = strings.Replace(ensure.Callback.URL, "/r/", "/s/", 1)
		nonsense := ensure
		nonsense.Callback.URL = "https://control.example.com/callbacks/" + strings.Repeat("r", 512) + "/" + strings.Repeat("a", 512) + "/o"
		const done = `{"state":"done","id":"d","secrets":{"password":{"value":"swordfish"}}}`
		for name, got := range map[string][2]int{
			"forged":    {say(ensure, strings.Repeat("A", len(token)), done), 404},
			"elsewhere": {say(elsewhere, token, done), 404},
			"nonsense":  {say(nonsense, token, done), 404},
			"progress":  {say(ensure, token, `{"state":"in-progress","progress":"half"}`), 202},
			"done":      {say(ensure, token, done), 202},
		} {
			if got[0] != got[1] {
				r.Errorf("%s: got %d instead of %d", name, got[0], got[1])
			}
		}
		r.pass(time.Second)
		r.want("r", "provisioned: a/b present")
		if again := say(ensure, token, done); again != 202 {
			r.Errorf("sent again: got %d", again)
		}
		if late := say(ensure, token, `{"state":"failed","error":"swordfish"}`); late != 410 {
			r.Errorf("sent late: got %d", late)
		}
		r.do(r.manager.TerminateRequest(r.Context(), "r", "not needed"))
		r.pass(time.Second)
		release := calls[1]
		if wrong := say(release, token, `{"state":"done"}`); wrong != 404 {
			r.Errorf("with the token of another operation: got %d", wrong)
		}
		if code := say(release, release.Callback.Token.Reveal(), `{"state":"done"}`); code != 202 {
			r.Errorf("released: got %d", code)
		}
		r.pass(time.Second)
		r.want("r", "deprovisioned: a/b absent")
		if strings.Contains(r.log.String(), "swordfish") || strings.Contains(r.log.String(), token) {
			r.Errorf("the log shows a secret: %s", r.log)
		}
	})
}

// FuzzHandler: whatever is sent, the answer is JSON of one of the statuses, and only what was read whole reaches the manager.
func FuzzHandler(f *testing.F) {
	f.Fuzz(func(t *testing.T, method, path, authorization, contentType string, body []byte, told uint8) {
		r, err := http.NewRequestWithContext(t.Context(), method, "https://control.example.com/", strings.NewReader(string(body)))
		if err != nil {
			return
		}
		r.URL.Path, r.URL.RawPath = path, path
		r.Header.Set("Authorization", authorization)
		r.Header.Set("Content-Type", contentType)
		var trouble error
		if told == 4 {
			trouble = errors.New("the store is away")
		}
		var got []heard
		w := httptest.NewRecorder()
		ear(&got, callbackStatus(told), trouble, io.Discard).ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) || !slices.Contains([]int{202, 400, 401, 404, 405, 409, 410, 413, 415, 503}, w.Code) {
			t.Errorf("got %d %q", w.Code, w.Body)
		}
		if len(got) == 0 {
			if w.Code == 202 {
				t.Error("accepted what nobody has seen")
			}
			return
		}
		h := got[0]
		if path != "/"+escape(h.request)+"/"+escape(h.resource)+"/"+escape(h.operation) && "/"+path != "/"+escape(h.request)+"/"+escape(h.resource)+"/"+escape(h.operation) {
			t.Errorf("read %q as %+v", path, h)
		}
		if h.token == "" || !strings.HasSuffix(authorization, " "+h.token) || h.said.ID == "" || method != http.MethodPost {
			t.Errorf("heard %+v of %s with %q", h, method, authorization)
		}
	})
}
