package refresh

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// ErrFailing is a refresh, or a removal, that failed, or did not bring everything. It is made again after a while.
var ErrFailing = errors.New("not everything was saved")

// Await waits until all is done that a manager was asked for before, by [Refresher.Add], [Refresher.Request] or
// [Refresher.Force], in whichever program, and returns what is known of it then. What is asked for later, or comes by the
// schedule, it does not wait for; so it ends however much is asked for all the time. A request that comes while a refresh is
// under way is done by the next one.
//
// If the last try at something of it failed it does not wait for the next one: that is [ErrFailing], with the reason. A
// manager that gets no turns is [supervision.ErrPaused] or [supervision.ErrQuarantined], and one that is removed meanwhile, or
// was before, [storage.ErrNotFound]. It needs a supervisor somewhere that has the refresher.
func (r *Refresher[C, P]) Await(ctx context.Context, manager string) (Manager, error) {
	all, err := r.asked(ctx, manager)
	if err != nil {
		return Manager{}, err
	}
	record, err := r.Managers.Await(ctx, manager, func(at supervision.Record[Manager, ManagerState]) bool { return all.answered(&at.Data) })
	if err == nil {
		err = all.failure(manager, &record.Data)
	}
	return record.Data, err
}

// AwaitRemoved waits until a manager is removed, with all that it had. If the last try at that failed it is [ErrFailing],
// with the reason; the other errors are those of [Refresher.Await].
func (r *Refresher[C, P]) AwaitRemoved(ctx context.Context, manager string) error {
	var added time.Time // the one that is to go; another may be added in its place
	var failed error
	_, err := r.Managers.Await(ctx, manager, func(at supervision.Record[Manager, ManagerState]) bool {
		if added.IsZero() {
			added = at.Data.Added
		}
		failed = r.removalFailed(ctx, &at)
		return failed != nil || !at.Data.Added.Equal(added)
	})
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	return errors.Join(err, failed)
}

// removalFailed returns why the last try at the removal of a manager failed, if it did.
func (l *lifecycle) removalFailed(ctx context.Context, at *supervision.Record[Manager, ManagerState]) error {
	if at.Data.Removal == "" {
		return nil
	}
	for e, err := range l.store.Effects(ctx, storage.EffectQuery{From: at.Key, Statuses: []storage.EffectStatus{storage.EffectPending}}) {
		switch {
		case err != nil:
			return fmt.Errorf("refresh: manager %q: %w", at.Key.ID, err)
		case e.ID == at.Data.Removal && e.Reason != "":
			return fmt.Errorf("refresh: manager %q: its removal: %w: %s", at.Key.ID, ErrFailing, e.Reason)
		}
	}
	return nil
}

// An asked is all that a manager was asked for until a moment.
type asked struct {
	added  time.Time // which manager of that name
	unread uint64    // the number of the newest request that may not have been taken down; zero: all were
	newest uint64    // the number of the newest request
}

// asked returns all that a manager was asked for until now.
func (l *lifecycle) asked(ctx context.Context, manager string) (asked, error) {
	var all asked
	q := storage.MessageQuery{To: l.managers.Key(manager), Statuses: []storage.MessageStatus{storage.MessageOpen}}
	for m, err := range l.store.Messages(ctx, q) {
		if err != nil {
			return all, fmt.Errorf("refresh: manager %q: %w", manager, err)
		}
		if m.Name == l.requested.Name() {
			all.unread = m.Seq
		}
	}
	now, err := l.managers.Get(ctx, manager) // later, so that nothing is missed that was read meanwhile
	all.added, all.newest = now.Data.Added, max(all.unread, now.Data.Heard, firstRequest)
	return all, err
}

// answered reports whether nothing of it is still to be done. Of a manager that is not there any more nothing is.
func (a asked) answered(m *Manager) bool {
	if !m.Added.Equal(a.added) {
		return true
	}
	return m.Heard >= a.unread &&
		!a.has(m.Full.Waiting) && !a.has(m.Full.Running) && !a.has(m.Targeted.Waiting) && !a.has(m.Targeted.Running)
}

// has reports whether a request is one of them.
func (a asked) has(number uint64) bool { return number > 0 && number <= a.newest }

// failure returns what went wrong with it.
func (a asked) failure(manager string, m *Manager) error {
	if !m.Added.Equal(a.added) {
		return fmt.Errorf("refresh: manager %q: %w: it was removed, and added anew", manager, storage.ErrNotFound)
	}
	for _, t := range []*Track{&m.Full, &m.Targeted} {
		if a.has(t.Failed) {
			return fmt.Errorf("refresh: manager %q: %w: %s", manager, ErrFailing, t.Error)
		}
	}
	return nil
}
