package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// The manager is the desk of agents that reach its store.
var _ Desk = (*Manager)(nil)

// Report tells jobs how far their agents are, and agents what to do: see [Desk].
func (m *Manager) Report(ctx context.Context, progress []Progress) ([]Directive, error) {
	out := make([]Directive, len(progress))
	var good []int
	var ids []string
	var messages []storage.Message
	for i := range progress {
		msg, err := m.progressMessage(&progress[i])
		if err != nil {
			out[i] = Directive{Do: Drop, Why: err.Error()}
			continue
		}
		good, ids, messages = append(good, i), append(ids, progress[i].Job), append(messages, msg)
	}
	answers, err := m.Jobs.DeliverAll(ctx, messages)
	if err != nil {
		return nil, err
	}
	jobs, unread, err := m.jobsAs(ctx, ids)
	if err != nil {
		return nil, err
	}
	for n, i := range good {
		if errors.Is(answers[n], storage.ErrLocked) {
			if answers[n], err = m.tellLocked(ctx, &progress[i], messages[n]); err != nil {
				return nil, err
			}
		}
		switch err := answers[n]; {
		case errors.Is(err, storage.ErrTooLarge), errors.Is(err, storage.ErrInvalid):
			out[i] = Directive{Do: Drop, Why: err.Error()}
			continue
		case err != nil && !errors.Is(err, storage.ErrNotFound):
			return nil, err
		}
		if unread[n] != nil {
			out[i] = Directive{Do: Continue} // it has been told, and decides when it can be read again
			continue
		}
		out[i] = directive(&progress[i], jobs[n].State, &jobs[n].Data)
		if out[i].Do == Continue && progress[i].Seq == 1 && jobs[n].State == JobScanning {
			if out[i].Have, err = m.have(ctx, progress[i].Job); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// tellLocked tells a job that is being written in this moment, for which a store that is told many things does not wait. Only that an agent has begun
// has to be heard: of the rest its next report says more.
func (m *Manager) tellLocked(ctx context.Context, p *Progress, msg storage.Message) (answer, err error) {
	if p.Seq > 1 {
		return nil, nil
	}
	answers, err := m.Jobs.DeliverAll(ctx, []storage.Message{msg})
	if err != nil {
		return nil, err
	}
	return answers[0], nil
}

// progressMessage returns what a job is told of its agent. Of several in a row it hears the newest, and in any case that an agent has begun.
func (m *Manager) progressMessage(p *Progress) (storage.Message, error) {
	if !isWord(p.Job, maxJobID) || !isWord(p.Agent, storage.MaxName) || p.Epoch < 1 || p.Seq < 1 {
		return storage.Message{}, fmt.Errorf("the report of agent %s on job %s, epoch %d, with number %d cannot be", quote(p.Agent), quote(p.Job), p.Epoch, p.Seq)
	}
	slot := "progress/"
	if p.Seq == 1 {
		slot = "begin/"
	}
	options := []supervision.MessageOption{supervision.Slot(slot + strconv.Itoa(p.Epoch) + "/" + p.Agent)}
	if isWord(p.Category, storage.MaxName) {
		options = append(options, supervision.ToElement(p.Category))
	}
	return agentProgress.To(m.Jobs.Key(p.Job), *p, options...)
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
	case p.Seq > 1 && j.Agent != p.Agent && slices.Contains(j.Agents, p.Agent):
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
