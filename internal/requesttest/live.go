package requesttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
)

// hurried are the times of estates whose time is real.
var hurried = Times{
	Work: 200 * time.Millisecond, Slow: 200 * time.Millisecond, Within: 10 * time.Second, Timeout: 300 * time.Millisecond,
	Wait: 10 * time.Millisecond, Gate: time.Second, Look: time.Second,
}

// A crew is processes that supervise the requests of an estate, whose outside and whose vault are here.
type crew struct {
	*Estate

	address, url string
	calm         atomic.Bool // only what is plain happens

	hiring    sync.Mutex
	processes []*process
}

// Live tests that requests keep their promises where the processes that supervise them are killed at any moment, one after another. So many
// of them work on the store at an address. The package's TestProvisioningProcess has to call [ProvisioningProcess].
func Live(t *testing.T, store storage.Store, address string, processes int) {
	t.Helper()
	c := newCrew(t, store, address)
	for range processes {
		c.start(t)
	}
	c.work(t)
	c.calm.Store(true)
	c.World.Calm()
	c.await(t, c.resting)
	c.check(t)
	c.start(t)
	c.await(t, c.ending)
	c.check(t)
	for key, err := range c.vault.Keys(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("all requests have ended, and the vault has the secrets of %v", key)
	}
}

func newCrew(t *testing.T, store storage.Store, address string) *crew {
	t.Helper()
	c := &crew{address: address}
	var err error
	if c.Estate, err = NewEstate(c.chooser(t), store, store, hurried); err != nil {
		t.Fatal(err)
	}
	c.requests, c.post = 150, c.postThere
	mux := http.NewServeMux()
	mux.HandleFunc(worldPath, c.serveWorld)
	mux.HandleFunc(vaultPath, c.serveVault)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

// chooser returns what chooses, until all is calm.
func (c *crew) chooser(t *testing.T) func(n int) int {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("the seed of what is chosen is %d", seed)
	var mu sync.Mutex
	source := rand.New(rand.NewPCG(seed, seed))
	return func(n int) int {
		if c.calm.Load() {
			return 0
		}
		mu.Lock()
		defer mu.Unlock()
		return source.IntN(n)
	}
}

func (c *crew) start(t *testing.T) {
	t.Helper()
	p := startProcess(t, c.address, c.url)
	c.hiring.Lock()
	defer c.hiring.Unlock()
	c.processes = append(c.processes, p)
}

// killOldest kills the process that was started first.
func (c *crew) killOldest() {
	c.hiring.Lock()
	p := c.processes[0]
	c.processes = c.processes[1:]
	c.hiring.Unlock()
	p.Kill()
}

// work has people act and processes die for a while.
func (c *crew) work(t *testing.T) {
	t.Helper()
	deaths := 25
	if testing.Short() {
		deaths = 5
	}
	var people sync.WaitGroup
	var enough atomic.Bool
	for range 3 {
		people.Go(func() {
			for !enough.Load() {
				c.act(t)
				pause(time.Duration(c.choose(30)) * time.Millisecond)
			}
		})
	}
	for range deaths {
		pause(time.Duration(c.choose(300)) * time.Millisecond)
		c.killOldest()
		c.start(t)
		if err := c.Always(t.Context()); err != nil {
			t.Error(err)
		}
	}
	enough.Store(true)
	people.Wait()
}

func (c *crew) act(t *testing.T) {
	t.Helper()
	a := pick(c.Estate, c.Actions()...)
	err := a.Do(t.Context())
	if err != nil && !mayBe(err) {
		t.Errorf("%s: %v", a.Name, err)
	}
}

// mayBe reports whether an error says that something may not be done now, which is nobody's fault.
func mayBe(err error) bool {
	return slices.ContainsFunc([]error{fsm.ErrNotPermitted, storage.ErrConflict, storage.ErrExists, storage.ErrNotFound, storage.ErrInvalid},
		func(why error) bool { return errors.Is(err, why) })
}

// postThere posts a callback to one of the processes. If that is dead it has to be sent again.
func (c *crew) postThere(ctx context.Context, path, token string, body []byte) (code int, answer string) {
	c.hiring.Lock()
	url := c.processes[c.choose(len(c.processes))].url
	c.hiring.Unlock()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+path, bytes.NewReader(body))
	if err != nil {
		return 0, err.Error()
	}
	authorize(r, token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return http.StatusServiceUnavailable, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(res.Body)
	if err != nil {
		return http.StatusServiceUnavailable, err.Error()
	}
	return res.StatusCode, string(said)
}

// await waits until all requests are where they are to be, and kills the processes. Further has a request get there; it is false if it is
// there.
func (c *crew) await(t *testing.T, further func(ctx context.Context, r *record) (bool, error)) {
	t.Helper()
	const patience = 2 * time.Minute // with each of them
	end := time.Now().Add(patience)
	for left := math.MaxInt; ; pause(10 * time.Millisecond) {
		waiting, n, err := c.waiting(t.Context(), further)
		if err == nil {
			err = c.callBack(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		if n < left {
			left, end = n, time.Now().Add(patience)
		}
		if time.Now().After(end) {
			why, err := c.Requests.Requests.Explain(t.Context(), waiting)
			t.Fatalf("for two minutes %d requests are waited for, among them %s: %+v, %v", n, waiting, why, err)
		}
	}
	for len(c.processes) > 0 {
		c.killOldest()
	}
}

// waiting returns how many requests are to be waited for, and one of them.
func (c *crew) waiting(ctx context.Context, further func(ctx context.Context, r *record) (bool, error)) (id string, n int, err error) {
	for r, err := range c.Requests.Requests.List(ctx, nil) {
		if err == nil && r.Status == storage.Quarantined {
			err = fmt.Errorf("request %s is quarantined: %s", r.Key.ID, r.Reason)
		}
		if err != nil {
			return "", 0, err
		}
		waits := r.Status == storage.Paused
		if waits {
			err = c.Requests.Requests.Resume(ctx, r.Key.ID)
		} else {
			waits, err = further(ctx, &r)
		}
		if err != nil && !mayBe(err) {
			return "", 0, err
		}
		if waits || err != nil {
			id = r.Key.ID
			n++
		}
	}
	return id, n, nil
}

// resting waits for a request to rest.
func (c *crew) resting(_ context.Context, r *record) (bool, error) {
	return !isAtRest(r.State), nil
}

// ending ends a request.
func (c *crew) ending(ctx context.Context, r *record) (bool, error) {
	switch {
	case r.State == provisioning.Deprovisioned:
		return false, nil
	case r.Data.Goal == provisioning.Present:
		return true, c.Requests.TerminateRequest(ctx, r.Key.ID, "the test ends")
	case r.State == provisioning.Failed:
		for el, err := range c.Requests.Resources(ctx, r.Key.ID) {
			if err == nil && el.State == provisioning.ResourceReleaseFailed {
				err = c.Requests.Retry(ctx, r.Key.ID, el.Name)
			}
			if err != nil {
				return true, err
			}
		}
	}
	return true, nil
}

// check demands all that holds at any moment, and in the end.
func (c *crew) check(t *testing.T) {
	t.Helper()
	if err := errors.Join(c.Always(t.Context()), c.Finally(t.Context())); err != nil {
		t.Error(err)
	}
	statuses, err := c.store.Count(t.Context(), "request")
	if err != nil {
		t.Error(err)
	}
	t.Logf("requests: %v", statuses)
}

func pause(d time.Duration) { <-time.After(d) }
