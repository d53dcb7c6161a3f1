package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

const riverSchema = "river"

// riverEnded tells how many jobs of River have ended.
const riverEnded = "SELECT count(*) FROM " + riverSchema + ".river_job WHERE state IN ('completed', 'discarded', 'cancelled')"

// runRiver has River do as many jobs with as many processes, and returns how many there were a second.
func (p *yard) runRiver(ctx context.Context, t *trial) (_ float64, err error) {
	s := &setup{}
	defer func() { err = errors.Join(err, s.close()) }()
	p.River = true
	if err := p.publish("river"); err != nil {
		return 0, err
	}
	launcher, err := p.launcher("river")
	if err != nil {
		return 0, err
	}
	if _, err := p.pg.openRiver(ctx, s, riverSchema, riverDefault); err != nil {
		return 0, err // its tables are there now
	}
	// It works on nothing itself, but comes first, and so is the leader, who rescues what the others leave behind.
	leader, err := p.riverClient(ctx, s, "nobody", 1)
	if err != nil {
		return 0, err
	}
	s.closeAfter(ending(launcher)) //nolint:contextcheck // it is called when ctx has ended
	if err := leader.Start(ctx); err != nil {
		return 0, err
	}
	s.closeAfter(closer(func() error { return leader.StopAndCancel(context.WithoutCancel(ctx)) }))
	launched := 0
	launch := func(ctx context.Context) error {
		launched++
		_, err := launcher.Launch(ctx, fmt.Sprint("river.", launched), scan.AgentSpec{Width: p.Width})
		return err
	}
	rate, err := p.timed(ctx, t, &reaper{launcher: launcher, every: t.every, most: t.blows, killed: launch}, func() error {
		for range p.Agents {
			if err := launch(ctx); err != nil {
				return err
			}
		}
		return insertGlances(ctx, leader, t.jobs)
	}, riverEnded)
	if err != nil {
		return 0, err
	}
	var completed int
	if err := p.pg.admin.QueryRow(ctx, "SELECT count(*) FROM "+riverSchema+".river_job WHERE state = 'completed'").Scan(&completed); err != nil {
		return 0, err
	}
	if completed != t.jobs {
		return 0, fmt.Errorf("%d of %d jobs are completed", completed, t.jobs)
	}
	return rate, nil
}

// insertGlances inserts the jobs.
func insertGlances(ctx context.Context, client *river.Client[pgx.Tx], n int) error {
	for from := 0; from < n; from += newJobsAtOnce {
		jobs := make([]river.InsertManyParams, min(newJobsAtOnce, n-from))
		for i := range jobs {
			jobs[i].Args = glance{from + i}
		}
		if _, err := client.InsertManyFast(ctx, jobs); err != nil {
			return err
		}
	}
	return nil
}

// Glance is a job that looks into a folder.
type glance struct{ Target int }

// Kind implements [river.JobArgs].
func (glance) Kind() string { return "glance" }

// RetriedAtOnce has what failed, or was rescued, tried again at once.
type retriedAtOnce struct{}

// NextRetry implements [river.ClientRetryPolicy].
func (retriedAtOnce) NextRetry(*rivertype.JobRow) time.Time { return time.Now() }

// riverClient opens a client that works on a queue.
func (p *yard) riverClient(ctx context.Context, s *setup, queue string, workers int) (*river.Client[pgx.Tx], error) {
	pool, err := (&server{url: p.Postgres}).connect(ctx, s, agentConnections, nil)
	if err != nil {
		return nil, err
	}
	blobs, err := scan.NewDirBlobs(p.path("river-blobs"), nil)
	if err != nil {
		return nil, err
	}
	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
	if err != nil {
		return nil, err
	}
	all := river.NewWorkers()
	river.AddWorker(all, river.WorkFunc(func(ctx context.Context, job *river.Job[glance]) error {
		return p.look(ctx, inspector, job.Args.Target)
	}))
	return river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:      map[string]river.QueueConfig{queue: {MaxWorkers: workers}},
		Workers:     all,
		Schema:      riverSchema,
		Logger:      quiet,
		RetryPolicy: retriedAtOnce{},
		JobTimeout:  p.Lease, RescueStuckJobsAfter: p.Lease,
	})
}

// workForRiver is a process of River's workers.
func (p *yard) workForRiver(ctx context.Context, s *setup) error {
	client, err := p.riverClient(ctx, s, river.QueueDefault, p.Width)
	if err != nil {
		return err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	return client.StopAndCancel(context.WithoutCancel(ctx))
}

// look is what a job does.
func (p *yard) look(ctx context.Context, inspector *scan.Inspector, target int) (err error) {
	root, err := os.OpenRoot(p.target(target))
	if err != nil {
		return err
	}
	dir, err := scan.NewDir(root, nil)
	if err != nil {
		return errors.Join(err, root.Close())
	}
	defer func() { err = errors.Join(err, dir.Close()) }()
	results, err := inspector.Inspect(ctx, dir, scan.Inspection{Target: jobOf(target), Categories: []scan.Category{{Name: "accounts"}}})
	if err != nil {
		return err
	}
	return river.RecordOutput(ctx, results)
}
