package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/examples/composition/acm"
)

// deploy deploys the instance while everything that can go wrong does.
func (d *demonstration) deploy(ctx context.Context) error {
	if err := d.estate.CreateInstance(ctx, instance, definition, elements()); err != nil {
		return err
	}
	d.field.lose(losers)
	err := d.insist(ctx, func() error {
		_, err := d.estate.Order(ctx, instance, acm.Deploy)
		return err
	})
	if err != nil {
		return err
	}
	d.say("%s is ordered to be deployed", instance)
	for phase, n := range nodes {
		d.add(fmt.Sprintf("phase %d %-8s", phase, n.name), each)
	}
	troubles := map[string]func(context.Context) error{"1": d.crash, "2": d.vanish}
	return d.until(ctx, func() (bool, error) {
		in, err := d.estate.Instances.Get(ctx, instance)
		if err == nil {
			err = d.show(ctx)
		}
		if err != nil {
			return false, err
		}
		if trouble := troubles[in.Step]; trouble != nil {
			delete(troubles, in.Step)
			return false, trouble(ctx)
		}
		switch in.State {
		case acm.Deploying:
			return false, nil
		case acm.Locked:
			d.say("%s is deployed", instance)
			return true, nil
		}
		return false, fmt.Errorf("the instance is %q", in.State)
	})
}

// show shows how far each phase is.
func (d *demonstration) show(ctx context.Context) error {
	done := make([]int, len(nodes))
	for el, err := range d.estate.Elements(ctx, instance) {
		if err != nil {
			return err
		}
		if el.State == acm.Locked {
			done[el.Group]++
		}
	}
	for phase, n := range done {
		d.set(phase, n)
	}
	return nil
}

// crash kills the supervisor while participants are at work, and starts another.
func (d *demonstration) crash(ctx context.Context) error {
	d.field.rest(1)
	pid := d.sup.pid()
	if err := d.sup.kill(); err != nil {
		return err
	}
	d.sup = nil
	d.say("process %d is killed in the middle; nobody supervises", pid)
	for range downBeats {
		d.field.rest(1)
		if err := d.show(ctx); err != nil {
			return err
		}
	}
	return d.startSupervisor(ctx)
}

// vanish has a participant go while it is needed, and come back.
func (d *demonstration) vanish(ctx context.Context) error {
	d.field.rest(1)
	d.field.leave("edge")
	d.say("edge vanishes")
	err := d.until(ctx, func() (bool, error) {
		there, err := d.online(ctx, "edge")
		return !there, err
	})
	if err != nil {
		return err
	}
	e, err := d.estate.Instances.Explain(ctx, instance)
	if err != nil {
		return err
	}
	d.say("what %s waits for:", instance)
	for line := range strings.Lines(e.String()) {
		if strings.Contains(line, "participant") || strings.Contains(line, "operation") {
			d.say("  %s", strings.TrimSpace(line))
		}
	}
	d.field.rest(awayBeats)
	d.say("edge comes back")
	d.field.come("edge")
	return nil
}

// until looks again and again.
func (d *demonstration) until(ctx context.Context, done func() (bool, error)) error {
	limit := time.After(patience)
	for {
		ok, err := done()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil || ok:
			return err
		}
		select {
		case <-ctx.Done():
		case <-time.After(d.beat / 5):
		case <-limit:
			return fmt.Errorf("nothing came of it in %v", patience)
		}
	}
}
