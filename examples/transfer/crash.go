package main

import (
	"context"
	"slices"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/provisioning"
)

// A crash is the end of a process in the middle of something.
type crash struct {
	name string // of the process
	// middle says whether it is in the middle of something about the resource; there are the keys of the shares that are there.
	middle func(r *resource, there []string) bool
}

// crashes are all that happen, one after another.
func crashes() []crash {
	return []crash{
		{connecting, func(r *resource, there []string) bool {
			return r.Data.Type == connector.Share && r.State == provisioning.ResourceEnsuring && slices.Contains(there, r.Data.Key)
		}},
		{provisioningBuckets, func(r *resource, _ []string) bool {
			return r.State == provisioning.ResourceRequested || r.State == provisioning.ResourceReleaseRequested
		}},
	}
}

// best is for how many beats the best moment for a crash is waited for. After that any moment is good at which there is
// something to do.
const best = 30

// crash kills the process whose turn it is, if it is in the middle of something, and starts it again.
func (d *demonstration) crash(ctx context.Context) error {
	if len(d.crashes) == 0 {
		return nil
	}
	next := d.crashes[0]
	there, err := d.shares.Keys(ctx)
	if err != nil {
		return err
	}
	waited := time.Since(d.crashed) > d.orders.beats(best)
	for r, err := range d.resources(ctx) {
		if err != nil {
			return err
		}
		if next.middle(&r, there) || waited && r.busy() {
			d.crashes = d.crashes[1:]
			d.say("the %s is killed in the middle of the %s of %s", next.name, r.Name, r.request)
			return d.restart(ctx, next.name)
		}
	}
	return nil
}

// busy says whether something is being done about the resource.
func (r *resource) busy() bool {
	switch r.State {
	case provisioning.ResourceEnsuring, provisioning.ResourceRequested, provisioning.ResourceUnknown,
		provisioning.ResourceReleasing, provisioning.ResourceReleaseRequested:
		return true
	}
	return false
}
