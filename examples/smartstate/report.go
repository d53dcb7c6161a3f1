package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
	"github.com/reeve-go/reeve/scan"
)

// A report is how everything went.
type report struct {
	Seed    uint64        `json:"seed"`
	Target  string        `json:"target"`
	Job     string        `json:"job"`
	State   scan.JobState `json:"state"`
	Outcome scan.Outcome  `json:"outcome"`
	Error   string        `json:"error,omitempty"`
	// Epochs is how often agents were asked, Killed whether the agent was.
	Epochs     int      `json:"epochs"`
	Killed     bool     `json:"killed"`
	Categories []result `json:"categories"`
	// Since is the scan that this one is compared with; empty: there was none.
	Since string `json:"since,omitempty"`
	// Hostile is what a hostile agent tried.
	Hostile []attempt `json:"hostile,omitempty"`
	// Replies are what agents said, by what became of it.
	Replies scan.Heard   `json:"replies"`
	Cloud   cloud.Counts `json:"cloud"`
	// Blobs are how many are kept.
	Blobs  int   `json:"blobs"`
	Leaked leaks `json:"leaked"`
}

// A result is what was found of a category, and what has changed.
type result struct {
	Category string       `json:"category"`
	Status   scan.Outcome `json:"status"`
	Items    int          `json:"items"`
	Digest   scan.Digest  `json:"digest,omitempty"`
	Scanner  string       `json:"scanner,omitempty"`
	Reused   bool         `json:"reused,omitempty"`
	// Epoch is the one that brought it.
	Epoch int `json:"epoch"`
	// Problems are how many there were, First is the first of them, Error is why it failed.
	Problems int    `json:"problems,omitempty"`
	First    string `json:"first,omitempty"`
	Error    string `json:"error,omitempty"`
	// Diff is what has changed since the last scan; nil: there was none, or one of them has no result.
	Diff *diff `json:"diff,omitempty"`
}

// Leaks are what is there after the job that should not be.
type leaks struct {
	Instances int `json:"instances"`
	Agents    int `json:"agents"`
	Permits   int `json:"permits"`
	Mounts    int `json:"mounts"`
	Requests  int `json:"requests"`
	Replies   int `json:"replies"`
	// Bodies are of messages that are not there any more.
	Bodies int `json:"bodies"`
}

func (l leaks) sum() int {
	return l.Instances + l.Agents + l.Permits + l.Mounts + l.Requests + l.Replies + l.Bodies
}

// conclude takes down how everything ended.
func (d *demonstration) conclude(ctx context.Context) error {
	r := &d.report
	r.Seed, r.Target, r.Job = d.seed, d.target, d.job
	job, err := d.jobs.Jobs.Get(ctx, d.job)
	if err != nil {
		return err
	}
	r.State, r.Error, r.Epochs = job.State, job.Data.Error, job.Data.Epoch
	is, err := d.jobs.Results(ctx, d.job)
	if err != nil {
		return err
	}
	r.Outcome = is.Outcome
	epochs := map[string]int{}
	for el, err := range d.jobs.Categories(ctx, d.job) {
		if err != nil {
			return err
		}
		epochs[el.Name] = el.Data.Epoch
	}
	latest, was, err := d.jobs.Latest(ctx, d.target)
	if err != nil {
		return err
	}
	if latest.Job == d.job {
		r.Since = was.Job
	}
	for _, one := range is.Results {
		of := result{
			Category: one.Category, Status: one.Outcome, Items: one.Items, Digest: one.Digest, Scanner: one.Scanner, Reused: one.Reused,
			Epoch: epochs[one.Category], Problems: one.Met, Error: one.Error,
		}
		if len(one.Problems) > 0 {
			of.First = strings.TrimSpace(one.Problems[0].Path + " " + one.Problems[0].Text)
		}
		if old, ok := was.Result(one.Category); ok && r.Since != "" {
			if of.Diff, err = d.compare(ctx, old, one); err != nil {
				return err
			}
		}
		r.Categories = append(r.Categories, of)
	}
	pool, err := d.jobs.Pool(ctx)
	if err != nil {
		return err
	}
	r.Replies = since(d.before, pool.Heard)
	if r.Blobs, err = count(ctx, d.blobs); err != nil {
		return err
	}
	r.Cloud, err = d.cloud.Counts(ctx)
	return err
}

func since(was, is scan.Heard) scan.Heard {
	return scan.Heard{
		Applied: is.Applied - was.Applied, Duplicate: is.Duplicate - was.Duplicate, Stale: is.Stale - was.Stale,
		Orphan: is.Orphan - was.Orphan, Poison: is.Poison - was.Poison,
	}
}

// verdict is an error if something was left behind, or the job did not end as it should.
func (r *report) verdict() (err error) {
	if r.State != scan.JobDone {
		err = fmt.Errorf("%s is %s: %s", r.Job, r.State, r.Error)
	}
	if n := r.Leaked.sum(); n > 0 {
		err = errors.Join(err, fmt.Errorf("%d things were left behind: %+v", n, r.Leaked))
	}
	return errors.Join(err, r.resisted())
}
