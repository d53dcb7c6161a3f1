package legacy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/supervision"
)

// jobID returns what an agent is given as the id of a job. It has the epoch, of which agents know nothing, so that the reply has it too, however late it comes.
func jobID(job string, epoch int) string { return fmt.Sprintf("%s/%d", job, epoch) }

func parseJobID(id string) (job string, epoch int, err error) {
	i := strings.LastIndexByte(id, '/')
	if i > 0 {
		job = id[:i]
		epoch, err = strconv.Atoi(id[i+1:])
	}
	if i < 1 || err != nil || epoch < 1 || jobID(job, epoch) != id {
		return "", 0, fmt.Errorf("job_id: it is %s; JOB/EPOCH is right, as it stood in the request", quote(id))
	}
	return job, epoch, nil
}

// Requests returns the queue that a manager sends its requests to: agents find them in their own queue, in their own words. Nobody receives from it.
func (b *Bridge) Requests() scan.Queue {
	r := requests{b}
	if g, ok := b.place.Requests.(scan.Gauge); ok {
		return struct {
			requests
			scan.Gauge
		}{r, g}
	}
	return r
}

// Requests are the way to agents.
type requests struct{ *Bridge }

// Send sends requests in the agents' words. What they cannot be asked will not do another time either.
func (r requests) Send(ctx context.Context, messages ...scan.Message) error {
	out := slices.Clone(messages)
	for i := range out {
		body, err := r.translate(out[i].Body)
		if err != nil {
			return supervision.Permanent(fmt.Errorf("legacy: request %s: %w", quote(out[i].Key), err))
		}
		out[i].Body = body
	}
	return r.place.Requests.Send(ctx, out...)
}

func (r requests) translate(body []byte) ([]byte, error) {
	q, err := scan.DecodeRequest(body)
	if err != nil {
		return nil, err
	}
	out := Request{Type: Extract, JobID: jobID(q.Job, q.Epoch)}
	for _, c := range q.Categories {
		switch {
		case !slices.Contains(Categories(), c.Name):
			return nil, fmt.Errorf("the agents tell nothing of category %s; %q are right", quote(c.Name), Categories())
		case len(c.Config) > 0 && string(c.Config) != "null":
			return nil, fmt.Errorf("category %s has a config, of which the agents know nothing; none is right", quote(c.Name))
		}
		out.Categories = append(out.Categories, c.Name)
	}
	if out.EC2ID, err = r.options.EC2ID(q.Target); err != nil {
		return nil, fmt.Errorf("target %s: %w", quote(q.Target.ID), err)
	}
	return EncodeRequest(out)
}

// Withdraw takes requests back, if the agents' queue can. Else an agent works on what nobody waits for: it cannot be told.
func (r requests) Withdraw(ctx context.Context, keys ...string) error {
	if w, ok := r.place.Requests.(scan.Withdrawer); ok {
		return w.Withdraw(ctx, keys...)
	}
	return nil
}

// Receive is refused: the requests are for existing agents, which take them from their own queue.
func (requests) Receive(context.Context, int, time.Duration) ([]scan.Delivery, error) {
	return nil, errors.New("legacy: requests are received by existing agents only")
}
