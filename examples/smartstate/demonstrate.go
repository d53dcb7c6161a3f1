package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/reeve-go/reeve/examples/smartstate/cloud"
	"github.com/reeve-go/reeve/scan"
)

// A demonstration is a run, as an operator sees it.
type demonstration struct {
	*settings
	*estate
	*screen

	orders orders
	// Invitation is that of the hostile agent.
	invitation string
	job        string
	cloud      *cloud.Client
	processes  []*process
	seen       seen
	before     scan.Heard // what was heard before this run
	report     report
}

// demonstrate runs the demonstration, in a folder of its own if none is given.
func (s *settings) demonstrate(ctx context.Context, stdout, stderr io.Writer) (err error) {
	folder := s.state
	if folder == "" {
		if folder, err = os.MkdirTemp("", "smartstate-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("it did not come to an end within %v", s.timeout))
	defer cancel()
	release, err := hold(ctx, folder)
	switch {
	case ctx.Err() != nil && err != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	d := &demonstration{
		settings: s, screen: newScreen(s, stdout, stderr, ctx.Done()), seen: seen{},
		orders: orders{Folder: folder, Target: s.target, Seed: s.seed, Beat: s.beat, Remote: s.remote},
	}
	switch err := d.run(ctx); {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	}
	if err := d.report.write(stdout, s.json); err != nil {
		return err
	}
	return d.report.verdict()
}

// run is what happens: a job begins and is followed to its end, and then until nothing is left of it.
func (d *demonstration) run(ctx context.Context) (err error) {
	defer func() { err = errors.Join(err, d.stop(ctx)) }()
	if err := d.start(ctx); err != nil {
		return err
	}
	if err := d.begin(ctx); err != nil {
		return err
	}
	defer d.done()
	if err := d.until(ctx, func() bool { return d.seen.state.Final() }); err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) { // who interrupts it does not ask
			d.explain(context.WithoutCancel(ctx))
		}
		return err
	}
	if !d.report.Killed || d.remote && d.report.Hostile == nil {
		d.say("the agents had ended before all was shown that can go wrong; a longer -beat is right to see it")
	}
	quiet := time.Now().Add(d.orders.beats(quietBeats) + patience)
	err = d.until(ctx, func() bool { return d.report.Leaked == leaks{} || time.Now().After(quiet) })
	if err != nil {
		return err
	}
	return d.conclude(ctx)
}

// quietBeats is how long it may take after the job until nothing is left: agents that nobody needs are sent away, and late replies come.
const quietBeats = 300

// start starts the processes, and opens the estate to give orders and to look at it.
func (d *demonstration) start(ctx context.Context) (err error) {
	for _, role := range d.roles() {
		p, err := start(ctx, role, &d.orders, d)
		if err != nil {
			return err
		}
		d.processes = append(d.processes, p)
		d.say("%s is process %d", role, p.cmd.Process.Pid)
		switch role {
		case amazon:
			d.orders.Amazon = p.said
		case ec2:
			d.orders.Cloud = p.said
		case coordinator:
			d.invitation = p.said
		}
	}
	d.cloud = &cloud.Client{Address: d.orders.Cloud}
	d.estate, err = d.orders.open(ctx)
	return err
}

// roles are those of the processes that are started first, in that order.
func (s *settings) roles() []string {
	always := []string{ec2, control, coordinator}
	if s.aws {
		return append([]string{amazon}, always...)
	}
	return always
}

// until looks at everything again and again, and has the agent killed once, until it is as wanted.
func (d *demonstration) until(ctx context.Context, wanted func() bool) error {
	for {
		if err := d.look(ctx); err != nil {
			return err
		}
		if wanted() {
			return nil
		}
		err := d.crash(ctx)
		if err == nil {
			err = d.attack(ctx)
		}
		if err != nil {
			return err
		}
		for _, p := range d.processes {
			if err := p.check(); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-time.After(d.beat):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// crash has the agent killed that works on the job, once it has said something and is stuck, so that it has more to say.
func (d *demonstration) crash(ctx context.Context) error {
	if d.report.Killed || d.seen.state != scan.JobScanning || d.seen.ended == 0 || !d.isStuck(d.seen.agent) {
		return nil
	}
	killed, err := d.cloud.Kill(ctx, d.seen.agent)
	if killed {
		d.report.Killed = true
		d.say("agent %s is killed, when %d of %d categories have a result", d.seen.agent, d.seen.ended, d.seen.all)
	}
	return err
}

// stop stops what runs.
func (d *demonstration) stop(ctx context.Context) (err error) {
	if d.estate != nil {
		d.close()
	}
	for i := range d.processes {
		p := d.processes[len(d.processes)-1-i]
		if p.Stop(); ctx.Err() == nil {
			err = errors.Join(err, p.check())
		}
	}
	return errors.Join(err, os.RemoveAll(d.orders.afar()))
}
