package provisioning

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/supervision"
)

// ErrFailed is a request that will not get to the status that is waited for, unless somebody does something about it.
var ErrFailed = errors.New("it will not get there by itself")

// Await waits until a request has a status, and returns it as it was then. It is [ErrFailed], with what went wrong, once it cannot get
// there by itself: what is waited for has failed, or the request was terminated. The other errors are those of [supervision.Kind.Await].
func (m *Manager) Await(ctx context.Context, id string, wanted Status) (supervision.Record[Request, Status], error) {
	goal := goalOf(wanted)
	r, err := m.Requests.Await(ctx, id, func(r supervision.Record[Request, Status]) bool {
		return r.State == wanted || hopeless(&r, goal)
	})
	if err == nil && r.State != wanted {
		err = fmt.Errorf("provisioning: request %q is awaited to be %s: %w: it is %s; reason: %q, error: %q", id, wanted, ErrFailed, r.State, r.Data.Reason, r.Data.Error)
	}
	return r, err
}

// goalOf returns the goal with which a request can have the status; empty: either.
func goalOf(s Status) Goal {
	switch s {
	case Provisioning, ProvisioningRequested, Provisioned:
		return Present
	case Failed:
		return ""
	default:
		return Absent
	}
}

func hopeless(r *supervision.Record[Request, Status], goal Goal) bool {
	return r.Data.Goal == Absent && goal == Present || r.State == Failed && r.Data.Goal == goal || r.State == Deprovisioned
}
