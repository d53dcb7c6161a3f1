package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/account/accounttest"
	"github.com/reeve-go/reeve/examples/amazon/simulated"
	"github.com/reeve-go/reeve/refresh"
)

// A recorder writes down what a cloud is asked and answers, as a recording has it.
type recorder struct {
	http.Handler

	mu    sync.Mutex
	lines bytes.Buffer
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	form, err := io.ReadAll(q.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	q.Body = io.NopCloser(bytes.NewReader(form))
	answer := httptest.NewRecorder()
	r.Handler.ServeHTTP(answer, q)
	r.mu.Lock()
	err = json.NewEncoder(&r.lines).Encode(map[string]any{
		"service": strings.Split(q.Header.Get("Authorization"), "/")[3], "request": string(form), "request_content_type": q.Header.Get("Content-Type"),
		"status": answer.Code, "response": answer.Body.String(),
	})
	r.mu.Unlock()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// What a targeted refresh asked is all that is needed to make it again, from nothing else.
func TestTargetedRecording(t *testing.T) {
	t.Parallel()
	names := account.Names{}
	targets := []string{"vms=i-00000001,i-00000009,i-nowhere", "load_balancers=front-1,nowhere", "stacks=nowhere", "databases=orders-1,nowhere", "snapshots=snap-00000001"}
	var args []string
	for _, target := range targets {
		if err := readNames(names, target); err != nil {
			t.Fatal(err)
		}
		args = append(args, "-target", target)
	}
	db, err := open(t.Context(), newFile(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.close() //nolint:errcheck // nobody needs it
	cloud := &recorder{Handler: simulated.New(1, 0)}
	k, err := newKeeper("amazon", accounttest.New(cloud), db, refresh.RefresherOptions{})
	if err != nil {
		t.Fatal(err)
	}
	first, err := k.byHand(t.Context(), names)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "recording.jsonl")
	if err := os.WriteFile(file, cloud.lines.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	second := reported(t, append(args, "-replay", file)...)
	if diff := cmp.Diff(totals(&report{Report: first}), totals(second)); diff != "" {
		t.Errorf("(-first +replayed):\n%s", diff)
	}
	if second.written() < 30 || len(second.NotRecorded) > 0 {
		t.Errorf("%d rows are written, not recorded are %q", second.written(), second.NotRecorded)
	}
}

// totals returns how many rows of each collection were created.
func totals(r *report) map[string]int {
	out := map[string]int{}
	for _, c := range r.Collections {
		out[c.Name] = c.Inserts
	}
	return out
}
