package scan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A NewJob is a job that is to be made.
type NewJob struct {
	// ID names it, in 1 to 200 bytes without control characters. It is not used again.
	ID string

	Spec
}

// Start makes a job. It waits for nothing: a supervisor does the work, here or in another program. If there is one of this id it is
// [storage.ErrExists], and what is wrong with the id or the spec is [storage.ErrInvalid].
func (m *Manager) Start(ctx context.Context, id string, s Spec) error {
	answers, err := m.StartAll(ctx, []NewJob{{id, s}})
	if err != nil {
		return err
	}
	return answers[0]
}

// StartAll makes many jobs, each by itself, with as few statements as one takes. The answers are in the order of the jobs: nil for one that was made, else
// as those of Start. With err nothing is certain, and there are no answers.
func (m *Manager) StartAll(ctx context.Context, jobs []NewJob) (answers []error, err error) {
	answers = make([]error, len(jobs))
	var good []int
	for i := range jobs {
		if answers[i] = m.checkJob(&jobs[i]); answers[i] == nil {
			good = append(good, i)
		}
	}
	if len(good) == 0 {
		return answers, nil
	}
	targets := make([]Target, len(good))
	for n, i := range good {
		targets[n] = jobs[i].Target
	}
	known, err := m.known(ctx, targets)
	if err == nil {
		err = m.ensurePool(ctx)
	}
	if err != nil {
		return nil, err
	}
	found, err := m.inContents(ctx, jobs, good)
	if err != nil {
		return nil, err
	}
	births := make([]supervision.Birth[Job], len(good))
	for n, i := range good {
		births[n] = m.birth(&jobs[i], known[n], found)
	}
	made, err := m.Jobs.CreateAll(ctx, births)
	if err != nil {
		return nil, err
	}
	for n, i := range good {
		answers[i] = made[n]
	}
	return answers, nil
}

func (m *Manager) checkJob(j *NewJob) error {
	if !isWord(j.ID, maxJobID) {
		return fmt.Errorf("scan: %w: the id of a job is %s; a text of 1 to %d bytes without control characters is right", storage.ErrInvalid, quote(j.ID), maxJobID)
	}
	err := j.check()
	if err == nil && m.inspector != nil {
		err = m.inspector.knows(j.Categories)
	}
	if err == nil && m.options.Mounter != nil {
		if _, errMounts := m.options.Mounter.Mounts(j.Target); errMounts != nil {
			err = fmt.Errorf("what has to be attached to look into target %s is not known: %w", quote(j.Target.ID), errMounts)
		}
	}
	if err != nil {
		return fmt.Errorf("scan: %w: job %s: %w", storage.ErrInvalid, quote(j.ID), err)
	}
	return nil
}

// inContents returns what is known of the contents of targets that name theirs.
func (m *Manager) inContents(ctx context.Context, jobs []NewJob, of []int) (map[Digest]Result, error) {
	if m.inspector == nil {
		return nil, nil
	}
	var addresses []Digest
	for _, i := range of {
		addresses = append(addresses, m.inspector.Addresses(jobs[i].Target, jobs[i].Categories)...)
	}
	return m.found(ctx, addresses)
}

// birth returns the record of a job. What is known of its target's content it need not look for; if that is everything, nobody is asked.
func (m *Manager) birth(j *NewJob, known []Result, found map[Digest]Result) supervision.Birth[Job] {
	results := make([]*Result, len(j.Categories))
	missing := len(j.Categories)
	if m.inspector != nil {
		for i, a := range m.inspector.Addresses(j.Target, j.Categories) {
			if r, ok := found[a]; ok && a != "" {
				results[i] = &r
				missing--
			}
		}
	}
	start := JobQueued
	if missing == 0 {
		start = JobCollected
	}
	return supervision.Birth[Job]{
		ID:   j.ID,
		Data: Job{Spec: j.Spec, Known: known, Looked: true},
		Options: []supervision.CreateOption{supervision.At(start), supervision.SetUp(func(t supervision.Outbound) error {
			if of, ok := t.(*jobTurn); ok && missing > 0 {
				(&work{of, m}).ask()
			}
			return m.plan(t, &j.Spec, results)
		})},
	}
}

// plan adds the categories, with what is known of them; results may be nil.
func (m *Manager) plan(t supervision.Outbound, s *Spec, results []*Result) error {
	for i, c := range s.Categories {
		el := m.categories.Add(t, c.Name, 0, CategoryProgress{Config: c.Config})
		if results == nil || results[i] == nil {
			continue
		}
		r := results[i]
		el.Data.Result, el.Data.Items, el.Data.Bytes = r, r.Items, r.Bytes
		if err := m.categories.Fire(t, el, categoryEvent(r.Outcome)); err != nil {
			return err
		}
	}
	return nil
}

// Spawn makes a job in the commit of a host's turn. A job whose id exists already is left as it is. What is wrong with it is [storage.ErrInvalid],
// and nothing is made. Set Owner in the spec to be told when it has ended.
func (m *Manager) Spawn(t supervision.Outbound, id string, s Spec) error {
	if err := m.checkJob(&NewJob{id, s}); err != nil {
		return err
	}
	m.Pools.Spawn(t, m.pool().ID, Pool{})
	m.Jobs.Spawn(t, id, Job{Spec: s}, supervision.SetUp(func(t supervision.Outbound) error {
		if of, ok := t.(*jobTurn); ok {
			of.Wake(time.Microsecond) // a record that is spawned can ask for nothing itself
		}
		return m.plan(t, &s, nil)
	}))
	return nil
}

// ErrEnded: the job has ended.
var ErrEnded = errors.New("it has ended")

// Cancel calls a job off, for a reason. Whatever it does, it is brought to an end, and what was attached is released; then it is
// [JobCanceled]. A job that is about to end goes on to do so; one that has ended is [ErrEnded], and one that is not there [storage.ErrNotFound].
func (m *Manager) Cancel(ctx context.Context, id, reason string) error {
	return m.Jobs.Change(ctx, id, func(t *jobTurn) error {
		w := &work{jobTurn: t, m: m}
		switch {
		case t.State.Final():
			return ErrEnded
		case t.State == JobStopping && t.Data.Ending != JobCanceled:
			t.Data.Ending, t.Data.Class, t.Data.Reason = JobCanceled, Canceled, clip(reason)
			return nil
		case !w.goes():
			return nil
		}
		if err := w.stop(JobCanceled, Canceled, reason); err != nil {
			return err
		}
		return w.goOn()
	})
}

// knows returns an error if there is a category that no scanner tells of.
func (i *Inspector) knows(categories []Category) error {
	for _, c := range categories {
		if i.scanners[c.Name] == nil {
			return fmt.Errorf("no scanner tells of category %s; they tell of %s", quote(c.Name), i.categories())
		}
	}
	return nil
}
