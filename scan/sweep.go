package scan

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// sweepEvery is how often blobs are looked through.
const sweepEvery = 6 * time.Hour

func (m *Manager) sweepNowAndThen(ctx context.Context) error {
	every := time.NewTicker(sweepEvery)
	defer every.Stop()
	for {
		if _, err := m.Sweep(ctx); err != nil && ctx.Err() == nil {
			return err
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Sweep removes the blobs that no report of a target, no job under way, and nothing that is known of contents points at, and that are older than [Options] says. It
// returns how many they were.
func (m *Manager) Sweep(ctx context.Context) (removed int, err error) {
	if m.options.Grace <= 0 {
		return 0, nil
	}
	before := time.Now().Add(-m.options.Grace)
	old, err := m.blobsBefore(ctx, before)
	if err != nil || len(old) == 0 {
		return 0, err
	}
	used, err := m.usedBlobs(ctx)
	if err != nil {
		return 0, fmt.Errorf("scan: sweep: %w", err)
	}
	// An agent may have put one again meanwhile, which makes it young.
	if old, err = m.blobsBefore(ctx, before); err != nil {
		return 0, err
	}
	for _, d := range old {
		if used[d] {
			continue
		}
		if err := m.blobs.Delete(ctx, d); err != nil {
			return removed, fmt.Errorf("scan: sweep: %w", err)
		}
		removed++
	}
	return removed, nil
}

func (m *Manager) blobsBefore(ctx context.Context, before time.Time) (old []Digest, err error) {
	for b, err := range m.blobs.List(ctx) {
		if err != nil {
			return nil, fmt.Errorf("scan: sweep: %w", err)
		}
		if b.At.Before(before) {
			old = append(old, b.Digest)
		}
	}
	return old, nil
}

// usedBlobs returns what must stay.
func (m *Manager) usedBlobs(ctx context.Context) (map[Digest]bool, error) {
	used := map[Digest]bool{}
	mark := func(results []Result) {
		for i := range results {
			used[results[i].Blob] = true
		}
	}
	for r, err := range m.Targets.List(ctx, nil) {
		if err != nil {
			return nil, err
		}
		for i := range r.Data.Reports {
			mark(r.Data.Reports[i].Results)
		}
		for i := range r.Data.Late {
			mark(r.Data.Late[i].Results)
		}
	}
	under := []JobState{JobQueued, JobAdmitted, JobRequested, JobScanning, JobCollected, JobSaving, JobStopping, JobCleaning}
	for j, err := range m.Jobs.List(ctx, &supervision.Query[JobState]{States: under}) {
		if err != nil {
			return nil, err
		}
		mark(j.Data.Known)
		for el, err := range m.Categories(ctx, j.Key.ID) {
			if err != nil {
				return nil, err
			}
			if r := el.Data.Result; r != nil {
				mark([]Result{*r})
			}
		}
	}
	for r, err := range m.contents.List(ctx, nil) {
		if err != nil {
			return nil, err
		}
		mark([]Result{r.Data})
	}
	return used, nil
}
