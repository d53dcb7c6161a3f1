// Package jobtest has an estate of scan jobs, for tests of what keeps it. Agents, blobs and what is attached are real: what matters is in a store and in a
// folder, and outlives programs that are killed.
package jobtest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// What there is of what jobs share.
const (
	Providers   = 3
	PerProvider = 3
	MaxAgents   = 3
	Width       = 2
)

// An Estate is what one program has of it. Any number may be on one store and folder.
type Estate struct {
	Manager *scan.Manager

	store    storage.Store
	fleet    *scan.Fleet
	mounts   *provisioning.Manager
	launcher scan.Launcher
	requests *scan.StoreQueue
	replies  *scan.StoreQueue
	blobs    *scan.DirBlobs
	disks    disks
	host     host
}

// lease is for how long a program that was killed is waited for.
const lease = 300 * time.Millisecond

var quiet = slog.New(slog.DiscardHandler)

// New returns the estate of a store, a folder and a launcher.
func New(store storage.Store, dir string, launcher scan.Launcher) (*Estate, error) {
	e := &Estate{store: store, launcher: launcher, disks: disks{filepath.Join(dir, "disks")}, host: host{filepath.Join(dir, "host")}}
	var errs [6]error
	e.requests, errs[0] = scan.NewStoreQueue(store, "requests", &scan.StoreQueueOptions{Wait: time.Second, Poll: 100 * time.Millisecond})
	e.replies, errs[1] = scan.NewStoreQueue(store, "replies", &scan.StoreQueueOptions{Wait: time.Second, Poll: 100 * time.Millisecond})
	e.blobs, errs[2] = scan.NewDirBlobs(filepath.Join(dir, "blobs"), nil)
	e.mounts, errs[3] = provisioning.NewManager(store, &provisioning.Options{Logger: quiet})
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	e.mounts.Register("disk", e.disks, &provisioning.TypeOptions{Wait: provisioning.Doubling(50*time.Millisecond, time.Second)})
	e.fleet, errs[4] = scan.NewFleet(store, "hall", launcher, &scan.FleetOptions{Max: MaxAgents, Width: Width, Idle: time.Second, Sweep: time.Second})
	e.Manager, errs[5] = scan.NewManager(store, e.requests, hasty{e.replies}, e.blobs, &scan.Options{
		Mounter: e.disks, Provisioning: e.mounts, Fleet: e.fleet, Save: e.host.save, Grace: -1, Logger: quiet,
	})
	return e, errors.Join(errs[:]...)
}

// Run supervises the estate until ctx ends.
func (e *Estate) Run(ctx context.Context) error {
	s, err := supervision.New(&supervision.Options{Lease: lease, Poll: 100 * time.Millisecond, Logger: quiet})
	if err != nil {
		return err
	}
	if err := errors.Join(e.mounts.Supervise(s), e.fleet.Supervise(s), e.Manager.Supervise(s)); err != nil {
		return err
	}
	return s.Run(ctx)
}

// Work is an agent of the estate, until ctx ends or nobody needs it.
func (e *Estate) Work(ctx context.Context, token string) error {
	a, err := scan.NewAgent(token, scan.Workplace{
		Requests: e.requests, Replies: e.replies, Blobs: e.blobs, Desk: e.Manager, Opener: e.disks, Scanners: []scan.Scanner{marks{"a"}, marks{"b"}},
	}, &scan.AgentOptions{Width: Width, Beat: 200 * time.Millisecond, Logger: quiet})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// Limit says how much there is.
func (e *Estate) Limit(ctx context.Context) error {
	return e.Manager.Limit(ctx, "provider/*", PerProvider)
}

// Start makes jobs, from the first to the last number.
func (e *Estate) Start(ctx context.Context, first, last int) error {
	var jobs []scan.NewJob
	for i := first; i <= last; i++ {
		jobs = append(jobs, scan.NewJob{ID: fmt.Sprint("job", i), Spec: scan.Spec{
			Target:     scan.Target{ID: fmt.Sprint("vm", i), Type: "disk"},
			Categories: []scan.Category{{Name: "a"}, {Name: "b"}},
			Permits:    []scan.Permit{{Key: fmt.Sprint("provider/", i%Providers)}},
		}})
	}
	answers, err := e.Manager.StartAll(ctx, jobs)
	return errors.Join(append(answers, err)...)
}

// A hasty queue is given out for a short while: who was killed with replies is not waited for.
type hasty struct{ *scan.StoreQueue }

func (h hasty) Receive(ctx context.Context, most int, _ time.Duration) ([]scan.Delivery, error) {
	return h.StoreQueue.Receive(ctx, most, lease)
}
