// Package local provisions what a provider shares of its own machine: a directory, or a database of PostgreSQL with a
// role that owns it. Both are real, are found again by their keys, and are gone when they are released.
package local

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// A Provisioner makes shares. It finds them as well, so that one is adopted that was made by a program that ended before it could
// tell.
type Provisioner interface {
	provisioning.Provisioner
	provisioning.Finder
	provisioning.Planner
	// Keys returns the keys of all that is there, or half there.
	Keys(ctx context.Context) ([]string, error)
}

// fill is what takes time about a share that has been made: its data is being put there.
func fill(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
