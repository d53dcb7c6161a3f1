package scan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// How replies are taken from their queue.
const (
	pumpBatch = 100
	pumpLease = time.Minute
	// pumpAgain is when a reply is tried again that could not be kept, and pumpLocked when its job was just being written.
	pumpAgain  = 10 * time.Second
	pumpLocked = 200 * time.Millisecond
	// pumpPatience is how often one is tried that a newer program wrote, or whose job cannot be read.
	pumpPatience = 20
)

// pump brings replies to their jobs until ctx ends. A reply leaves its queue once the job has it; one that nobody can understand, or whose job does not
// exist, is buried, and holds up no other.
func (m *Manager) pump(ctx context.Context) error {
	defer listening(ctx, m.replies)()
	for {
		deliveries, err := m.replies.Receive(ctx, pumpBatch, pumpLease)
		if ctx.Err() != nil {
			return nil // what was received comes again
		}
		if err != nil {
			return fmt.Errorf("scan: replies: %w", err)
		}
		if len(deliveries) == 0 {
			continue
		}
		if err := m.bring(ctx, deliveries); err != nil {
			return fmt.Errorf("scan: replies: %w", err)
		}
	}
}

// A parcel is one reply on its way to its job.
type parcel struct {
	Delivery

	reply Reply
	// bury says why nobody can have it; again that it could not be delivered now.
	bury  string
	again error
}

// bring brings replies to their jobs.
func (m *Manager) bring(ctx context.Context, deliveries []Delivery) error {
	parcels := make([]*parcel, len(deliveries))
	var heard Heard
	var good []*parcel
	for i, d := range deliveries {
		parcels[i] = &parcel{Delivery: d}
		reply, err := DecodeReply(d.Message().Body)
		switch {
		case errors.Is(err, ErrVersion) && d.Attempt() < pumpPatience:
			parcels[i].again = err // a newer program may be there soon
			continue
		case err != nil:
			parcels[i].bury = err.Error()
			heard.Poison++
			continue
		}
		parcels[i].reply = reply
		good = append(good, parcels[i])
	}
	if err := m.deliver(ctx, good, &heard); err != nil {
		return err
	}
	if err := m.count(ctx, heard); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for _, p := range parcels {
		group.Go(func() error { return p.settle(ctx) })
	}
	return group.Wait()
}

// settle says to the queue what became of a reply.
func (p *parcel) settle(ctx context.Context) error {
	var err error
	switch {
	case errors.Is(p.again, storage.ErrLocked):
		err = p.Retry(ctx, pumpLocked)
	case p.again != nil:
		err = p.Retry(ctx, pumpAgain)
	case p.bury != "":
		err = p.Bury(ctx, p.bury)
	default:
		err = p.Ack(ctx)
	}
	if errors.Is(err, ErrLeaseLost) {
		return nil // it comes again, and is a duplicate
	}
	return err
}

// deliver gives the jobs what agents say. What comes too late for a job that has ended goes to its target.
func (m *Manager) deliver(ctx context.Context, parcels []*parcel, heard *Heard) error {
	ids := make([]string, len(parcels))
	for i, p := range parcels {
		ids[i] = p.reply.Job
	}
	jobs, unread, err := m.jobsAs(ctx, ids)
	if err != nil {
		return err
	}
	var messages []storage.Message
	var of []*parcel
	for i, p := range parcels {
		var these []storage.Message
		switch {
		case unread[i] != nil && p.Attempt() < pumpPatience:
			p.again = unread[i]
			continue
		case unread[i] != nil:
			p.bury = unread[i].Error()
			continue
		case jobs[i].Version == 0:
			p.bury = "there is no job " + quote(p.reply.Job)
			heard.Orphan++
			continue
		case jobs[i].State.Final():
			heard.Stale++
			these, err = m.late(&jobs[i].Data, &p.reply)
		default:
			these, err = m.answers(&p.reply)
		}
		if err != nil {
			p.bury = err.Error()
			continue
		}
		for _, msg := range these {
			messages, of = append(messages, msg), append(of, p)
		}
	}
	answers, err := m.Jobs.DeliverAll(ctx, messages)
	if err != nil {
		return err
	}
	for i, err := range answers {
		switch {
		case errors.Is(err, storage.ErrNotFound):
			of[i].bury = "there is no job " + quote(of[i].reply.Job) + " any more"
		case errors.Is(err, storage.ErrTooLarge), errors.Is(err, storage.ErrInvalid):
			of[i].bury = err.Error()
		case err != nil:
			of[i].again = err
		}
	}
	return nil
}

// answers returns what a job is told of a reply: each category by itself, so that its turn has them at hand.
func (m *Manager) answers(r *Reply) ([]storage.Message, error) {
	var out []storage.Message
	say := func(a answer, options ...supervision.MessageOption) error {
		msg, err := agentAnswer.To(m.Jobs.Key(r.Job), a, options...)
		out = append(out, msg)
		return err
	}
	for i := range r.Results {
		one := &r.Results[i]
		if err := say(answer{Agent: r.Agent, Epoch: r.Epoch, Result: one}, supervision.ToElement(one.Category)); err != nil {
			return nil, err
		}
	}
	if !r.Last {
		return out, nil
	}
	return out, say(answer{Agent: r.Agent, Epoch: r.Epoch, Error: r.Error, Class: r.Class, After: int64(r.RetryAfter)})
}

// late returns what the target of a job that has ended is told of a reply.
func (m *Manager) late(j *Job, r *Reply) ([]storage.Message, error) {
	if m.options.Late == DropLate || len(r.Results) == 0 {
		return nil, nil
	}
	msg, err := targetLate.To(m.Targets.Key(j.Target.ID), LateReply{Job: r.Job, Epoch: r.Epoch, Agent: r.Agent, Results: r.Results})
	return []storage.Message{msg}, err
}

// count adds to what was heard in all.
func (m *Manager) count(ctx context.Context, h Heard) error {
	if h == (Heard{}) {
		return nil
	}
	return m.tellPool(ctx, func() (storage.Message, error) { return addHeard.To(m.pool(), h) })
}

// tellPool says something to the pool, which is made if it is not there yet.
func (m *Manager) tellPool(ctx context.Context, message func() (storage.Message, error)) error {
	for range 2 {
		msg, err := message()
		if err != nil {
			return err
		}
		answers, err := m.Pools.DeliverAll(ctx, []storage.Message{msg})
		if err == nil {
			err = answers[0]
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if err := m.ensurePool(ctx); err != nil {
			return err
		}
	}
	return storage.ErrNotFound
}
