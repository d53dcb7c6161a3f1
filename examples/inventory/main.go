// Inventory keeps an inventory of the machine it runs on in SQLite: what runs on it and what is on it, and how
// that belongs together. Package machine reads it, rows.go says what is kept, tables.sql where, and parse.go
// how the one becomes the other; the library finds out what has changed.
//
//	go run ./examples/inventory
//	go run ./examples/inventory -help
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/reeve-go/reeve/examples/inventory/machine"
	"github.com/reeve-go/reeve/refresh"
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
	k, err := newKeeper(ctx, s.db, s.machine, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.close()) }()
	switch {
	case s.plan:
		return s.showPlan(ctx, k, stdout)
	case s.watch:
		return s.follow(ctx, k, stdout, say)
	default:
		return s.refresh(ctx, k, stdout)
	}
}

// refresh reads everything, saves what has changed and shows how much that was.
func (s *settings) refresh(ctx context.Context, k *keeper, stdout io.Writer) error {
	plan, err := k.refresh(ctx, nil)
	if guarded, is := errors.AsType[*refresh.GuardError](err); is {
		if plan = guarded.Plan; s.allow {
			err = k.force(ctx, plan)
		} else {
			err = closed(plan, fmt.Errorf("%w: -plan shows it, -allow lets it", err))
		}
	}
	if err != nil {
		return err
	}
	return closed(plan, newReport(plan).write(stdout, s.json))
}

// follow refreshes everything, and then what begins or ends.
func (s *settings) follow(ctx context.Context, k *keeper, stdout io.Writer, say func(string, ...any)) error {
	before, err := k.from.Look(ctx)
	if err != nil {
		return err
	}
	if err := s.refresh(ctx, k, stdout); err != nil {
		return err
	}
	_, _ = fmt.Fprintln(stdout)
	w := &watch{keeper: k, every: s.every, stdout: stdout, say: say, before: before}
	return w.run(ctx)
}

// showPlan shows what a full refresh would change.
func (s *settings) showPlan(ctx context.Context, k *keeper, stdout io.Writer) error {
	plan, err := k.plan(ctx)
	if err != nil {
		return err
	}
	if s.json {
		return closed(plan, plan.WriteJSON(stdout))
	}
	err = writeChanges(stdout, plan, line)
	if err == nil {
		_, err = fmt.Fprintln(stdout)
	}
	return closed(plan, cmp.Or(err, newReport(plan).write(stdout, false)))
}

// closed gives back what a plan holds.
func closed(p *refresh.Plan, err error) error { return errors.Join(err, p.Close()) }
