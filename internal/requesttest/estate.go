// Package requesttest checks that requests keep their promises while everything goes wrong: the same estate, with an outside that does all
// that an outside may do, in a simulation and on real databases.
package requesttest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/provisioningtest"
	"github.com/reeve-go/reeve/storage"
)

// Times are how long things take in an estate.
type Times struct {
	// Work is the longest that the outside works on something, Slow the longest that a call takes.
	Work, Slow time.Duration
	// Within is how long an operation may take, Timeout a call, Wait the pause after a failed one.
	Within, Timeout, Wait time.Duration
	// Gate is how long somebody may take to approve something.
	Gate time.Duration
	// Look is how often it is looked at what is there.
	Look time.Duration
}

const (
	callbackURL  = "http://127.0.0.1/callbacks"
	mostFailures = 6
)

var secret = []byte("a secret for simulated estates, long")

// An outside is what managers call: a world, or the way to one.
type outside interface {
	provisioning.Provisioner
	provisioning.Poller
	provisioning.Finder
}

// An Estate is an outside, a vault, and people who ask for resources and change their minds.
type Estate struct {
	World *provisioningtest.World
	// Requests is the people's way to the store.
	Requests *provisioning.Manager

	times    Times
	choose   func(n int) int
	store    storage.Store // as it is, to look at
	vault    provisioning.MemoryVault
	requests int // how many there can be
	// post posts a callback to a path below callbackURL, and returns how it is answered.
	post func(ctx context.Context, path, token string, body []byte) (code int, answer string)

	mu     sync.Mutex
	mail   []provisioningtest.Told // has been told by the outside, and may be sent, also again
	tokens map[string]string       // of operations, where calls came over HTTP
	wrong  error
}

// NewEstate returns an estate whose choices are made by choose. People go through a way of their own to the store, checks look at it as it is.
func NewEstate(choose func(n int) int, people, store storage.Store, times Times) (*Estate, error) {
	e := &Estate{times: times, choose: choose, store: store, requests: 4, tokens: map[string]string{}}
	e.post = e.postHere
	e.World = provisioningtest.NewWorld(choose, &provisioningtest.WorldOptions{
		Work: times.Work, Slow: times.Slow, CallsBack: true, Intended: e.intended,
	})
	var err error
	e.Requests, err = e.Manager(people)
	return e, err
}

// Manager returns the manager of one process.
func (e *Estate) Manager(store storage.Store) (*provisioning.Manager, error) {
	return newManager(store, &e.vault, e.World, &e.times)
}

func newManager(store storage.Store, v provisioning.Vault, o outside, t *Times) (*provisioning.Manager, error) {
	m, err := provisioning.NewManager(store, &provisioning.Options{
		Vault: v, CallbackURL: callbackURL, Secret: secret, Gate: t.Gate, Sweep: t.Within, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	plain := provisioning.TypeOptions{
		Within: t.Within, ReleaseWithin: t.Within, Timeout: t.Timeout, Poll: t.Work / 4,
		Attempts: mostFailures, Wait: provisioning.Doubling(t.Wait, 8*t.Wait),
		Breaker: provisioning.Breaker{Failures: 20, Cool: t.Wait},
	}
	m.Register("plain", struct{ provisioning.Provisioner }{o}, &plain)
	m.Register("polled", struct {
		provisioning.Provisioner
		provisioning.Poller
	}{o, o}, &plain)
	looked := plain
	looked.Look = t.Look
	m.Register("found", struct {
		provisioning.Provisioner
		provisioning.Finder
	}{o, o}, &looked)
	m.Register("whole", o, &looked)
	return m, nil
}

// intended reports whether the intent to make a call is in the store.
func (e *Estate) intended(c provisioning.Call) bool {
	m, err := provisioning.NewManager(e.store, nil)
	if err != nil {
		return false
	}
	for el, err := range m.Resources(context.Background(), c.Request) {
		if err == nil && el.Name == c.Resource {
			return el.Data.Asked && el.Data.Key == c.Key || el.Data.Generation > c.Generation || !el.Data.Asked && el.Data.Generation == c.Generation
		}
	}
	return false
}

// pick returns one of the values.
func pick[V any](e *Estate, values ...V) V { return values[e.choose(len(values))] }

func (e *Estate) request() string { return fmt.Sprint("r", e.choose(e.requests)) }

// Specs are what people ask for.
func (e *Estate) specs() []provisioning.Spec {
	specs := make([]provisioning.Spec, 1+e.choose(4))
	for i := range specs {
		specs[i] = provisioning.Spec{ID: fmt.Sprint("x", i), Type: pick(e, "whole", "plain", "polled", "found"), Gated: e.choose(8) == 1}
		for j := range i {
			if e.choose(3) == 1 {
				specs[i].After = append(specs[i].After, specs[j].ID)
			}
		}
	}
	return specs
}

// An Action is something that happens now and then.
type Action struct {
	Name string
	Do   func(ctx context.Context) error
}

// Actions are what people do, and what comes from outside.
func (e *Estate) Actions() []Action {
	return []Action{
		{"ask", func(ctx context.Context) error { return e.Requests.CreateRequest(ctx, e.request(), e.specs()...) }},
		{"terminate", func(ctx context.Context) error { return e.Requests.TerminateRequest(ctx, e.request(), "enough") }},
		{"call back", e.callBack},
		{"tend", func(ctx context.Context) error {
			err := e.tend(ctx)
			if errors.Is(err, storage.ErrInvalid) {
				return nil // there was nothing to tend
			}
			return err
		}},
	}
}

// tend is what people do about what got stuck.
func (e *Estate) tend(ctx context.Context) error {
	m, id, resource := e.Requests, e.request(), fmt.Sprint("x", e.choose(4))
	switch e.choose(6) {
	case 0:
		return m.Approve(ctx, id, resource)
	case 1:
		return m.Retry(ctx, id, resource)
	case 2:
		return m.Abandon(ctx, id, resource, "nobody knows how to release it")
	case 3:
		return m.Repair(ctx, id, resource)
	case 4:
		return m.Requests.Pause(ctx, id, "lunch")
	default:
		return m.Requests.Resume(ctx, id)
	}
}
