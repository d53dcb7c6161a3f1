package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// A queue is River on a server, with jobs that do nothing.
type queue struct {
	client *river.Client[pgx.Tx]
	worked chan time.Time // holds when the last job was worked, if somebody wants to know
}

// A riverSetting is what its throughput hangs on.
type riverSetting struct {
	workers  int
	cooldown time.Duration // between two fetches of jobs
}

var (
	riverDefault = riverSetting{100, river.FetchCooldownDefault}
	// riverBest is what made most jobs of 100, 1000 and 2000 workers and cooldowns from 1 to 50 ms.
	riverBest = riverSetting{2000, 10 * time.Millisecond}
	// riverQuick is what wakes up soonest.
	riverQuick = riverSetting{100, river.FetchCooldownMin}
)

// openRiver opens River in a schema, with the tables in it.
func (pg *server) openRiver(ctx context.Context, s *setup, schema string, with riverSetting) (*queue, error) {
	pool, err := pg.connect(ctx, s, 0, nil)
	if err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+schema); err != nil {
		return nil, err
	}
	driver := riverpgxv5.New(pool)
	quiet := slog.New(slog.DiscardHandler)
	tables, err := rivermigrate.New(driver, &rivermigrate.Config{Schema: schema, Logger: quiet})
	if err != nil {
		return nil, err
	}
	if _, err := tables.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, err
	}
	q := &queue{worked: make(chan time.Time, 1)}
	workers := river.NewWorkers()
	river.AddWorker(workers, river.WorkFunc(func(context.Context, *river.Job[nothing]) error {
		select {
		case q.worked <- time.Now():
		default:
		}
		return nil
	}))
	q.client, err = river.NewClient(driver, &river.Config{
		Queues:        map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: with.workers}},
		FetchCooldown: with.cooldown,
		Workers:       workers,
		Schema:        schema,
		Logger:        quiet,
	})
	return q, err
}

// Nothing is a job that does nothing.
type nothing struct{}

// Kind implements [river.JobArgs].
func (nothing) Kind() string { return "nothing" }

// insert inserts n jobs.
func (q *queue) insert(ctx context.Context, n int) error {
	for ; n > 0; n -= 1000 {
		jobs := make([]river.InsertManyParams, min(n, 1000))
		for i := range jobs {
			jobs[i].Args = nothing{}
		}
		if _, err := q.client.InsertManyFast(ctx, jobs); err != nil {
			return err
		}
	}
	return nil
}

// work works until n jobs are completed.
func (q *queue) work(ctx context.Context, n int) error {
	completed, unsubscribe := q.client.SubscribeConfig(&river.SubscribeConfig{ChanSize: n, Kinds: []river.EventKind{river.EventKindJobCompleted}})
	defer unsubscribe()
	if err := q.client.Start(ctx); err != nil {
		return err
	}
	for range n {
		select {
		case <-completed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return q.client.Stop(ctx)
}
