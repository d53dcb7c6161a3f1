package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/amazon/simulated"
	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/supervision"
)

// follow refreshes everything, and then what the cloud says has changed, until ctx ends.
func (s *settings) follow(ctx context.Context, cloud *simulated.Cloud, from *account.Account, db *database, stdout, stderr io.Writer) error {
	v := &view{stdout: stdout, stderr: stderr}
	k, err := newKeeper(s.account, from, db, refresh.RefresherOptions{
		Schedule: func(account string) supervision.Schedule { return supervision.Every(fullEvery, account) },
		Delay:    s.every / 2, // so that changes that come close together share a refresh
		After:    v.after,
		Failed:   v.failed,
	})
	if err != nil {
		return err
	}
	if err := k.ask(ctx, nil); err != nil {
		return err
	}
	return refreshing.While(ctx, supervised, k.refresher.Supervise, func(ctx context.Context) error {
		if _, err := k.refresher.Await(ctx, k.name); err != nil && !refreshing.Passes(err) && ctx.Err() == nil {
			return err
		}
		ticks := time.NewTicker(s.every)
		defer ticks.Stop()
		for v.shown() == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-ticks.C:
			}
			if err := k.ask(ctx, cloud.Change()); err != nil && ctx.Err() == nil {
				return err
			}
		}
		return v.shown()
	})
}

// fullEvery is how often everything is read all the same: whoever tells of changes may have missed one.
const fullEvery = time.Minute

// A view shows what refreshes come to: two of them can go on at once.
type view struct {
	mu             sync.Mutex
	stdout, stderr io.Writer
	began          bool
	broken         error // nobody can be shown anything any more
}

// after shows the first refresh in numbers, the others by their changes. That they cannot be shown is no failure of theirs.
func (v *view) after(_ context.Context, _ refresh.Run, saved *refresh.Plan) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch now := time.Now().Format(time.TimeOnly); {
	case v.broken != nil:
	case !v.began:
		v.began = true
		v.broken = refreshing.NewReport(saved).Write(v.stdout)
	default:
		v.broken = refreshing.WriteChanges(v.stdout, saved, func(c *refresh.Change) string {
			return now + "  " + refreshing.Line(c, "account")
		})
	}
	return nil
}

// shown returns why nothing can be shown any more.
func (v *view) shown() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.broken
}

// failed says what keeps the inventory from being true for a while.
func (v *view) failed(_ context.Context, _ refresh.Run, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	_, _ = fmt.Fprintf(v.stderr, "%s  %v; it is tried again\n", time.Now().Format(time.TimeOnly), err)
}
