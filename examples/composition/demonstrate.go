package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
)

// A demonstration is what happens to one instance, as an operator sees it.
type demonstration struct {
	*settings
	*screen

	estate *acm.Estate
	field  *field
	file   string
	sup    *process // nil: nobody supervises
}

// demonstrate runs the demonstration in a store of its own.
func (s *settings) demonstrate(ctx context.Context, stdout io.Writer) (err error) {
	folder, err := os.MkdirTemp("", "composition-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	d := &demonstration{settings: s, screen: newScreen(stdout), file: filepath.Join(folder, "composition.db")}
	var release func()
	if d.estate, release, err = s.estate(ctx, d.file); err != nil {
		return err
	}
	defer release()
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	if d.field, err = newField(ctx, s, d.estate, d.say); err != nil {
		return err
	}
	defer d.field.busy.Wait()
	defer leave()
	err = d.run(ctx)
	d.close()
	if err != nil {
		return err
	}
	return d.report(ctx, stdout)
}

// run is the story.
func (d *demonstration) run(ctx context.Context) (err error) {
	if err := d.startSupervisor(ctx); err != nil {
		return err
	}
	defer func() {
		if d.sup != nil {
			err = errors.Join(err, d.sup.stop())
		}
	}()
	for _, step := range []func(context.Context) error{d.gather, d.prime, d.deploy} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (d *demonstration) startSupervisor(ctx context.Context) (err error) {
	if d.sup, err = d.start(ctx, d.file, d.field.url, d); err == nil {
		d.say("the supervisor is process %d", d.sup.pid())
	}
	return err
}

// Write shows what the supervisor's process complains of.
func (d *demonstration) Write(p []byte) (int, error) {
	d.say("the supervisor: %s", strings.TrimSpace(string(p)))
	return len(p), nil
}

// gather has the participants come, one of them too late for the first order.
func (d *demonstration) gather(ctx context.Context) error {
	def, participants := plan()
	if err := d.estate.CreateDefinition(ctx, definition, def, participants); err != nil {
		return err
	}
	d.field.come("core")
	d.field.come("web")
	if err := d.until(ctx, func() (bool, error) { return d.online(ctx, "core", "web") }); err != nil {
		return err
	}
	_, err := d.estate.OrderDefinition(ctx, definition, acm.Prime)
	if !errors.Is(err, acm.ErrNoReplica) {
		return fmt.Errorf("priming without a participant: %w", err)
	}
	d.say("refused: %v", err)
	d.field.come("edge")
	return nil
}

// prime has participants learn of the definition.
func (d *demonstration) prime(ctx context.Context) error {
	err := d.insist(ctx, func() error {
		_, err := d.estate.OrderDefinition(ctx, definition, acm.Prime)
		return err
	})
	if err != nil {
		return err
	}
	err = d.until(ctx, func() (bool, error) {
		def, err := d.estate.Definitions.Get(ctx, definition)
		return def.State == acm.Primed, err
	})
	if err == nil {
		d.say("definition %s is primed", definition)
	}
	return err
}

// insist gives an order until every participant is there.
func (d *demonstration) insist(ctx context.Context, order func() error) error {
	return d.until(ctx, func() (bool, error) {
		err := order()
		if errors.Is(err, acm.ErrNoReplica) {
			return false, nil
		}
		return err == nil, err
	})
}

// online says whether participants are there.
func (d *demonstration) online(ctx context.Context, participants ...string) (bool, error) {
	for _, id := range participants {
		p, err := d.estate.Participants.Get(ctx, id)
		if errors.Is(err, storage.ErrNotFound) || err == nil && p.State != acm.Online {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
