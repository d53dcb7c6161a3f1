package connector_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage/memory"
	"github.com/reeve-go/reeve/supervision"
)

// A world provisions whatever it is asked for, and knows what is there.
type world struct {
	takes time.Duration

	mu    sync.Mutex
	there map[string]string // by key
	fails map[string]error  // of Ensure, by resource
	holds map[string]error  // of Release, by resource
}

func (w *world) Ensure(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	w.mu.Lock()
	err := w.fails[c.Resource]
	if err == nil {
		w.there[c.Key] = c.Resource
	}
	w.mu.Unlock()
	return provisioning.Answer{Handle: c.Resource}, errors.Join(err, w.take(ctx))
}

func (w *world) Release(ctx context.Context, c provisioning.Call) (provisioning.Answer, error) {
	if err := w.take(ctx); err != nil {
		return provisioning.Answer{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.holds[c.Resource]; err != nil {
		return provisioning.Answer{}, err
	}
	delete(w.there, c.Key)
	return provisioning.Answer{}, nil
}

func (w *world) take(ctx context.Context) error {
	select {
	case <-time.After(w.takes):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *world) left() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Sprint(w.there)
}

// A rig is a connector at work, in virtual time.
type rig struct {
	*testing.T
	*connector.Connector

	world *world
	opens error // what comes of opening a data flow
	flows atomic.Int32
	log   strings.Builder
}

func estate(t *testing.T, f func(r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &rig{T: t, world: &world{takes: time.Second, there: map[string]string{}, fails: map[string]error{}, holds: map[string]error{}}}
		store := memory.New(nil)
		manager, err := provisioning.NewManager(store, nil)
		if err != nil {
			t.Fatal(err)
		}
		manager.Register(connector.Bucket, r.world, nil)
		manager.Register(connector.Share, r.world, nil)
		r.Connector, err = connector.New(store, manager, func(_ context.Context, f connector.Flow) error {
			if f.Share.Handle != "source" || f.Bucket.Handle != "staging" {
				t.Errorf("a flow is opened from %q by %q", f.Share.Handle, f.Bucket.Handle)
			}
			r.flows.Add(1)
			return r.opens
		})
		if err != nil {
			t.Fatal(err)
		}
		sup, err := supervision.New(&supervision.Options{Verify: true, Logger: slog.New(slog.NewTextHandler(&r.log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Supervise(sup); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = sup.Run(ctx) })
		defer running.Wait()
		defer cancel()
		f(r)
		synctest.Wait()
		if r.log.Len() > 0 {
			t.Errorf("the supervisor complains: %s", r.log.String())
		}
	})
}

func (r *rig) begin(id string) {
	r.Helper()
	if err := r.Transfers[edc.Consumer].Create(r.Context(), id, connector.Transfer{}); err != nil {
		r.Fatal(err)
	}
}

// await waits until a side of a transfer is in a state.
func (r *rig) await(role edc.Role, id string, s edc.State) connector.Transfer {
	r.Helper()
	ctx, cancel := context.WithTimeout(r.Context(), time.Hour)
	defer cancel()
	got, err := r.Transfers[role].Await(ctx, id, func(got connector.Record) bool { return got.State == s })
	if err != nil {
		r.Fatalf("the %s of %s is %s, not %s: %v", role, id, got.State, s, err)
	}
	return got.Data
}

func (r *rig) fire(role edc.Role, id string, e edc.Event) {
	r.Helper()
	if err := r.Transfers[role].Fire(r.Context(), id, e, nil); err != nil {
		r.Fatal(err)
	}
}

// path returns the states that a side has passed.
func (r *rig) path(role edc.Role, id string) string {
	r.Helper()
	var states []string
	for line, err := range r.Transfers[role].History(r.Context(), id) {
		if err != nil {
			r.Fatal(err)
		}
		states = append(states, line.To)
	}
	return strings.Join(states, " ")
}
