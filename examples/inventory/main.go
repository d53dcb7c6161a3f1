// Inventory keeps an inventory of the machine it runs on in SQLite: what runs on it and what is on it, and how
// that belongs together. Package machine reads it, rows.go says what is kept, tables.sql where, and parse.go
// how the one becomes the other. The library finds out what has changed, and does what is asked for, of however
// many programs on one file.
//
//	go run ./examples/inventory
//	go run ./examples/inventory -help
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/reeve-go/reeve/examples/internal/refreshing"
	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/supervision"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever interrupts it twice means it
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the program's exit code: 0, 1 if something went wrong, 2 if it was called wrongly.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(stderr, format+"\n", args...) }
	s, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, help())
		return 0
	case err != nil:
		say("inventory: %v; -help says what is right", err)
		return 2
	}
	if err := s.run(ctx, machine.Here(), stdout, say); err != nil {
		say("inventory: %v", err)
		return 1
	}
	return 0
}

// run does what the settings ask for.
func (s *settings) run(ctx context.Context, from *machine.Machine, stdout io.Writer, say func(string, ...any)) (err error) {
	db, store, err := open(ctx, s.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	v := &view{db: db, stdout: stdout}
	k, err := newKeeper(s.machine, from, store, store, refresh.RefresherOptions{
		Schedule: func(machine string) supervision.Schedule { return supervision.Every(s.full, machine) },
		Before:   v.before,
		After:    v.after,
		Failed:   v.lost,
	})
	if err != nil {
		return err
	}
	switch {
	case s.plan:
		return s.showPlan(ctx, k, stdout)
	case s.watch:
		return s.follow(ctx, k, v, say)
	default:
		if err := k.ask(ctx, s.allow); err != nil {
			return err
		}
		return k.supervised(ctx, func(ctx context.Context) error { return s.await(ctx, k, v) })
	}
}

// await waits until everything is refreshed, and shows how much was changed.
func (s *settings) await(ctx context.Context, k *keeper, v *view) error {
	m, err := k.refresher.Await(ctx, k.name)
	err = v.advise(err)
	r := v.report()
	if r == nil && err != nil {
		return err
	}
	if r == nil {
		r = refreshing.Recorded(k.name, &m) // another program that follows this machine was faster
	}
	return errors.Join(s.write(v.stdout, r), err)
}

// write writes a report as JSON, or for a reader.
func (s *settings) write(w io.Writer, r *refreshing.Report) error {
	if s.json {
		return refreshing.WriteJSON(w, r)
	}
	return r.Write(w)
}

// follow refreshes everything, and then what begins or ends.
func (s *settings) follow(ctx context.Context, k *keeper, v *view, say func(string, ...any)) error {
	w := &watch{keeper: k, every: s.every, say: say}
	var err error
	if w.seen, err = k.from.Look(ctx); err != nil {
		return err
	}
	if err := k.ask(ctx, s.allow); err != nil {
		return err
	}
	var began time.Time
	err = k.supervised(ctx, func(ctx context.Context) error {
		if err := s.await(ctx, k, v); err != nil && !refreshing.Passes(err) {
			return err
		}
		_, _ = fmt.Fprintln(v.stdout)
		v.goLive()
		began = time.Now()
		return w.run(ctx, v)
	})
	if err != nil {
		return err
	}
	return v.total(began)
}

// showPlan shows what a full refresh would change.
func (s *settings) showPlan(ctx context.Context, k *keeper, stdout io.Writer) (err error) {
	r, err := k.persister.Open(ctx, k.name, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	unread := refresh.Fill(ctx, r, k.from.Full(), parsers...)
	plan, err := r.Plan(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plan.Close()) }()
	if s.json {
		return errors.Join(plan.WriteJSON(stdout), unread)
	}
	if err := refreshing.WriteChanges(stdout, plan, line); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout)
	return errors.Join(err, refreshing.NewReport(plan).Write(stdout), unread)
}
