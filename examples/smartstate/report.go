package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

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
	Reused   bool         `json:"reused,omitempty"`
	// Epoch is the one that brought it.
	Epoch int `json:"epoch"`
	// Problems are how many there were, Error is why it failed.
	Problems int    `json:"problems,omitempty"`
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
			Category: one.Category, Status: one.Outcome, Items: one.Items, Digest: one.Digest, Reused: one.Reused, Epoch: epochs[one.Category],
			Problems: one.Met, Error: one.Error,
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

// write writes the report for people, or as JSON.
func (r *report) write(out io.Writer, asJSON bool) error {
	if asJSON {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprint(w, "\ncategory\tstatus\titems\tproblems\tepoch\tdigest\t\n")
	for _, c := range r.Categories {
		how := ""
		if c.Reused {
			how = "unchanged, not scanned again"
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%.19s\t%s%s\n", c.Category, c.Status, c.Items, c.Problems, c.Epoch, c.Digest, how, c.Error)
	}
	_ = w.Flush()
	r.writeDiff(out)
	h, c, l := r.Replies, r.Cloud, r.Leaked
	_, err := fmt.Fprintf(out, "\n%s is %s, in %d epochs. Of what agents replied %d were applied, %d duplicate, %d stale, %d orphans and %d poison.\n"+
		"The cloud launched %d instances: %d came up unheard, %d were zombies; %d launches were refused, %d agents killed, %d instances terminated.\n"+
		"Blobs that are kept: %d. Leaked: %d (instances %d, agents %d, permits %d, mounts %d, requests %d, replies %d, bodies of messages %d).\n",
		r.Job, r.State, r.Epochs, h.Applied, h.Duplicate, h.Stale, h.Orphan, h.Poison,
		c.Launched, c.Unheard, c.Zombies, c.Refused, c.Killed, c.Terminated,
		r.Blobs, l.sum(), l.Instances, l.Agents, l.Permits, l.Mounts, l.Requests, l.Replies, l.Bodies)
	return err
}
