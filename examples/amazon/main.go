// Amazon keeps an inventory of an account of Amazon's cloud, in SQLite or PostgreSQL. Package account asks the cloud,
// by Amazon's SDK; the rows_*.go say what is kept, menu.go of which collections, tables.sql where, and the
// parse_*.go how the one becomes the other. The cloud is simulated, or one that was recorded.
//
//	go run ./examples/amazon
//	go run ./examples/amazon -help
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

	"github.com/reeve-go/reeve/examples/amazon/replay"
	"github.com/reeve-go/reeve/examples/amazon/simulated"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever interrupts it twice means it
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run returns the program's exit code: 0, 1 if something went wrong, 2 if it was called wrongly.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, err := parseFlags(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, help())
		return 0
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "amazon: %v; -help says what is right\n", err)
		return 2
	}
	if err := s.run(ctx, stdout, stderr); err != nil {
		_, _ = fmt.Fprintf(stderr, "amazon: %v\n", err)
		return 1
	}
	return 0
}

// run does what the settings ask for.
func (s *settings) run(ctx context.Context, stdout, stderr io.Writer) (err error) {
	db, err := open(ctx, s.db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.close()) }()
	if s.replay != "" {
		return s.replayed(ctx, db, stdout)
	}
	cloud := simulated.New(seed, s.faults)
	from, stop, err := listen(ctx, cloud)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if s.serve {
		return s.follow(ctx, cloud, from, db, stdout, stderr)
	}
	return s.once(ctx, from, db, stdout, func() []string { return nil })
}

// seed makes each simulated cloud the same at first.
const seed = 1

// replayed refreshes from a recording.
func (s *settings) replayed(ctx context.Context, db *database, stdout io.Writer) (err error) {
	file, err := os.Open(s.replay)
	if err != nil {
		return err
	}
	recording, err := replay.New(ctx, file, s.lines)
	if err := errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("%s: %w", s.replay, err)
	}
	from, stop, err := listen(ctx, recording)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return s.once(ctx, from, db, stdout, recording.Unknown)
}
