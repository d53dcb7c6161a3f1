package legacy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/supervision"
)

const (
	// watchEvery is how often heartbeats are looked at. The progress clock of jobs has to be longer.
	watchEvery = 30 * time.Second
	// countedAfter is when a request is counted by its queue at the latest: until then it may not even have been sent.
	countedAfter = time.Minute
)

// watch looks at heartbeats until ctx ends.
//
// Existing agents report no progress. All there is to see is that an agent is there, which says little of a request: its heartbeat goes on when its work hangs,
// and does not say what it works on. So while any agent is there, requests that were taken from the queue count as going on, for as long as
// [Options.Patience]; then, and when no agent is there any more, the job's own clock runs out, and it has another epoch.
func (b *Bridge) watch(ctx context.Context) error {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		if err := b.look(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("legacy: heartbeats: %w", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// look reports progress once, if an agent is there.
func (b *Bridge) look(ctx context.Context) error {
	alive, err := b.alive(ctx)
	if err != nil || !alive {
		return err
	}
	progress, err := b.progress(ctx)
	if err != nil || len(progress) == 0 {
		return err
	}
	_, err = b.manager.Load().Report(ctx, progress) // the answers are for agents that can be told something
	return err
}

// alive reports whether an agent is there.
func (b *Bridge) alive(ctx context.Context) (bool, error) {
	for o, err := range b.place.Objects.List(ctx, HeartbeatPrefix) {
		if err != nil {
			return false, err
		}
		if strings.HasPrefix(o.Key, HeartbeatPrefix) && time.Since(o.Modified) < b.options.Fresh {
			return true, nil
		}
	}
	return false, nil
}

// progress returns what there is to report of the jobs that agents have.
func (b *Bridge) progress(ctx context.Context) ([]scan.Progress, error) {
	type job = supervision.Record[scan.Job, scan.JobState]
	waiting, err := b.waiting(ctx)
	if err != nil {
		return nil, err
	}
	var requested []job
	var out []scan.Progress
	say := func(j *job, seq int) {
		out = append(out, scan.Progress{Agent: b.options.Name, Job: j.Key.ID, Epoch: j.Data.Epoch, Seq: seq})
	}
	states := []scan.JobState{scan.JobRequested, scan.JobScanning}
	for j, err := range b.manager.Load().Jobs.List(ctx, &supervision.Query[scan.JobState]{States: states}) {
		switch {
		case err != nil:
			return nil, err
		case j.State == scan.JobRequested:
			requested = append(requested, j)
		case j.Data.Agent == b.options.Name && time.Since(j.Data.Began) < b.options.Patience:
			const goesOn = 2
			say(&j, goesOn)
		}
	}
	// Agents take the oldest first, so that those in the queue are the newest.
	slices.SortFunc(requested, func(a, b job) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Key.ID, b.Key.ID))
	})
	for i := range max(0, len(requested)-waiting) {
		if time.Since(requested[i].Since) >= countedAfter {
			say(&requested[i], 1)
		}
	}
	return out, nil
}

// waiting returns how many requests are in the queue, none if it cannot say.
func (b *Bridge) waiting(ctx context.Context) (int, error) {
	g, ok := b.place.Requests.(scan.Gauge)
	if !ok {
		return 0, nil
	}
	s, err := g.Stats(ctx)
	return s.Ready + s.Leased + s.Delayed, err
}
