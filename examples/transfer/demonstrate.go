package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/examples/transfer/external"
)

// A demonstration is all that happens, as an operator sees it.
type demonstration struct {
	*settings
	*estate

	orders    orders
	transfers []*transfer
	crashes   []crash // that are still to come
	crashed   time.Time
	processes map[string]*process
	report    report

	mu    sync.Mutex
	lines io.Writer
	begun time.Time
}

// demonstrate runs the demonstration in a folder of its own.
func (s *settings) demonstrate(ctx context.Context, stdout io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "transfer-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	ctx, cancel := context.WithTimeoutCause(ctx, s.timeout, fmt.Errorf("it did not come to an end within %v", s.timeout))
	defer cancel()
	d := &demonstration{
		settings: s, lines: stdout, begun: time.Now(), crashed: time.Now(), processes: map[string]*process{}, crashes: crashes(),
		orders: orders{
			Folder: folder, Seed: s.seed, Beat: s.beat, Postgres: s.postgres, Secret: []byte(rand.Text() + rand.Text()),
			Prefix: "transfer_" + strings.ToLower(rand.Text()[:8]) + "_",
		},
	}
	if s.json {
		d.lines = io.Discard
	}
	switch err := d.run(ctx); {
	case ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled):
		return errors.New("it was interrupted")
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

// run is what happens: transfers begin and are followed until those are left that go on, and those are then called off.
func (d *demonstration) run(ctx context.Context) (err error) {
	defer func() {
		if ctx.Err() != nil {
			d.explain(context.WithoutCancel(ctx))
		}
		err = errors.Join(err, d.stop(ctx))
	}()
	if err := d.start(ctx); err != nil {
		return err
	}
	for i, story := range cast(d.n, d.seed) {
		t := &transfer{id: fmt.Sprintf("t-%d", i+1), story: story, seen: map[edc.Role]connector.Record{}, told: map[edc.Role]int{}}
		d.transfers = append(d.transfers, t)
		if err := d.connector.Transfers[edc.Consumer].Create(ctx, t.id, connector.Transfer{Asset: story.asset}); err != nil {
			return err
		}
		d.say("%s begins, and will %s", t.id, story.name)
	}
	if err := d.until(ctx, func(t *transfer) bool { return t.over() || t.running() }); err != nil {
		return err
	}
	if d.report.Running, err = d.account(ctx); err != nil {
		return err
	}
	d.say("all that has not ended is called off")
	for _, t := range d.transfers {
		if t.running() {
			if err := fire(edc.ToTerminating, "the demonstration is over")(ctx, d, t.id); err != nil {
				return err
			}
		}
	}
	if err := d.until(ctx, (*transfer).over); err != nil {
		return err
	}
	return d.conclude(ctx)
}

// until looks at the transfers again and again, does with each what its story says, and has processes crash, until all are as wanted.
func (d *demonstration) until(ctx context.Context, wanted func(*transfer) bool) error {
	for {
		all := true
		for _, t := range d.transfers {
			if err := d.look(ctx, t); err != nil {
				return err
			}
			if err := t.follow(ctx, d); err != nil {
				return err
			}
			all = all && wanted(t)
		}
		if all {
			return nil
		}
		if err := d.crash(ctx); err != nil {
			return err
		}
		for _, p := range d.processes {
			if err := p.check(); err != nil && ctx.Err() == nil {
				return err
			}
		}
		if !sleep(ctx, d.beat/4) {
			return ctx.Err()
		}
	}
}

// conclude takes down how everything ended.
func (d *demonstration) conclude(ctx context.Context) (err error) {
	r := &d.report
	r.Seed, r.Shares = d.seed, "directories"
	if d.postgres != "" {
		r.Shares = "databases"
	}
	for _, t := range d.transfers {
		r.Transfers = append(r.Transfers, told{
			ID: t.id, Story: t.story.name, Consumer: t.seen[edc.Consumer].State, Provider: t.seen[edc.Provider].State,
			Reason: t.seen[edc.Consumer].Data.Reason, Error: t.seen[edc.Consumer].Data.Error,
		})
	}
	if r.End, err = d.account(ctx); err != nil {
		return err
	}
	if r.Found, err = d.found(ctx); err != nil {
		return err
	}
	list, err := external.Ask(ctx, "http://"+d.orders.Buckets)
	if err == nil {
		r.Provisioner = list.Counts
	}
	return err
}
