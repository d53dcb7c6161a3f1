package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
)

// What was seen of the job last.
type seen struct {
	state      scan.JobState
	epoch      int
	agent      string
	all, ended int         // categories
	blob       scan.Digest // with a result
	agents     map[string]scan.AgentState
}

// look reads where everything is, and says what is news.
func (d *demonstration) look(ctx context.Context) error {
	r, err := d.jobs.Jobs.Get(ctx, d.job)
	if err != nil {
		return err
	}
	if r.Status != storage.OK {
		return fmt.Errorf("%s gets no turns: %s", d.job, r.Reason)
	}
	if r.State != d.seen.state || r.Data.Epoch != d.seen.epoch {
		d.say("%s is %s, epoch %d", d.job, r.State, r.Data.Epoch)
	}
	d.seen.state, d.seen.epoch, d.seen.agent = r.State, r.Data.Epoch, r.Data.Agent
	if err := d.lookAtCategories(ctx); err != nil {
		return err
	}
	if err := d.lookAtAgents(ctx); err != nil {
		return err
	}
	d.report.Leaked, err = d.leaks(ctx)
	return err
}

func (d *demonstration) lookAtCategories(ctx context.Context) error {
	d.seen.all, d.seen.ended = 0, 0
	for el, err := range d.jobs.Categories(ctx, d.job) {
		if err != nil {
			return err
		}
		d.seen.all++
		if el.Data.Result != nil {
			d.seen.ended++
			d.seen.blob = cmp.Or(el.Data.Result.Blob, d.seen.blob)
		}
		d.show(el.Name, string(el.State), el.Data.Items)
	}
	d.refresh()
	return nil
}

func (d *demonstration) lookAtAgents(ctx context.Context) error {
	now := map[string]scan.AgentState{}
	for el, err := range d.fleet.Agents(ctx) {
		if err != nil {
			return err
		}
		if now[el.Name] = el.State; el.State == d.seen.agents[el.Name] {
			continue
		}
		if el.Data.Why == "" {
			d.say("agent %s is %s", el.Name, el.State)
		} else {
			d.say("agent %s is %s: %s", el.Name, el.State, el.Data.Why)
		}
	}
	d.seen.agents = now
	return nil
}

// leaks counts what is there that nobody needs once the job has ended.
func (d *demonstration) leaks(ctx context.Context) (l leaks, err error) {
	for _, err := range d.cloud.List(ctx) { // also of those that have ended: they cost until they are terminated
		if err != nil {
			return l, err
		}
		l.Instances++
	}
	l.Agents = len(d.seen.agents)
	pool, err := d.jobs.Pool(ctx)
	if err != nil {
		return l, err
	}
	for _, n := range pool.Used {
		l.Permits += n
	}
	mounts, err := os.ReadDir(d.orders.snapshots())
	if err != nil {
		return l, err
	}
	l.Mounts = len(mounts)
	requests, err := d.requests.Stats(ctx)
	if err != nil {
		return l, err
	}
	replies, err := d.replies.Stats(ctx)
	l.Requests, l.Replies = messages(requests), messages(replies)
	if err == nil && d.bodies != nil {
		l.Bodies, err = count(ctx, d.bodies)
	}
	return l, err
}

func count(ctx context.Context, blobs scan.Blobs) (n int, err error) {
	for _, err := range blobs.List(ctx) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func messages(s scan.QueueStats) int { return s.Ready + s.Leased + s.Delayed + s.Dead }

// explain says what the job waits for.
func (d *demonstration) explain(ctx context.Context) {
	if e, err := d.jobs.Jobs.Explain(ctx, d.job); err == nil {
		d.say("%s", e)
	}
	if e, err := d.fleet.Records.Explain(ctx, fleetName); err == nil {
		d.say("%s", e)
	} else if !errors.Is(err, storage.ErrNotFound) {
		d.say("%v", err)
	}
}
