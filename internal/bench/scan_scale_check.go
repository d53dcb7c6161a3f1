package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/supervision"
)

type jobRecord = supervision.Record[scan.Job, scan.JobState]

// check returns an error unless all is well when the jobs have ended, and nothing is left after a while.
func (t *tools) check(ctx context.Context, p *yard, n int) error {
	jobs := 0
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for j, err := range t.manager.Jobs.List(ctx, nil) {
		if err != nil {
			return errors.Join(err, group.Wait())
		}
		jobs++
		group.Go(func() error {
			if err := t.checkJob(each, &j); err != nil {
				return fmt.Errorf("%s in epoch %d: %w", j.Key, j.Data.Epoch, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if jobs != n {
		return fmt.Errorf("there are %d jobs; %d were made", jobs, n)
	}
	return t.awaitNothingLeft(ctx, p)
}

// checkJob returns an error unless a job that has ended came to its end as it should.
func (t *tools) checkJob(ctx context.Context, j *jobRecord) error {
	events := map[string]int{}
	for line, err := range t.store.History(ctx, j.Key, 0) {
		if err != nil {
			return err
		}
		events[line.Event]++
	}
	d := &j.Data
	switch {
	case events["dispatch"] != d.Epoch || events["collect"] > 1:
		return fmt.Errorf("its history has %v; one dispatch an epoch and one collection are right", events)
	case d.Heard.Applied > 2*d.Epoch: // a result, and the last word
		return fmt.Errorf("it has applied %d answers; two an epoch are right", d.Heard.Applied)
	case j.State == scan.JobFailed && d.Failures[scan.Lost] > 3:
		return nil // as often as its agents may be lost
	case j.State != scan.JobDone || events["collect"] != 1:
		return fmt.Errorf("it is %s after %v: %s", j.State, d.Failures, d.Error)
	}
	report, err := t.manager.Results(ctx, j.Key.ID)
	if err != nil {
		return err
	}
	return t.checkReport(ctx, j.Key.ID, &report)
}

// checkReport returns an error unless a report has the accounts of its target, and those can be read.
func (t *tools) checkReport(ctx context.Context, job string, report *scan.Report) error {
	i, err := strconv.Atoi(job)
	if err != nil {
		return err
	}
	if len(report.Results) != 1 || report.Outcome != scan.OK {
		return fmt.Errorf("its report is %s, with %+v", report.Outcome, report.Results)
	}
	found := map[string]bool{}
	for item, err := range scan.Items(ctx, t.blobs, report.Results[0]) {
		if err != nil {
			return err
		}
		found[item.Key] = true
	}
	if want := "user/" + userOf(i); len(found) != 2 || !found[want] {
		return fmt.Errorf("it found %v; two accounts with %s are right", found, want)
	}
	return nil
}
