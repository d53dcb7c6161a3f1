package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/scan"
)

// attack has a hostile agent come, once another one has found something and was killed, so that the job waits, and shows what it was answered. One that
// has found more will not be killed.
func (d *demonstration) attack(ctx context.Context) error {
	now := d.seen.state == scan.JobScanning && d.seen.blob != "" && (d.report.Killed || d.seen.ended > 1)
	if !d.remote || d.report.Hostile != nil || !now {
		return nil
	}
	of := d.orders
	of.Folder, of.Invitation = "", d.invitation
	of.Victim = victim{Job: d.job, Epoch: d.seen.epoch, Agent: d.seen.agent, Blob: d.seen.blob}
	p, err := start(ctx, hostile, &of, d)
	if err != nil {
		return err
	}
	d.processes = append(d.processes, p)
	d.say("a hostile agent is process %d", p.cmd.Process.Pid)
	if err := json.Unmarshal([]byte(p.said), &d.report.Hostile); err != nil {
		return err
	}
	for _, a := range d.report.Hostile {
		d.say("  it %s: %d %s", a.Tried, a.Status, a.Answer)
	}
	return nil
}

// resisted is an error for each thing that a hostile agent was let, or was not let although it may, and for what it said that was believed.
func (r *report) resisted() (err error) {
	for _, a := range r.wrong() {
		err = errors.Join(err, fmt.Errorf("a hostile agent %s, and is answered %d %s", a.Tried, a.Status, a.Answer))
	}
	for _, c := range r.Categories {
		if c.Scanner == hostile {
			err = errors.Join(err, fmt.Errorf("%s is what a hostile agent said", c.Category))
		}
	}
	return err
}

// wrong returns what was not answered as it should be.
func (r *report) wrong() []attempt {
	return slices.DeleteFunc(slices.Clone(r.Hostile), attempt.answered)
}
