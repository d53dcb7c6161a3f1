package main

import (
	"cmp"
	"context"
	"time"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage"
)

// A watch follows a machine: it looks again and again, and asks for a refresh of what looks other than before.
type watch struct {
	*keeper

	every   time.Duration
	say     func(format string, args ...any)
	seen    *machine.Look
	trouble string // as it was last said
}

// run follows until ctx ends, which is how it is to end, or nobody can be shown anything any more.
func (w *watch) run(ctx context.Context, v *view) error {
	ticks := time.NewTicker(w.every)
	defer ticks.Stop()
	for v.failed() == nil {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			return nil
		}
		if err := w.once(ctx); err != nil && ctx.Err() == nil {
			w.say("%s  %v; it is tried again", clock(time.Now()), err) // because what was seen stays as it is
		}
	}
	return v.failed()
}

// once looks, and asks for what began, ended or changed since it last did.
func (w *watch) once(ctx context.Context) error {
	now, err := w.from.Look(ctx)
	if err != nil {
		return err
	}
	t, err := w.targets(now.Since(w.seen))
	if err != nil {
		return err
	}
	if t.Len() > 0 {
		if err := w.refresher.Request(ctx, w.name, t); err != nil {
			return err
		}
	}
	w.seen = now
	return w.check(ctx)
}

// check says what keeps the inventory from being true, whenever that is something else.
func (w *watch) check(ctx context.Context) error {
	r, err := w.refresher.Managers.Get(ctx, w.name)
	if err != nil {
		return err
	}
	if r.State == refresh.Refreshing && r.Status == storage.OK {
		return nil // what was wrong may be over in a moment
	}
	var now string
	for _, t := range []refresh.Track{r.Data.Full, r.Data.Targeted} {
		if t.Error != "" {
			now = t.Error + "; it is tried again at " + clock(t.Retry)
		}
	}
	if r.Status != storage.OK {
		now = r.Status.String() + ": " + r.Reason
	}
	if now != w.trouble {
		w.trouble = now
		w.say("%s  %s", clock(time.Now()), cmp.Or(now, "all is well again"))
	}
	return nil
}
