package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/supervision"
)

// run has the jobs of a trial done, checks them, and returns how many there were a second.
func (p *yard) run(ctx context.Context, t *trial) (_ float64, err error) {
	s := &setup{} // nothing of it goes on when River's turn comes
	defer func() { err = errors.Join(err, s.close()) }()
	tools, err := p.open(ctx, s, 16)
	if err != nil {
		return 0, err
	}
	if err := p.publish("agents"); err != nil {
		return 0, err
	}
	for key, n := range jobLimits {
		if err := tools.manager.Limit(ctx, key, n); err != nil {
			return 0, err
		}
	}
	sup, err := supervision.New(&supervision.Options{Batch: 500, Effects: 256, Logger: quiet})
	if err != nil {
		return 0, err
	}
	if err := errors.Join(tools.mounts.Supervise(sup), tools.fleet.Supervise(sup), tools.manager.Supervise(sup)); err != nil {
		return 0, err
	}
	s.closeAfter(ending(tools.launcher)) //nolint:contextcheck // it is called when ctx has ended
	ctx, stop := running(ctx, sup)
	s.closeAfter(stop)
	rate, err := p.timed(ctx, t, &reaper{launcher: tools.launcher, every: t.every, most: t.blows}, func() error { return tools.start(ctx, p, t.jobs) }, jobsEnded)
	if err != nil {
		return 0, err
	}
	return rate, tools.check(ctx, p, t.jobs)
}

// jobsEnded tells how many jobs have ended.
const jobsEnded = "SELECT count(*) FROM ours.record WHERE kind = 'scan' AND state IN ('done', 'failed', 'canceled')"

// timed returns how many jobs end a second, of those that start makes. The query tells how many have.
func (p *yard) timed(ctx context.Context, t *trial, r *reaper, start func() error, query string) (float64, error) {
	began := time.Now()
	killing, enough := context.WithCancel(ctx)
	defer enough()
	group, ctx := errgroup.WithContext(ctx)
	if t.kills {
		group.Go(func() error { return r.run(killing) })
	}
	var rate float64
	group.Go(func() error {
		defer enough()
		if err := start(); err != nil {
			return err
		}
		ended := 0
		for {
			if err := p.pg.admin.QueryRow(ctx, query).Scan(&ended); err != nil || ended == t.jobs {
				rate = float64(t.jobs) / time.Since(began).Seconds()
				return err
			}
			if err := waitFor(ctx, 100*time.Millisecond); err != nil {
				return fmt.Errorf("%d of %d jobs have ended: %w", ended, t.jobs, err)
			}
		}
	})
	err := group.Wait()
	_, _ = fmt.Fprintf(p.log, "%d jobs, %.0f a second, %d processes killed\n", t.jobs, rate, r.n)
	if err == nil && t.kills && r.n == 0 {
		err = errors.New("nobody was killed")
	}
	return rate, err
}

// start makes the jobs.
func (t *tools) start(ctx context.Context, p *yard, n int) error {
	for from := 0; from < n; from += newJobsAtOnce {
		jobs := make([]scan.NewJob, min(newJobsAtOnce, n-from))
		for i := range jobs {
			ref, err := json.Marshal(scan.DirRef{Path: p.target(from + i)})
			if err != nil {
				return err
			}
			jobs[i] = scan.NewJob{ID: jobOf(from + i), Spec: scan.Spec{
				Target:     scan.Target{ID: "target-" + jobOf(from+i), Type: scan.DirType, Ref: ref},
				Categories: []scan.Category{{Name: "accounts"}},
				Permits:    permitsOf(from + i),
			}}
		}
		answers, err := t.manager.StartAll(ctx, jobs)
		if err := errors.Join(append(answers, err)...); err != nil {
			return err
		}
	}
	return nil
}

func jobOf(i int) string { return fmt.Sprintf("%05d", i) }

// ending ends whatever a launcher has launched, at once.
func ending(l *scan.Processes) closer {
	return func() error {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		group, ctx := errgroup.WithContext(ctx)
		for is, err := range l.List(ctx) {
			if err != nil {
				return errors.Join(err, group.Wait())
			}
			group.Go(func() error { return l.Terminate(ctx, is.Token) })
		}
		return group.Wait()
	}
}
