package scan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Wait is why a job does not have its permits.
type Wait struct {
	Job string `json:"job"`
	// Position is its place among those that wait for the same thing, from 1; of all that wait it is Place.
	Position int `json:"position"`
	Place    int `json:"place"`
	// Key is what there is not enough of, of which Used of Limit are given out; empty: there is enough of all that it needs.
	Key   string `json:"key,omitempty"`
	Used  int    `json:"used,omitempty"`
	Limit int    `json:"limit,omitempty"`
	// Why says it for people.
	Why string `json:"why"`
}

// Waiting returns the jobs that wait for permits, the first one first, and why each does not have them yet: those without a Key get them with the pool's next
// turn, unless it is shut or paused, which Why says then. It looks at all that wait.
func (m *Manager) Waiting(ctx context.Context) ([]Wait, error) {
	records, err := m.Pools.GetAll(ctx, []string{m.pool().ID})
	if err != nil || records[0].Version == 0 {
		return nil, err
	}
	p := records[0]
	l := &admission{limits: p.Data.Limits, used: p.Data.Used, now: time.Now(), reserved: map[string]bool{}}
	if l.used == nil {
		l.used = map[string]int{}
	}
	var out []Wait
	behind := map[string]int{}
	for el, err := range m.seats.List(ctx, m.Pools, p.Key.ID) {
		if err != nil {
			return nil, err
		}
		if el.State != seatWaiting {
			continue
		}
		w := Wait{Job: el.Data.Job.ID, Place: len(out) + 1}
		missing := l.admit(claim{el.Data.Permits, el.Data.Since})
		switch {
		case p.Status != storage.OK:
			w.Position = w.Place
			w.Why = fmt.Sprintf("the pool is %v: %s, position %d", p.Status, clip(p.Reason), w.Position)
		case p.State == PoolShut:
			w.Position = w.Place
			w.Why = fmt.Sprintf("%s, position %d", p.Data.shut(), w.Position)
		case len(missing) == 0:
			w.Why = "it gets its permits next"
		default:
			short := missing[0]
			behind[short.Key]++
			w.Key, w.Used, w.Position = short.Key, l.used[short.Key], behind[short.Key]
			w.Limit, _ = l.limits.of(short.Key)
			w.Why = fmt.Sprintf("%s limit %d/%d, position %d", short.Key, w.Used, w.Limit, w.Position)
			if short.weight() > w.Limit {
				w.Why += fmt.Sprintf("; it needs %d, which there never is", short.weight())
			}
		}
		out = append(out, w)
	}
	return out, nil
}

// shut says why a pool that is shut is so.
func (p *Pool) shut() string {
	return fmt.Sprintf("agents do not keep up: the oldest request has waited for %v", p.Oldest)
}

// explainPool adds to the explanation of the pool what there is no more of.
func explainPool(_ context.Context, r supervision.Record[Pool, PoolState]) ([]string, error) {
	var out []string
	if r.State == PoolShut {
		out = append(out, r.Data.shut())
	}
	const most = 20
	full := 0
	for _, key := range slices.Sorted(maps.Keys(r.Data.Used)) {
		if n, limited := permits(r.Data.Limits).of(key); limited && r.Data.Used[key] >= n {
			if full++; full <= most {
				out = append(out, fmt.Sprintf("%s limit %d/%d", key, r.Data.Used[key], n))
			}
		}
	}
	if full > most {
		out = append(out, fmt.Sprintf("and %d more of which all is given out", full-most))
	}
	return out, nil
}

// explain adds to the explanation of a job what it waits for.
func (m *Manager) explain(ctx context.Context, r supervision.Record[Job, JobState]) ([]string, error) {
	j := &r.Data
	var out []string
	switch r.State {
	case JobQueued:
		all, err := m.Waiting(ctx)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(all, func(w Wait) bool { return w.Job == r.Key.ID }); i >= 0 {
			out = append(out, "it waits for its permits: "+all[i].Why)
		}
	case JobAdmitted:
		if j.Mount != "" && !j.Next.After(r.Since) {
			out = append(out, fmt.Sprintf("what has to be attached is %s: request %s", j.Mounted, quote(j.Mount)))
		}
		if j.Epoch > 0 {
			out = append(out, fmt.Sprintf("epoch %d failed, and another begins at %s: %s", j.Epoch, j.Next.UTC().Format("15:04:05"), j.Error))
		}
	case JobRequested:
		out = append(out, fmt.Sprintf("agents are asked for it, epoch %d, and none has begun", j.Epoch))
	case JobScanning:
		out = append(out, fmt.Sprintf("agent %s works on it, epoch %d", quote(j.Agent), j.Epoch))
	case JobStopping:
		out = append(out, fmt.Sprintf("agent %s is told to stop: %s", quote(j.Agent), j.why()))
	case JobCleaning:
		out = append(out, fmt.Sprintf("what was attached is %s: request %s", j.Mounted, quote(j.Mount)))
	}
	states := map[CategoryState][]string{}
	for el, err := range m.Categories(ctx, r.Key.ID) {
		if err != nil {
			return nil, err
		}
		name := el.Name
		if el.State == CategoryScanning {
			name = fmt.Sprintf("%s (%d items)", name, el.Data.Items)
		}
		states[el.State] = append(states[el.State], name)
	}
	for _, s := range []CategoryState{CategoryOK, CategoryEmpty, CategoryPartial, CategoryScanning, CategoryPlanned, CategoryFailed, CategorySkipped} {
		if len(states[s]) > 0 {
			out = append(out, fmt.Sprintf("%s: %s", s, strings.Join(states[s], ", ")))
		}
	}
	return out, nil
}
