package refresh

import (
	"context"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// The errors of [Refresher.Await].
var (
	// ErrFailing is a manager whose last refresh failed, or did not bring everything. It is refreshed again after a while.
	ErrFailing = errors.New("the last refresh did not save everything")
	// ErrStopped is a manager that gets no turns because it is paused or quarantined.
	ErrStopped = errors.New("it gets no turns")
)

// Await waits until all that a manager was asked for is done, and returns what is known of it then. If a refresh failed
// it does not wait for the next try: then the error is [ErrFailing] with the reason. One that gets no turns is [ErrStopped]. It needs a supervisor somewhere
// that has the refresher.
func (r *Refresher[C, P]) Await(ctx context.Context, manager string) (Manager, error) {
	var broken error
	record, err := r.Managers.Await(ctx, manager, func(at supervision.Record[Manager, ManagerState]) bool {
		var settled bool
		settled, broken = r.settled(ctx, at)
		return settled || broken != nil || at.Status != storage.OK
	})
	m := record.Data
	switch {
	case err != nil || broken != nil:
		return m, errors.Join(err, broken)
	case record.Status != storage.OK:
		return m, fmt.Errorf("refresh: manager %q: %w: it is %v (%s)", manager, ErrStopped, record.Status, record.Reason)
	case record.State == Failing && m.Full.Failures > 0:
		return m, fmt.Errorf("refresh: manager %q: %w: %s", manager, ErrFailing, m.Full.Error)
	case record.State == Failing:
		return m, fmt.Errorf("refresh: manager %q: %w: %s", manager, ErrFailing, m.Targeted.Error)
	}
	return m, nil
}

// AwaitRemoved waits until a manager is removed, with all that it had.
func (r *Refresher[C, P]) AwaitRemoved(ctx context.Context, manager string) error {
	_, err := r.Managers.Await(ctx, manager, func(supervision.Record[Manager, ManagerState]) bool { return false })
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return err
}

// settled reports whether a manager rests and has heard all that was said to it.
func (l *lifecycle) settled(ctx context.Context, at supervision.Record[Manager, ManagerState]) (bool, error) {
	if at.State != Idle && at.State != Failing {
		return false, nil
	}
	for _, err := range l.store.Messages(ctx, storage.MessageQuery{To: at.Key, Statuses: []storage.MessageStatus{storage.MessageOpen}, Limit: 1}) {
		return false, err
	}
	now, err := l.managers.Get(ctx, at.Key.ID) // it may have heard them since
	return now.Version == at.Version, err
}
