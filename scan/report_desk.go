package scan

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// The manager is the desk of agents that reach its store.
var _ Desk = (*Manager)(nil)

// Report tells jobs how far their agents are, and agents what to do: see [Desk].
func (m *Manager) Report(ctx context.Context, progress []Progress) ([]Directive, error) {
	ids, messages := make([]string, len(progress)), make([]storage.Message, len(progress))
	for i, p := range progress {
		if !isName(p.Job, storage.MaxID) || !isName(p.Agent, storage.MaxName) {
			return nil, fmt.Errorf("scan: the report of agent %s on job %s names no agent or no job", quote(p.Agent), quote(p.Job))
		}
		ids[i] = p.Job
		options := []supervision.MessageOption{supervision.Slot("progress/" + strconv.Itoa(p.Epoch) + "/" + p.Agent)}
		if isName(p.Category, storage.MaxName) {
			options = append(options, supervision.ToElement(p.Category))
		}
		var err error
		if messages[i], err = agentProgress.To(m.Jobs.Key(p.Job), p, options...); err != nil {
			return nil, err
		}
	}
	answers, err := m.Jobs.DeliverAll(ctx, messages)
	if err != nil {
		return nil, err
	}
	jobs, err := m.Jobs.GetAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([]Directive, len(progress))
	for i := range progress {
		if answers[i] != nil && !errors.Is(answers[i], storage.ErrNotFound) {
			return nil, answers[i]
		}
		out[i] = directive(&progress[i], jobs[i].State, &jobs[i].Data)
		if out[i].Do == Continue && progress[i].Seq == 1 && jobs[i].State == JobScanning {
			if out[i].Have, err = m.have(ctx, progress[i].Job); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// have returns the categories of a job that have results.
func (m *Manager) have(ctx context.Context, job string) ([]string, error) {
	var names []string
	for el, err := range m.Categories(ctx, job) {
		if err != nil {
			return nil, err
		}
		if el.Data.Result != nil {
			names = append(names, el.Name)
		}
	}
	return names, nil
}

// directive says what an agent is to do about a job that is in that state.
func directive(p *Progress, s JobState, j *Job) Directive {
	switch {
	case s == "":
		return Directive{Do: Drop, Why: "there is no such job"}
	case p.Epoch != j.Epoch:
		return Directive{Do: Drop, Why: fmt.Sprintf("epoch %d is over; it is %d", p.Epoch, j.Epoch)}
	case s == JobStopping:
		return Directive{Do: Cancel, Why: j.why()}
	case s != JobRequested && s != JobScanning:
		return Directive{Do: Drop, Why: fmt.Sprintf("the job is %s", s)}
	case p.Seq > 1 && j.Agent != "" && j.Agent != p.Agent:
		return Directive{Do: Drop, Why: "agent " + quote(j.Agent) + " has it by now"}
	}
	return Directive{Do: Continue}
}

// why says why a job ends.
func (j *Job) why() string {
	if j.Ending == JobCanceled {
		return j.Reason
	}
	return j.Error
}

// Beat says what an agent is to do: what its fleet says, or to work if it is of none. See [Desk].
func (m *Manager) Beat(ctx context.Context, b Beat) (Order, error) {
	if f := m.options.Fleet; f != nil && f.Has(b.Agent) {
		return f.Beat(ctx, b)
	}
	return Work, nil
}
