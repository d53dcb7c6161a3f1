package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/supervision"
)

// jobLimits are how many jobs may go on at once.
var jobLimits = map[string]int{"global": 1000, "zone/*": 350, "provider/*": 125, "host/*": 25}

// permitsOf returns what a job needs: one of four zones, sixteen providers and a hundred hosts.
func permitsOf(i int) []scan.Permit {
	return []scan.Permit{
		{Key: "global"}, {Key: fmt.Sprint("zone/", i%4)}, {Key: fmt.Sprint("provider/", i%16)}, {Key: fmt.Sprint("host/", i*7%100)},
	}
}

const (
	scanAgents     = 8
	requestsAtOnce = 100
	newJobsAtOnce  = 500
)

// A ward is a manager of jobs in PostgreSQL, with agents.
type ward struct {
	*contest

	manager *scan.Manager
	sup     *supervision.Supervisor
	ended   chan string // is told of each job that has ended

	desk             *scan.Manager
	requests         scan.Queue
	replies          scan.Queue
	sent, told, post tap // what manager, desk and queues send to the server
	watched          *watched
}

func holdJobs(ctx context.Context, s *setup, c *contest) error {
	w := &ward{contest: c, ended: make(chan string, 100_000)}
	if err := w.open(ctx, s); err != nil {
		return err
	}
	ctx, stop := running(ctx, w.sup)
	s.closeAfter(stop)
	for round := range s.size(3, 1) {
		if err := w.round(ctx, round, s.size(10_000, 300)); err != nil {
			return err
		}
	}
	return nil
}

func (w *ward) open(ctx context.Context, s *setup) error {
	pg, err := s.openServer(ctx)
	if err != nil {
		return err
	}
	schemas := [3]string{"ours", "ours", "queues"} // whoever supervises jobs is not to be woken by messages
	var stores [3]*postgres.Store
	for i, tracer := range []*tap{&w.sent, &w.told, &w.post} {
		if stores[i], err = pg.openStore(ctx, s, schemas[i], tracer); err != nil {
			return err
		}
	}
	w.watched = &watched{Store: stores[0], admin: pg.admin}
	for _, q := range []struct {
		queue *scan.Queue
		name  string
	}{{&w.requests, "requests"}, {&w.replies, "replies"}} {
		if *q.queue, err = scan.NewStoreQueue(stores[2], q.name, nil); err != nil {
			return err
		}
	}
	if w.manager, err = scan.NewManager(w.watched, w.requests, w.replies, discarding{}, nil); err != nil {
		return err
	}
	if w.desk, err = scan.NewManager(stores[1], w.requests, w.replies, discarding{}, nil); err != nil {
		return err
	}
	if w.sup, err = supervision.New(&supervision.Options{Batch: 500, Effects: 256, Observer: &supervision.Observer{Turned: w.turned}}); err != nil {
		return err
	}
	for key, n := range jobLimits {
		if err := w.manager.Limit(ctx, key, n); err != nil {
			return err
		}
	}
	return w.manager.Supervise(w.sup)
}

func (w *ward) turned(e supervision.TurnEvent) {
	if e.Key.Kind == w.manager.Jobs.Name() && e.From != e.To && scan.JobState(e.To).Final() && e.Answer == nil && e.Err == nil {
		w.ended <- e.To
	}
}

// round makes n jobs and has agents answer them.
func (w *ward) round(ctx context.Context, round, n int) error {
	w.sent.take()
	w.told.take()
	w.post.take()
	working, stop := context.WithCancel(ctx)
	defer stop()
	agents, working := errgroup.WithContext(working)
	for i := range scanAgents {
		agents.Go(func() error { return w.agent(working, fmt.Sprintf("agent-%d", i)) })
	}
	began := time.Now()
	if err := w.start(ctx, round, n); err != nil {
		return err
	}
	for range n {
		select {
		case state := <-w.ended:
			if scan.JobState(state) != scan.JobDone {
				return fmt.Errorf("a job is %s", state)
			}
		case <-working.Done():
			return errors.Join(agents.Wait(), context.Cause(ctx))
		}
	}
	w.note("jobs", float64(n)/time.Since(began).Seconds())
	for way, t := range map[string]*tap{"manager": &w.sent, "agents": &w.told, "queues": &w.post} {
		w.note(way, float64(len(t.take()))/float64(n))
	}
	if w.watched.commits.Load() == 0 {
		return errors.New("no commit of the pool was looked at")
	}
	w.note("overruns", float64(w.watched.overruns.Load()))
	stop()
	return errors.Join(agents.Wait(), w.empty(ctx))
}

// start makes the jobs, each about a target of its own.
func (w *ward) start(ctx context.Context, round, n int) error {
	for from := 0; from < n; from += newJobsAtOnce {
		jobs := make([]scan.NewJob, min(newJobsAtOnce, n-from))
		for i := range jobs {
			id := fmt.Sprintf("%d-%05d", round, from+i)
			jobs[i] = scan.NewJob{ID: id, Spec: scan.Spec{
				Target:     scan.Target{ID: "machine-" + id, Type: "machine"},
				Categories: []scan.Category{{Name: "accounts"}, {Name: "software"}},
				Permits:    permitsOf(from + i),
			}}
		}
		answers, err := w.manager.StartAll(ctx, jobs)
		if err := errors.Join(append(answers, err)...); err != nil {
			return err
		}
	}
	return nil
}

// empty waits until the pool has everything back.
func (w *ward) empty(ctx context.Context) error {
	for {
		p, err := w.manager.Pool(ctx)
		if err != nil || len(p.Used) == 0 {
			return err
		}
		if err := waitFor(ctx, 10*time.Millisecond); err != nil {
			return err
		}
	}
}
