package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/nats"
	"github.com/reeve-go/reeve/storage/postgres"
)

// Tools are what one process of a yard works with.
type tools struct {
	store             *postgres.Store
	requests, replies scan.Queue
	blobs             scan.Blobs
	mounts            *provisioning.Manager
	launcher          *scan.Processes
	fleet             *scan.Fleet
	manager           *scan.Manager
}

var quiet = slog.New(slog.DiscardHandler)

// open opens them, with so many connections.
func (p *yard) open(ctx context.Context, s *setup, connections int32) (*tools, error) {
	pool, err := (&server{url: p.Postgres}).connect(ctx, s, connections, nil)
	if err != nil {
		return nil, err
	}
	t := &tools{}
	if t.store, err = storeIn(ctx, pool, "ours"); err != nil {
		return nil, err
	}
	if p.NATS == "" {
		err = t.openFolder(ctx, p, pool)
	} else {
		err = t.openJetStream(ctx, p, s)
	}
	if err != nil {
		return nil, err
	}
	var errs [4]error
	t.launcher, errs[0] = p.launcher("agents")
	t.mounts, errs[1] = provisioning.NewManager(t.store, &provisioning.Options{Logger: quiet})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	t.mounts.Register(mountType, mounts{p.path("mounts")}, nil)
	// The idle stay for longer than it takes until what a killed one has left behind is in the queue again.
	t.fleet, errs[2] = scan.NewFleet(t.store, "scale", t.launcher, &scan.FleetOptions{
		Max: p.Agents, Width: p.Width, Idle: p.Lease + time.Second, Sweep: 500 * time.Millisecond, Breaker: scan.FleetBreaker{Failures: -1},
	})
	t.manager, errs[3] = scan.NewManager(t.store, t.requests, t.replies, t.blobs, &scan.Options{
		Fleet: t.fleet, Mounter: mounts{p.path("mounts")}, Provisioning: t.mounts, Grace: -1, Logger: quiet,
	})
	return t, errors.Join(errs[:]...)
}

func storeIn(ctx context.Context, pool *pgxpool.Pool, schema string) (*postgres.Store, error) {
	store, err := postgres.New(ctx, pool, &postgres.Options{Schema: schema})
	if err != nil {
		return nil, err
	}
	return store, store.Migrate(ctx)
}

// openFolder has queues in PostgreSQL and blobs in a folder. Who waits for requests is not to be woken by replies.
func (t *tools) openFolder(ctx context.Context, p *yard, pool *pgxpool.Pool) error {
	asked, err := storeIn(ctx, pool, "requests")
	if err != nil {
		return err
	}
	replied, err := storeIn(ctx, pool, "replies")
	if err != nil {
		return err
	}
	var errs [3]error
	t.requests, errs[0] = scan.NewStoreQueue(asked, "requests", nil)
	t.replies, errs[1] = scan.NewStoreQueue(replied, "replies", nil)
	t.blobs, errs[2] = scan.NewDirBlobs(p.path("blobs"), nil)
	return errors.Join(errs[:]...)
}

// openJetStream has queues and blobs in JetStream.
func (t *tools) openJetStream(ctx context.Context, p *yard, s *setup) error {
	js, err := p.jetStream(s)
	if err != nil {
		return err
	}
	var errs [3]error
	o := &nats.Options{Hidden: p.Lease}
	t.requests, errs[0] = nats.NewQueue(ctx, js, "requests", o)
	t.replies, errs[1] = nats.NewQueue(ctx, js, "replies", o)
	t.blobs, errs[2] = nats.NewBlobs(ctx, js, "blobs", nil)
	return errors.Join(errs[:]...)
}
