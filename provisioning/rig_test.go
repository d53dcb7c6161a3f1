package provisioning

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

var (
	errAway   = errors.New("the cloud is away")
	errQuota  = errors.New("the quota is used up")
	errTaken  = errors.New("the name is somebody else's")
	errClosed = errors.New("the door is closed")
)

// A script answers the calls about each resource one after another, the last line again and again. What it has no line for is done.
type script struct {
	deaf bool // it does not heed contexts

	mu    sync.Mutex
	lines map[string][]line
	calls []string
}

// A line is one answer.
type line struct {
	answer    Answer
	answerNow func() Answer // instead of answer, if it is not nil
	err       error
	panics    any
	takes     time.Duration // until it is given
	through   func(c Call)  // is called first
}

func (s *script) say(call string, lines ...line) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lines == nil {
		s.lines = map[string][]line{}
	}
	s.lines[call] = append(s.lines[call], lines...)
}

// answer plays a call such as "ensure a".
func (s *script) answer(ctx context.Context, do Action, c Call) (Answer, error) {
	call := string(do) + " " + c.Resource
	s.mu.Lock()
	s.calls = append(s.calls, call)
	l := line{}
	if of := s.lines[call]; len(of) > 0 {
		l = of[0]
		if len(of) > 1 {
			s.lines[call] = of[1:]
		}
	}
	s.mu.Unlock()
	if l.through != nil {
		l.through(c)
	}
	ended := ctx.Done()
	if s.deaf {
		ended = nil
	}
	select {
	case <-ended:
		return Answer{}, ctx.Err()
	case <-time.After(l.takes):
	}
	if l.panics != nil {
		panic(l.panics)
	}
	if l.answerNow != nil {
		return l.answerNow(), l.err
	}
	return l.answer, l.err
}

func (s *script) called() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls)
}

func (s *script) count(call string) int {
	n := 0
	for _, c := range s.called() {
		if c == call {
			n++
		}
	}
	return n
}

func (s *script) Ensure(ctx context.Context, c Call) (Answer, error) {
	return s.answer(ctx, Ensure, c)
}

func (s *script) Release(ctx context.Context, c Call) (Answer, error) {
	return s.answer(ctx, Release, c)
}

// A seer is a script that can also be polled, find and renew.
type seer struct{ script }

func (s *seer) Poll(ctx context.Context, c Call) (Answer, error) { return s.answer(ctx, Poll, c) }
func (s *seer) Find(ctx context.Context, c Call) (Answer, error) { return s.answer(ctx, Find, c) }
func (s *seer) Renew(ctx context.Context, c Call) (Answer, error) {
	return s.answer(ctx, Renew, c)
}

// A rig is an estate with one manager, a script for type "plain" and a seer for type "seen".
type rig struct {
	*testing.T

	store   storage.Store
	manager *Manager
	plain   *script
	seen    *seer
	vault   *MemoryVault
	log     *strings.Builder
	types   []string                        // that it knows; none: all
	also    string                          // a further type
	with    func(s *supervision.Supervisor) // what else it supervises
	stop    func()
}

var secret = []byte("a secret of this test of 32 bytes")

// estate runs f in a bubble of virtual time, with a supervisor at work.
func estate(t *testing.T, o Options, of TypeOptions, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, store: memory.New(nil), plain: &script{}, seen: &seer{}, vault: &MemoryVault{}, log: &strings.Builder{}}
		r.start(o, of)
		defer func() { r.stop() }()
		f(r)
	})
}

func (r *rig) start(o Options, of TypeOptions) {
	r.Helper()
	if o.Vault == nil {
		o.Vault = r.vault
	}
	o.CallbackURL, o.Secret = "https://control.example.com/callbacks", secret
	m, err := NewManager(r.store, &o)
	if err != nil {
		r.Fatal(err)
	}
	r.manager = m
	if of.Wait == nil {
		of.Wait = func(string, int) time.Duration { return 10 * time.Second }
	}
	plain := of
	plain.Grace, plain.Look = 0, 0
	if len(r.types) == 0 || slices.Contains(r.types, "plain") {
		m.Register("plain", r.plain, &plain)
	}
	m.Register("seen", r.seen, &of)
	if r.also != "" {
		m.Register(r.also, r.plain, &plain)
	}
	s, err := supervision.New(&supervision.Options{Logger: slog.New(slog.NewTextHandler(r.log, nil))})
	if err != nil {
		r.Fatal(err)
	}
	if err := m.Supervise(s); err != nil {
		r.Fatal(err)
	}
	if r.with != nil {
		r.with(s)
	}
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-ended; err != nil {
			r.Error(err)
		}
	}
}

func (r *rig) request(id string, specs ...Spec) {
	r.Helper()
	if err := r.manager.CreateRequest(r.Context(), id, specs...); err != nil {
		r.Fatal(err)
	}
}

func (r *rig) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// states returns what is the matter with a request, as "status: a state, b state".
func (r *rig) states(id string) string {
	r.Helper()
	rec, err := r.manager.Requests.Get(r.Context(), id)
	if err != nil {
		r.Fatal(err)
	}
	if rec.Status != storage.OK {
		r.Fatalf("the request is %v: %s", rec.Status, rec.Reason)
	}
	var of []string
	for el, err := range r.manager.Resources(r.Context(), id) {
		if err != nil {
			r.Fatal(err)
		}
		of = append(of, fmt.Sprintf("%s %s", el.Name, el.State))
	}
	return string(rec.State) + ": " + strings.Join(of, ", ")
}

func (r *rig) want(id, states string) {
	r.Helper()
	if got := r.states(id); got != states {
		r.Errorf("got  %s\nwant %s\ncalls %v\nlog %s", got, states, append(r.plain.called(), r.seen.called()...), r.log)
	}
}

func (r *rig) resource(id, name string) *Resource {
	r.Helper()
	el, err := r.manager.resource(r.Context(), id, name)
	if err != nil {
		r.Fatal(err)
	}
	return el.Data
}

func (r *rig) do(err error) {
	r.Helper()
	if err != nil {
		r.Error(err)
	}
}

func (r *rig) secrets() int {
	n := 0
	for _, err := range r.vault.Keys(r.Context()) {
		if err != nil {
			r.Error(err)
		}
		n++
	}
	return n
}

// post calls back as an external provisioner does, and returns the status of the answer.
func (r *rig) post(url, token, body string) int {
	r.Helper()
	req := httptest.NewRequestWithContext(r.Context(), http.MethodPost, url, strings.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	http.StripPrefix("/callbacks", r.manager.Handler()).ServeHTTP(w, req)
	return w.Code
}

// accept calls back about a resource of request r.
func (r *rig) accept(resource, operation, token string, s said, want callbackStatus) {
	r.Helper()
	if got, err := r.manager.accept(r.Context(), "r", resource, operation, token, s); got != want || err != nil {
		r.Errorf("callback %s about %s is answered %v, %v; %v is right", s.ID, resource, got, err, want)
	}
}
