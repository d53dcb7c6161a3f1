package jobtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Check returns an error if more is given out than there is.
func (e *Estate) Check(ctx context.Context) error {
	p, err := e.Manager.Pool(ctx)
	if err != nil {
		return err
	}
	for key, n := range p.Used {
		if of, limited := map[string]int{"fleet/hall": MaxAgents * Width}[key]; limited && n > of || !limited && n > PerProvider {
			return fmt.Errorf("of %s there are %d given out", key, n)
		}
	}
	return nil
}

// Until waits until f finds nothing wrong any more, for some minutes at the most.
func Until(t testing.TB, f func(ctx context.Context) error) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	for err := f(ctx); err != nil; err = f(ctx) {
		select {
		case <-ctx.Done():
			t.Fatal(err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Ended counts the jobs by the states in which they ended; it is an error if one has not.
func (e *Estate) Ended(ctx context.Context) (map[scan.JobState]int, error) {
	states := map[scan.JobState]int{}
	for j, err := range e.Manager.Jobs.List(ctx, nil) {
		if err != nil {
			return nil, err
		}
		if !j.State.Final() {
			why, _ := e.Manager.Jobs.Explain(ctx, j.Key.ID)
			return nil, fmt.Errorf("%s goes on:\n%s", j.Key, why)
		}
		states[j.State]++
	}
	return states, nil
}

// Leaks returns an error if anything is left of the jobs: permits, requests, replies, what was attached, or agents.
func (e *Estate) Leaks(ctx context.Context) error {
	p, err := e.Manager.Pool(ctx)
	if err != nil {
		return err
	}
	waiting, err := e.Manager.Waiting(ctx)
	if err != nil {
		return err
	}
	if len(p.Used)+len(waiting) > 0 || p.Heard.Orphan+p.Heard.Poison > 0 {
		return fmt.Errorf("the pool has %+v, and %v wait", p, waiting)
	}
	for _, q := range []*scan.StoreQueue{e.requests, e.replies} {
		if stats, err := q.Stats(ctx); err != nil || stats != (scan.QueueStats{}) {
			return fmt.Errorf("in a queue are %+v, %w", stats, err)
		}
	}
	if left, err := e.disks.left(); err != nil || len(left) > 0 {
		return fmt.Errorf("attached are %v, %w", left, err)
	}
	for is, err := range e.launcher.List(ctx) {
		if err != nil || !is.Gone {
			return fmt.Errorf("agent %s is there, %w", is.Token, err)
		}
	}
	for el, err := range e.fleet.Agents(ctx) {
		if err != nil || !el.State.Over() {
			return fmt.Errorf("agent %s is %s, %w", el.Name, el.State, err)
		}
	}
	return e.leaksInside(ctx)
}

// leaksInside is about what only the store knows.
func (e *Estate) leaksInside(ctx context.Context) error {
	agents, err := provisioning.NewManager(e.store, &provisioning.Options{Name: "fleet.hall.agent", Logger: quiet})
	if err != nil {
		return err
	}
	for _, m := range []*provisioning.Manager{e.mounts, agents} {
		for r, err := range m.Requests.List(ctx, nil) {
			if err != nil || r.State != provisioning.Deprovisioned {
				return fmt.Errorf("%s is %s, %w", r.Key, r.State, err)
			}
		}
		if err := e.settled(ctx, m.Requests.Name()); err != nil {
			return err
		}
	}
	return errors.Join(e.settled(ctx, e.Manager.Jobs.Name()), e.settled(ctx, e.Manager.Targets.Name()))
}

// settled returns an error if an effect of the records of a kind is under way, dead, or if a message to them is dead.
func (e *Estate) settled(ctx context.Context, kind string) error {
	all := storage.Key{Kind: kind}
	open := []storage.EffectStatus{storage.EffectPending, storage.EffectRunning, storage.EffectDead}
	if effect, err := first(e.store.Effects(ctx, storage.EffectQuery{From: all, Statuses: open, Limit: 1})); err != nil || effect.ID != "" {
		return fmt.Errorf("an effect is not settled: %+v, %w", effect, err)
	}
	dead := []storage.MessageStatus{storage.MessageDead, storage.MessageOpen}
	if m, err := first(e.store.Messages(ctx, storage.MessageQuery{To: all, Statuses: dead, Limit: 1})); err != nil || m.ID != "" {
		return fmt.Errorf("a message was not heard: %+v, %w", m, err)
	}
	return nil
}

func first[T any](all iter.Seq2[T, error]) (one T, err error) {
	for one, err := range all {
		return one, err
	}
	return one, nil
}

// Once returns an error if a job that is done does not have what it found exactly once: one request each epoch, one result for each category, one
// collection, and nothing else told to the host however often.
func (e *Estate) Once(ctx context.Context, j supervision.Record[scan.Job, scan.JobState]) error {
	events := map[string]int{}
	for line, err := range e.store.History(ctx, j.Key, 0) {
		if err != nil {
			return err
		}
		events[line.Event]++
	}
	if events["collect"] != 1 || events["save"] != 1 || events["dispatch"] != j.Data.Epoch {
		return fmt.Errorf("%s in epoch %d has a history of %v", j.Key, j.Data.Epoch, events)
	}
	if n := j.Data.Heard.Applied; n < 2 || n > 3*j.Data.Epoch {
		return fmt.Errorf("%s in epoch %d heard %+v", j.Key, j.Data.Epoch, j.Data.Heard)
	}
	report, err := e.Manager.Results(ctx, j.Key.ID)
	if err != nil {
		return err
	}
	want := []scan.Digest{digestOf("a", report.Target.ID), digestOf("b", report.Target.ID)}
	is := fmt.Sprint(report.Target.ID, " ", scan.OK, " ", want)
	saved, err := e.host.saved(j.Key.ID)
	if err != nil || len(saved) == 0 {
		return fmt.Errorf("%s was not taken over: %w", j.Key, err)
	}
	for _, one := range saved {
		if one != is {
			return fmt.Errorf("%s was taken over as %q; want %q", j.Key, one, is)
		}
	}
	for _, one := range report.Results {
		if err := e.readable(ctx, one); err != nil {
			return fmt.Errorf("%s: %w", j.Key, err)
		}
	}
	latest, _, err := e.Manager.Latest(ctx, report.Target.ID)
	if err != nil || latest.Job != j.Key.ID {
		return fmt.Errorf("the last report of %s is %+v, %w", report.Target.ID, latest, err)
	}
	return nil
}

func digestOf(category, id string) scan.Digest {
	return scan.DigestOf(fmt.Appendf(nil, "{\"key\":%q,\"value\":%q}\n", category, id))
}

func (e *Estate) readable(ctx context.Context, r scan.Result) error {
	n := 0
	for _, err := range scan.Items(ctx, e.blobs, r) {
		if err != nil {
			return err
		}
		n++
	}
	if n != 1 {
		return fmt.Errorf("category %s has %d items", r.Category, n)
	}
	return nil
}
