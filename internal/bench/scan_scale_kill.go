package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A reaper kills processes of a launcher, one at a time, any of them.
type reaper struct {
	launcher *scan.Processes
	every    time.Duration                   // it strikes so often, on the average
	most     int                             // it kills no more
	killed   func(ctx context.Context) error // is called after each; nil: nobody needs to know
	n        int                             // how many it killed
}

// run goes on until ctx ends. It strikes for the first time as soon as there is anybody.
func (r *reaper) run(ctx context.Context) error {
	const soon = 20 * time.Millisecond
	for wait := soon; r.n < r.most && waitFor(ctx, wait) == nil; {
		if err := r.strike(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		if r.n > 0 {
			wait = r.every/2 + rand.N(r.every)
		}
	}
	return nil
}

// strike kills one process, if there is any.
func (r *reaper) strike(ctx context.Context) error {
	var alive []string
	for is, err := range r.launcher.List(ctx) {
		if err != nil {
			return err
		}
		if !is.Gone {
			alive = append(alive, is.ID)
		}
	}
	if len(alive) == 0 {
		return nil
	}
	var pid int
	if _, err := fmt.Sscanf(alive[rand.N(len(alive))], "%d-", &pid); err != nil {
		return err
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	if process.Kill() != nil {
		return nil // it has just ended
	}
	r.n++
	if r.killed == nil {
		return nil
	}
	return r.killed(ctx)
}
