package scan

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// A Report is all that a job found.
type Report struct {
	Job    string `json:"job"`
	Epoch  int    `json:"epoch"`
	Target Target `json:"target"`
	// State is that of the job: in one that is not final more may come.
	State JobState `json:"state"`
	// Outcome is ok if every category is ok or empty, partial if some have results, failed if none has: as far as the job is.
	Outcome Outcome `json:"outcome"`
	// Results are one for each category that was asked for, by name. Those that have not ended are skipped so far.
	Results []Result `json:"results"`
	// At is since when the job is where it is, and so when it ended if it has.
	At time.Time `json:"at"`
}

// Result returns the result of a category.
func (r *Report) Result(category string) (Result, bool) {
	for _, one := range r.Results {
		if one.Category == category {
			return one, true
		}
	}
	return Result{}, false
}

// add adds what became of a category; nil: nothing yet.
func (r *Report) add(category string, result *Result) {
	one := Result{Category: category, Outcome: Skipped, Error: "the job has not ended"}
	if result != nil {
		one = *result
	}
	r.Results = append(r.Results, one)
	found, complete := 0, true
	for _, one := range r.Results {
		switch one.Outcome {
		case OK, Empty:
			found++
		case Partial:
			found++
			complete = false
		default:
			complete = false
		}
	}
	switch {
	case complete:
		r.Outcome = OK
	case found > 0:
		r.Outcome = Partial
	default:
		r.Outcome = Failed
	}
}

// Results returns what a job has found by now. If there is no such job it is [storage.ErrNotFound].
func (m *Manager) Results(ctx context.Context, job string) (Report, error) {
	j, err := m.Jobs.Get(ctx, job)
	if err != nil {
		return Report{}, err
	}
	r := Report{Job: job, Epoch: j.Data.Epoch, Target: j.Data.Target, State: j.State, At: j.Since}
	for el, err := range m.Categories(ctx, job) {
		if err != nil {
			return Report{}, err
		}
		r.add(el.Name, el.Data.Result)
	}
	return r, nil
}

// Categories yields the categories of a job as they are stored, by name: how far each is, and its result.
func (m *Manager) Categories(ctx context.Context, job string) iter.Seq2[supervision.Element[CategoryProgress, CategoryState], error] {
	return m.categories.List(ctx, m.Jobs, job)
}

// How much is kept of a target: what does not fit loses its problems first, and then its age counts.
const (
	mostReport = 256 << 10
	mostTarget = 768 << 10
)

// fit returns a report that is no larger than may be sent: it may list fewer problems than it counts.
func (r Report) fit() Report {
	if sizeOf(r) <= mostReport {
		return r
	}
	short := r
	short.Results = append([]Result(nil), r.Results...)
	for i := range short.Results {
		short.Results[i].Problems = nil
		short.Results[i].Error = clip(short.Results[i].Error)
	}
	return short
}

func sizeOf(v any) int {
	data, _ := json.Marshal(v) // it was JSON before
	return len(data)
}

// keepReport keeps what was found with the target, and under the address of the content, in the commit of a turn. What an agent calls an address that
// is none of what it was asked about is not kept there.
func (m *Manager) keepReport(t supervision.Outbound, r Report, categories []Category) {
	targetReport.Send(t, m.Targets.Key(r.Target.ID), r.fit())
	if r.Target.Content == "" || m.inspector == nil {
		return
	}
	addresses := m.inspector.Addresses(r.Target, categories)
	for _, one := range r.Results {
		if one.Address != "" && !one.Reused && slices.Contains(addresses, one.Address) {
			m.contents.Spawn(t, string(one.Address), one)
		}
	}
}

// target returns what is known of a target; a zero record if it was never scanned.
func (m *Manager) target(ctx context.Context, id string) (TargetRecord, error) {
	r, err := m.Targets.GetAll(ctx, []string{id})
	if err != nil {
		return TargetRecord{}, err
	}
	return r[0].Data, nil
}

// Latest returns the newest report of a target, and the one before; a zero Report where there is none.
func (m *Manager) Latest(ctx context.Context, target string) (is, was Report, err error) {
	r, err := m.target(ctx, target)
	if err != nil {
		return Report{}, Report{}, err
	}
	n := len(r.Reports)
	if n > 0 {
		is = r.Reports[n-1]
	}
	if n > 1 {
		was = r.Reports[n-2]
	}
	return is, was, nil
}
