package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// awaitNothingLeft waits until nothing is left of the jobs. It gives up after a minute, and says what was left when it looked last.
func (t *tools) awaitNothingLeft(ctx context.Context, p *yard) error {
	enough := time.Now().Add(time.Minute)
	for {
		err := t.left(ctx, p)
		if err == nil {
			return nil
		}
		if time.Now().After(enough) || waitFor(ctx, 100*time.Millisecond) != nil {
			return fmt.Errorf("something is left: %w", err)
		}
	}
}

// left returns an error if anything is left.
func (t *tools) left(ctx context.Context, p *yard) error {
	pool, err := t.manager.Pool(ctx)
	if err != nil {
		return err
	}
	waiting, err := t.manager.Waiting(ctx)
	if err != nil {
		return err
	}
	if len(pool.Used)+len(waiting) > 0 || pool.Heard.Orphan+pool.Heard.Poison > 0 {
		return fmt.Errorf("the pool has %+v, and %d jobs wait", pool, len(waiting))
	}
	for _, q := range []scan.Queue{t.requests, t.replies} {
		gauge, ok := q.(scan.Gauge)
		if !ok {
			return errors.New("a queue is no gauge")
		}
		if stats, err := gauge.Stats(ctx); err != nil || stats != (scan.QueueStats{}) {
			return cmp.Or(err, fmt.Errorf("in a queue are %+v", stats))
		}
	}
	attached, err := os.ReadDir(p.path("mounts"))
	if err != nil || len(attached) > 0 {
		return cmp.Or(err, fmt.Errorf("%d things are attached", len(attached)))
	}
	for _, look := range []func(ctx context.Context) error{t.agentsLeft, t.recordsLeft, t.blobsLeft} {
		if err := look(ctx); err != nil {
			return err
		}
	}
	return nil
}

// agentsLeft is about agents, as the fleet and the launcher know them: also one that has ended, and that nobody has terminated, or that still ends.
func (t *tools) agentsLeft(ctx context.Context) error {
	for el, err := range t.fleet.Agents(ctx) {
		if err != nil {
			return err
		}
		return fmt.Errorf("agent %s is %s", el.Name, el.State)
	}
	for is, err := range t.launcher.List(ctx) {
		return cmp.Or(err, fmt.Errorf("process %s of %s is there", is.ID, is.Token))
	}
	return nil
}

// recordsLeft is about requests for what is attached, and for agents, and about what records wait for.
func (t *tools) recordsLeft(ctx context.Context) error {
	agents, err := provisioning.NewManager(t.store, &provisioning.Options{Name: t.fleet.Records.Name() + ".agent", Logger: quiet})
	if err != nil {
		return err
	}
	kinds := []string{t.manager.Jobs.Name(), t.manager.Targets.Name(), poolKind, t.fleet.Records.Name()}
	for _, m := range []*provisioning.Manager{t.mounts, agents} {
		for r, err := range m.Requests.List(ctx, nil) {
			if err != nil || r.State != provisioning.Deprovisioned {
				return cmp.Or(err, fmt.Errorf("%s is %s", r.Key, r.State))
			}
		}
		kinds = append(kinds, m.Requests.Name())
	}
	for _, kind := range kinds {
		all := storage.Key{Kind: kind}
		open := []storage.EffectStatus{storage.EffectPending, storage.EffectRunning, storage.EffectDead}
		if e, err := first(t.store.Effects(ctx, storage.EffectQuery{From: all, Statuses: open, Limit: 1})); err != nil || e.ID != "" {
			return cmp.Or(err, fmt.Errorf("effect %s of %s is %s", e.Name, e.From, e.Status))
		}
		unheard := []storage.MessageStatus{storage.MessageOpen, storage.MessageDead}
		if m, err := first(t.store.Messages(ctx, storage.MessageQuery{To: all, Statuses: unheard, Limit: 1})); err != nil || m.ID != "" {
			return cmp.Or(err, fmt.Errorf("message %s to %s was not heard", m.Name, m.To))
		}
	}
	return nil
}

func first[T any](all iter.Seq2[T, error]) (one T, err error) {
	for one, err := range all {
		return one, err
	}
	return one, nil
}

// blobsLeft is about blobs that no report points at.
func (t *tools) blobsLeft(ctx context.Context) error {
	used := map[scan.Digest]bool{}
	for target, err := range t.manager.Targets.List(ctx, nil) {
		if err != nil {
			return err
		}
		for _, report := range target.Data.Reports {
			for _, r := range report.Results {
				used[r.Blob] = true
			}
		}
	}
	for b, err := range t.blobs.List(ctx) {
		if err != nil || !used[b.Digest] {
			return cmp.Or(err, fmt.Errorf("no report points at blob %s", b.Digest))
		}
	}
	return nil
}
