package remote_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/remote"
)

// Whatever a body is, it is read or refused, with the word for that.
func FuzzBodies(f *testing.F) {
	for _, seed := range []any{
		object{"token": "eA.x", "key": []byte("k"), "proof": []byte("p")},
		object{"operation": "x", "most": 1, "lease": 1},
		scan.Beat{Agent: "x", Width: 1},
		object{"progress": []scan.Progress{{Agent: "x", Job: "j", Epoch: 1, Seq: 1}}},
		object{"job": "j", "epoch": 1, "known": []string{"sha256:"}},
	} {
		body, err := json.Marshal(seed)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte(`{"progress":[[[[{"`))
	f.Add([]byte("\xff\x00"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, decode := range remote.Decoders() {
			if err := decode(body); err != nil && !strings.Contains(err.Error(), string(remote.CodeInvalid)) {
				t.Errorf("refused by %v", err)
			}
		}
	})
}

// Whatever an endpoint is asked, it answers in JSON, and not that something is broken.
func FuzzEndpoints(f *testing.F) {
	r := newRigIn(f, f.TempDir(), f.TempDir())
	r.options.Poll = time.Millisecond
	s := r.server()
	n := newMemoryNet()
	r.wrap = n.watch
	r.serveOn(n, s.HTTP(nil), func(h *http.Server) error { return h.Serve(n) })
	far := r.agentWith(s, "http://127.0.0.1", "far", (&remote.DialOptions{Plain: true, Logger: quiet()}).DialWith(n.Dial)).Workplace(nil, nil)
	if _, err := far.Desk.Beat(f.Context(), scan.Beat{Agent: "far"}); err != nil {
		f.Fatal(err)
	}
	credential := n.credential()
	endpoints := []string{
		"POST /v1/enrol", "POST /v1/renew", "POST /v1/receive", "POST /v1/deliveries/x/ack", "POST /v1/progress", "POST /v1/beat", "POST /v1/replies?key=k&delay=0s",
		"PUT /v1/uploads/" + string(scan.DigestOf(nil)) + "?offset=0&size=1", "GET /v1/uploads/x", "GET /v1/blobs/" + string(scan.DigestOf(nil)),
	}
	for i := range endpoints {
		f.Add(uint8(i), []byte(`{"operation":"x","most":1,"lease":1000000,"agent":"far"}`))
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte) {
		method, target, _ := strings.Cut(endpoints[int(which)%len(endpoints)], " ")
		q := httptest.NewRequestWithContext(t.Context(), method, target, bytes.NewReader(body))
		q.Header.Set("Authorization", "Bearer "+credential)
		q.Header.Set("Reeve-Digest", string(scan.DigestOf(body)))
		w := httptest.NewRecorder()
		s.ServeHTTP(w, q)
		if !json.Valid(w.Body.Bytes()) || w.Code == http.StatusInternalServerError || w.Code == http.StatusServiceUnavailable {
			t.Errorf("%s %s is answered %d %s", method, target, w.Code, w.Body)
		}
	})
}
