// Packages keeps an inventory of the software in a target in SQLite: it scans a folder as if it were the root of a machine, and shows what has changed since the run
// before. What was found can be written as a document of CycloneDX, too. look.go scans, rows.go says what is kept, tables.sql where, and parse.go how the one becomes
// the other.
//
//	go run ./examples/packages
//	go run ./examples/packages -help
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

	"github.com/reeve-go/reeve/examples/internal/refreshing"
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
		say("packages: %v; -help says what is right", err)
		return 2
	}
	if err := s.run(ctx, stdout); err != nil {
		say("packages: %v", err)
		return 1
	}
	return 0
}

// run scans, writes the document if one is asked for, keeps what was found, and shows what has changed.
func (s *settings) run(ctx context.Context, stdout io.Writer) (err error) {
	found, err := s.look(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, found.close()) }()
	if s.document != "" {
		if err := s.writeDocument(ctx, found); err != nil {
			return err
		}
	}
	return s.keep(ctx, stdout, found)
}

// keep writes into the inventory what has changed, and shows it.
func (s *settings) keep(ctx context.Context, stdout io.Writer, found *findings) (err error) {
	db, store, err := open(ctx, s.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	persister, err := refresh.NewPersister(declare, store, &refresh.PersisterOptions{Scope: scope})
	if err != nil {
		return err
	}
	r, err := persister.Open(ctx, found.target, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := refresh.Fill(ctx, r, found, parser); err != nil {
		return err
	}
	plan, err := r.Save(ctx, 0)
	if err != nil {
		return err
	}
	return errors.Join(s.show(stdout, found, plan), plan.Close())
}

// show shows what was found, and what of it has changed.
func (s *settings) show(w io.Writer, found *findings, plan *refresh.Plan) error {
	if s.json {
		return refreshing.WriteJSON(w, report{refreshing.NewReport(plan), found.results})
	}
	if err := found.write(w); err != nil {
		return err
	}
	left := mostChanges
	for c, err := range plan.Changes() {
		if err != nil {
			return err
		}
		if left--; left < 0 {
			continue
		}
		if _, err := fmt.Fprintln(w, refreshing.Line(c, "target")); err != nil {
			return err
		}
	}
	if left < 0 {
		if _, err := fmt.Fprintf(w, "and %d more changes\n", -left); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(w); err != nil {
		return err
	}
	return refreshing.NewReport(plan).Write(w)
}

// mostChanges is how many changes are shown.
const mostChanges = 20
