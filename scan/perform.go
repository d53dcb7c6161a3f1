package scan

import (
	"context"
	"fmt"

	"github.com/reeve-go/reeve/supervision"
)

// A sending is what has to be sent to agents. Its request says what is known if that was Looked for.
type sending struct {
	Request Request `json:"request"`
	Looked  bool    `json:"looked,omitempty"`
}

// A saving is what the host has to take over: what the job has by now.
type saving struct {
	Epoch int `json:"epoch"`
}

// requestKey is what tells a request from all others.
func requestKey(job string, epoch int) string { return fmt.Sprintf("%s/%d", job, epoch) }

// performRequest puts a request into the queue.
func (m *Manager) performRequest(ctx context.Context, _ supervision.Call, s sending) (struct{}, error) {
	r := s.Request
	if !s.Looked {
		known, err := m.known(ctx, []Target{r.Target})
		if err != nil {
			return struct{}{}, err
		}
		r.Known = known[0]
	}
	body, err := EncodeRequest(r)
	if err != nil {
		return struct{}{}, supervision.Permanent(err)
	}
	return struct{}{}, m.requests.Send(ctx, Message{Key: requestKey(r.Job, r.Epoch), Body: body})
}

// performWithdraw takes a request out of the queue that nobody waits for any more, if the queue can: else whoever takes it is told to drop it.
func (m *Manager) performWithdraw(ctx context.Context, _ supervision.Call, key string) (struct{}, error) {
	queue, ok := m.requests.(Withdrawer)
	if !ok {
		return struct{}{}, nil
	}
	return struct{}{}, queue.Withdraw(ctx, key)
}

// known returns what earlier scans found in each of the targets.
func (m *Manager) known(ctx context.Context, targets []Target) ([][]Result, error) {
	ids := make([]string, len(targets))
	for i := range targets {
		ids[i] = targets[i].ID
	}
	records, err := m.Targets.GetAll(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([][]Result, len(targets))
	for i := range records {
		out[i] = records[i].Data.Known(m.options.Late)
		out[i] = out[i][:min(len(out[i]), maxCategories)]
	}
	return out, nil
}

// performSave has the host take a job's results over.
func (m *Manager) performSave(ctx context.Context, c supervision.Call, _ saving) (struct{}, error) {
	r, err := m.Results(ctx, c.From.ID)
	if err != nil {
		return struct{}{}, err
	}
	return struct{}{}, m.options.Save(ctx, r)
}
