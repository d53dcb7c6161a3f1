package main

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
)

// A watch follows a machine: it looks again and again, and reads anew what looks other than before.
type watch struct {
	*keeper

	every  time.Duration
	stdout io.Writer
	say    func(format string, args ...any)
	before *machine.Look
	called map[int64]string // what processes are called, by their ids

	created, updated, deleted int
}

// run follows until ctx ends, which is how it is to end.
func (w *watch) run(ctx context.Context) error {
	if err := w.remember(ctx); err != nil {
		return err
	}
	began := time.Now()
	ticks := time.NewTicker(w.every)
	defer ticks.Stop()
	for {
		select {
		case <-ticks.C:
		case <-ctx.Done():
			_, err := fmt.Fprintf(w.stdout, "\nin %v: %d created, %d updated, %d deleted\n",
				time.Since(began).Round(time.Second), w.created, w.updated, w.deleted)
			return err
		}
		if err := w.once(ctx); err != nil && ctx.Err() == nil {
			w.say("%s  %v; it is tried again", clock(), err) // because before stays as it is
		}
	}
}

// once looks, and refreshes what began, ended or changed since it last did.
func (w *watch) once(ctx context.Context) error {
	now, err := w.from.Look(ctx)
	if err != nil {
		return err
	}
	t, err := w.targets(now.Since(w.before))
	if err != nil {
		return err
	}
	if t.Len() > 0 {
		plan, err := w.refresh(ctx, t)
		if err != nil {
			return err
		}
		if err := w.show(plan); err != nil {
			return err
		}
		if err := w.remember(ctx); err != nil {
			return err
		}
	}
	w.before = now
	return nil
}

// show shows what a refresh has changed.
func (w *watch) show(p *refresh.Plan) error {
	for _, c := range p.Collections {
		w.created += c.Inserts
		w.updated += c.Updates
		w.deleted += c.Deletes
	}
	return closed(p, writeChanges(w.stdout, p, func(c *refresh.Change) string {
		text := clock() + "  " + surplus.ReplaceAllString(line(c), "")
		if c.Collection == "processes" && c.Kind != refresh.Insert {
			text += fmt.Sprintf("  was called %q", w.called[c.ID.Int()])
		}
		return text
	}))
}

// surplus is what does not help those who look on: the run of the system, and ids.
var surplus = regexp.MustCompile(` boot="[^"]*"|  \w+_id .*`)

// remember notes what processes are called, because of those that are deleted only the key is known.
func (w *watch) remember(ctx context.Context) error {
	found, err := w.db.QueryContext(ctx, `SELECT id, name FROM processes WHERE machine = ?`, w.name)
	if err != nil {
		return err
	}
	defer found.Close()
	w.called = map[int64]string{}
	for found.Next() {
		var id int64
		var name string
		if err := found.Scan(&id, &name); err != nil {
			return err
		}
		w.called[id] = name
	}
	return found.Err()
}

func clock() string { return time.Now().Format(time.TimeOnly) }
