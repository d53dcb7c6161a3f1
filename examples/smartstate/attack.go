package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/scan"
)

// attack has a hostile agent come, once there is an agent at work that has found something, and shows what it was answered.
func (d *demonstration) attack(ctx context.Context) error {
	if !d.remote || d.report.Hostile != nil || d.seen.state != scan.JobScanning || d.seen.blob == "" {
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

// resisted is an error for each thing that a hostile agent was let.
func (r *report) resisted() (err error) {
	for _, a := range r.Hostile {
		if !a.refused() {
			err = errors.Join(err, fmt.Errorf("a hostile agent %s, and is answered %d %s", a.Tried, a.Status, a.Answer))
		}
	}
	return err
}
