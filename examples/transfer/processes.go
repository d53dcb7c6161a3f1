package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/local"
	"github.com/reeve-go/reeve/provisioning/agevault"
)

// start starts all processes, and opens the estate to look at it and to give orders.
func (d *demonstration) start(ctx context.Context) (err error) {
	if err := agevault.Generate(filepath.Join(d.orders.Folder, vaultKey)); err != nil {
		return err
	}
	if err := d.startOne(ctx, provisioningBuckets); err != nil {
		return err
	}
	d.orders.Buckets = d.processes[provisioningBuckets].listen
	if err := d.startOne(ctx, connecting); err != nil {
		return err
	}
	d.orders.Callbacks = d.processes[connecting].listen
	d.estate, err = d.orders.open(ctx)
	return err
}

// startOne starts a process; one that was there before, at its old address.
func (d *demonstration) startOne(ctx context.Context, name string) error {
	o := d.orders
	if before := d.processes[name]; before != nil {
		o.Listen = before.listen
	}
	p, err := start(ctx, name, &o, d)
	if err == nil {
		d.processes[name] = p
		d.say("the %s is process %d", name, p.cmd.Process.Pid)
	}
	return err
}

// stop stops what runs, and removes what is left outside of the folder.
func (d *demonstration) stop(ctx context.Context) (err error) {
	for _, name := range []string{connecting, provisioningBuckets} {
		if p := d.processes[name]; p != nil {
			if ended := p.stop(); ctx.Err() == nil { // else it was killed
				err = errors.Join(err, ended)
			}
		}
	}
	if d.estate == nil {
		return err
	}
	defer d.close()
	if databases, ok := d.shares.(*local.Databases); ok {
		err = errors.Join(err, databases.Clean(context.WithoutCancel(ctx)))
	}
	return err
}

// restart kills a process, and starts it again after a while.
func (d *demonstration) restart(ctx context.Context, name string) error {
	if err := d.processes[name].kill(); err != nil {
		return err
	}
	d.report.Killed++
	if !sleep(ctx, d.orders.beats(6)) {
		return ctx.Err()
	}
	d.crashed = time.Now()
	return d.startOne(ctx, name)
}

// sleep returns false if the context ends before.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
