package main

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver, the host's choice

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

// An estate is what every actor opens: a store with jobs and agents, the queues, and the blobs.
type estate struct {
	store     storage.Store
	launcher  *launcher
	jobs      *scan.Manager
	fleet     *scan.Fleet
	snapshots *provisioning.Manager
	requests  queue
	replies   queue
	blobs     scan.Blobs
	bodies    scan.Blobs // of messages that are too large for their queue; nil: there are no such messages
	close     func()
}

// A queue can say how much is in it.
type queue interface {
	scan.Queue
	scan.Gauge
}

// fleetName is what the agents belong to.
const fleetName = "smartstate"

// open opens the estate in the folder.
func (o *orders) open(ctx context.Context) (e *estate, err error) {
	db, err := sql.Open("sqlite", sqlite.DSN(filepath.Join(o.Folder, "smartstate.db")))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = db.Close()
		}
	}()
	store, err := sqlite.New(ctx, db, nil)
	if err != nil {
		return nil, err
	}
	if err := store.Migrate(ctx); err != nil {
		return nil, err
	}
	e = &estate{store: store, launcher: &launcher{Client: &cloud.Client{Address: o.Cloud}}, close: func() { _ = db.Close() }}
	if o.Amazon != "" {
		err = e.openAmazon(ctx, o)
	} else {
		err = e.openQueues(o, store)
	}
	if err = errors.Join(err, os.MkdirAll(o.snapshots(), 0o700)); err != nil {
		return nil, err
	}
	if e.snapshots, err = provisioning.NewManager(store, nil); err != nil {
		return nil, err
	}
	e.snapshots.Register(snapshot, &snapshotter{o.snapshots()}, &provisioning.TypeOptions{
		Timeout: o.beats(100), Wait: provisioning.Doubling(o.Beat, o.beats(20)),
	})
	// Agents stay for longer than a lease, so that what a lost one had is taken out of the queue by another one.
	e.fleet, err = scan.NewFleet(store, fleetName, e.launcher, &scan.FleetOptions{
		Max: 2, Idle: o.beats(leaseBeats + 20), Boot: o.beats(50), Silence: o.beats(30), Suspect: o.beats(10), Sweep: o.beats(10),
		Breaker: scan.FleetBreaker{Cool: o.beats(30)},
	})
	if err != nil {
		return nil, err
	}
	e.jobs, err = scan.NewManager(store, e.requests, e.replies, e.blobs, &scan.Options{
		Mounter: mounter{}, Provisioning: e.snapshots, Fleet: e.fleet,
	})
	return e, err
}

// openQueues opens the queues on the store, and the blobs in a folder.
func (e *estate) openQueues(o *orders, store storage.Store) (err error) {
	polls := &scan.StoreQueueOptions{Poll: o.beats(1), Wait: o.beats(10)}
	if e.requests, err = scan.NewStoreQueue(store, "requests", polls); err != nil {
		return err
	}
	if e.replies, err = scan.NewStoreQueue(store, "replies", polls); err != nil {
		return err
	}
	e.blobs, err = scan.NewDirBlobs(filepath.Join(o.Folder, "blobs"), nil)
	return err
}

// snapshots is the folder with all of them.
func (o *orders) snapshots() string { return filepath.Join(o.Folder, "snapshots") }

// supervise is the process of the control, or of the coordinator.
func (o *orders) supervise(ctx context.Context, role string, ready func(any) error) error {
	e, err := o.open(ctx)
	if err != nil {
		return err
	}
	defer e.close()
	sup, err := supervision.New(&supervision.Options{
		Poll: o.beats(1), Lease: 5 * time.Second, Drain: o.beats(20), Backoff: supervision.Exponential(o.Beat, o.beats(10)), Logger: complaints(),
	})
	if err != nil {
		return err
	}
	if role == coordinator {
		err = e.fleet.Supervise(sup)
	} else {
		err = errors.Join(e.jobs.Supervise(sup), e.snapshots.Supervise(sup))
	}
	if err == nil && role == coordinator && o.Remote {
		return o.runOffice(ctx, e, sup.Run, ready)
	}
	if err == nil {
		err = ready("ready")
	}
	if err != nil {
		return err
	}
	return sup.Run(ctx)
}

// complaints are what a process says on stderr: what a run is to show goes wrong all the time, and is no complaint.
func complaints() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}
