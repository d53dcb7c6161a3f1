package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// provisioningRows are about requests in PostgreSQL, on a server of the row's own.
func provisioningRows() []row {
	var made, sent, pages, accepted, told notes
	return []row{
		{"provisioning/requests", "", made.meter("requests/s", median), goal{}, requestsMade(&made, nil)},
		{"provisioning/request-statements", "", sent.meter("statements a resource", median), atMost(2), requestsMade(nil, &sent)},
		{"provisioning/empty-poll-waiting", "the same over none", wall, ratioAtMost(1.5), waitingPolls},
		{"provisioning/empty-poll-waiting-pages", "the same over none", pages.meter("pages", median), atMost(10), waitingPages(&pages)},
		{"provisioning/callbacks", "", accepted.meter("callbacks/s", median), goal{}, callbacks(&accepted, nil)},
		{"provisioning/callback-to-status", "", told.meter("ns", median), goal{}, callbacks(nil, &told)},
	}
}

const resourcesOfRequest = 5

// A desk answers at once, or says that somebody works on it and keeps where to call back.
type desk struct {
	later bool

	mu    sync.Mutex
	calls []provisioning.Call
}

func (d *desk) Ensure(_ context.Context, c provisioning.Call) (provisioning.Answer, error) {
	if !d.later {
		return provisioning.Answer{Handle: c.Key}, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, c)
	return provisioning.Answer{State: provisioning.InProgress}, nil
}

func (d *desk) Release(context.Context, provisioning.Call) (provisioning.Answer, error) {
	return provisioning.Answer{}, nil
}

// take returns where to call back.
func (d *desk) take() []provisioning.Call {
	d.mu.Lock()
	defer d.mu.Unlock()
	calls := d.calls
	d.calls = nil
	return calls
}

// An office is a manager with a desk and a supervisor.
type office struct {
	*provisioning.Manager

	desk *desk
	sup  *supervision.Supervisor
	in   map[provisioning.Status]chan string // is told which request comes into the status
}

func openOffice(store storage.Store, later bool, statuses ...provisioning.Status) (*office, error) {
	m, err := provisioning.NewManager(store, &provisioning.Options{
		CallbackURL: "http://127.0.0.1/callbacks", Secret: []byte("a secret for a bench, of 32 bytes"),
	})
	if err != nil {
		return nil, err
	}
	o := &office{Manager: m, desk: &desk{later: later}, in: map[provisioning.Status]chan string{}}
	for _, s := range statuses {
		o.in[s] = make(chan string, 100_000)
	}
	m.Register("thing", o.desk, &provisioning.TypeOptions{Within: 24 * time.Hour})
	o.sup, err = supervision.New(&supervision.Options{Batch: batchSize, Observer: &supervision.Observer{Turned: o.turned}})
	if err != nil {
		return nil, err
	}
	return o, m.Supervise(o.sup)
}

func (o *office) turned(e supervision.TurnEvent) {
	if to := o.in[provisioning.Status(e.To)]; to != nil && e.From != e.To && e.Answer == nil && e.Err == nil {
		to <- e.Key.ID
	}
}

// await waits until n requests have come into a status.
func (o *office) await(ctx context.Context, s provisioning.Status, n int) error {
	for range n {
		select {
		case <-o.in[s]:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// ask makes n requests, several at a time, as hosts do.
func (o *office) ask(ctx context.Context, prefix string, n, resources int) error {
	specs := make([]provisioning.Spec, resources)
	for i := range specs {
		specs[i] = provisioning.Spec{ID: strconv.Itoa(i), Type: "thing"}
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(32)
	for i := range n {
		g.Go(func() error { return o.CreateRequest(ctx, fmt.Sprint(prefix, i), specs...) })
	}
	return g.Wait()
}

// requestsMade notes how many requests of five resources with immediate answers are provisioned a second, from when the first is made, and
// how many statements that takes a resource.
func requestsMade(made, sent *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		var all tap
		store, err := pg.openStore(ctx, s, "ours", &all)
		if err != nil {
			return sides{}, err
		}
		o, err := openOffice(store, false, provisioning.Provisioned)
		if err != nil {
			return sides{}, err
		}
		ctx, stop := running(ctx, o.sup)
		s.closeAfter(stop)
		n, round := s.size(1000, 100), 0
		return sides{ours: func(times int) error {
			for range times {
				round++
				all.take()
				begun := time.Now()
				if err := o.ask(ctx, fmt.Sprintf("%d-", round), n, resourcesOfRequest); err != nil {
					return err
				}
				if err := o.await(ctx, provisioning.Provisioned, n); err != nil {
					return err
				}
				if made != nil {
					made.add(float64(n) / time.Since(begun).Seconds())
				}
				if sent != nil {
					sent.add(float64(len(all.take())) / float64(n*resourcesOfRequest))
				}
			}
			return nil
		}}, nil
	}
}

// openWaiting opens a store with so many requests that wait for a callback.
func (pg *server) openWaiting(ctx context.Context, s *setup, n int) (*tap, *office, storage.Store, error) {
	sent := &tap{}
	store, err := pg.openStore(ctx, s, fmt.Sprintf("waiting_%d", n), sent)
	if err != nil {
		return nil, nil, nil, err
	}
	o, err := openOffice(store, true, provisioning.ProvisioningRequested)
	if err != nil {
		return nil, nil, nil, err
	}
	if n > 0 {
		ctx, stop := running(ctx, o.sup)
		err = errors.Join(o.ask(ctx, "r", n, 1), o.await(ctx, provisioning.ProvisioningRequested, n))
		err = errors.Join(err, stop())
		if err != nil {
			return nil, nil, nil, err
		}
		if o, err = openOffice(store, true); err != nil {
			return nil, nil, nil, err
		}
	}
	return sent, o, store, pg.settle(ctx)
}

// waitingPolls are passes over many requests that wait, and over none.
func waitingPolls(ctx context.Context, s *setup) (sides, error) {
	pg, err := s.openServer(ctx)
	if err != nil {
		return sides{}, err
	}
	passes := func(n int) (func(n int) error, error) {
		_, o, _, err := pg.openWaiting(ctx, s, n)
		if err != nil {
			return nil, err
		}
		if _, err := o.sup.Pass(ctx); err != nil { // the first looks whether the supervisor can work
			return nil, err
		}
		return func(n int) error {
			for range n {
				if turns, err := o.sup.Pass(ctx); err != nil || turns > 0 {
					return errors.Join(err, fmt.Errorf("there were %d turns; all requests wait", turns))
				}
			}
			return nil
		}, nil
	}
	ours, err := passes(s.size(10_000, 500))
	if err != nil {
		return sides{}, err
	}
	peer, err := passes(0)
	return sides{ours: ours, peer: peer}, err
}

// waitingPages notes how many pages such a pass looks at.
func waitingPages(pages *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		claims := func(n int) (func(n int) error, error) {
			sent, o, store, err := pg.openWaiting(ctx, s, n)
			if err != nil {
				return nil, err
			}
			return pg.claimsOf(ctx, sent, store, o.Requests.Name(), pages), nil
		}
		ours, err := claims(s.size(10_000, 500))
		if err != nil {
			return sides{}, err
		}
		peer, err := claims(0)
		return sides{ours: ours, peer: peer}, err
	}
}

// callbacks notes how many callbacks are accepted a second, over HTTP and so many at a time as there are connections by default, and how long it
// takes from the beginning of one, when nothing else goes on, until its request has another status.
func callbacks(accepted, told *notes) func(context.Context, *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		pg, err := s.openServer(ctx)
		if err != nil {
			return sides{}, err
		}
		store, err := pg.openStore(ctx, s, "ours", nil)
		if err != nil {
			return sides{}, err
		}
		o, err := openOffice(store, true, provisioning.ProvisioningRequested, provisioning.Provisioned)
		if err != nil {
			return sides{}, err
		}
		ctx, stop := running(ctx, o.sup)
		s.closeAfter(stop)
		server := httptest.NewServer(http.StripPrefix("/callbacks", o.Handler()))
		s.closeAfter(closer(func() error { server.Close(); return nil }))
		atOnce, n, round := 32, s.size(1000, 100), 0
		if told != nil {
			atOnce = 1
		}
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
		return sides{ours: func(times int) error {
			for range times {
				round++
				err := o.ask(ctx, fmt.Sprintf("%d-", round), n, 1)
				if err = errors.Join(err, o.await(ctx, provisioning.ProvisioningRequested, n)); err != nil {
					return err
				}
				g, calling := errgroup.WithContext(ctx)
				g.SetLimit(atOnce)
				begun := time.Now()
				for _, c := range o.desk.take() {
					g.Go(func() error {
						said := time.Now()
						if err := callBack(calling, client, server.URL, c.Callback); err != nil || told == nil {
							return err
						}
						err := o.await(calling, provisioning.Provisioned, 1)
						told.add(float64(time.Since(said)))
						return err
					})
				}
				if err := g.Wait(); err != nil {
					return err
				}
				if accepted != nil {
					accepted.add(float64(n) / time.Since(begun).Seconds())
					if err := o.await(ctx, provisioning.Provisioned, n); err != nil {
						return err
					}
				}
			}
			return nil
		}}, nil
	}
}

// callBack says that what was asked for is done.
func callBack(ctx context.Context, client *http.Client, server string, to provisioning.Callback) error {
	const named = "http://127.0.0.1"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server+to.URL[len(named):], bytes.NewReader([]byte(`{"state":"done"}`)))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+to.Token.Reveal())
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("a callback is answered %s", answer.Status)
	}
	return nil
}
