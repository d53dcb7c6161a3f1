package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/internal/bench/chaos"
)

// The command that brings chaos to supervisors, and what it calls itself with for each of them.
const (
	chaosCommand = "chaos"
	chaosWorker  = "worker"
)

const chaosUsage = `Chaos has supervisor processes share a database, kills them, pauses them beyond
their leases, cuts their connections and restarts the database, while effects
fail and answers get lost. Then it checks that nothing was lost and that nothing
was done twice under two keys.

It exits with 0; with 1 if a check does not hold or there could be no run; with
2 if the flags are wrong.

`

type chaosFlags struct {
	quick, verbose bool
	seed           uint64
	stores         []string
}

func parseChaos(args []string, stderr io.Writer) (chaosFlags, error) {
	f := chaosFlags{stores: chaos.Stores()}
	set := flag.NewFlagSet("bench chaos", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		_, _ = fmt.Fprint(stderr, chaosUsage)
		set.PrintDefaults()
	}
	set.BoolVar(&f.quick, "quick", false, "500 records within 40 seconds, instead of 10,000 within 10 minutes")
	set.BoolVar(&f.verbose, "v", false, "show what the processes complain of")
	set.Uint64Var(&f.seed, "seed", rand.Uint64N(1e6), "the `number` that orders, blows and failures are drawn from; otherwise any")
	set.Func("store", "only this `store`: "+strings.Join(f.stores, " or "), func(s string) error {
		if !slices.Contains(chaos.Stores(), s) {
			return fmt.Errorf("bench: there is no store %q", s)
		}
		f.stores = []string{s}
		return nil
	})
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if set.NArg() > 0 {
		err := fmt.Errorf("bench: chaos: %q is no flag", set.Arg(0))
		_, _ = fmt.Fprintln(stderr, err)
		return f, err
	}
	return f, nil
}

// runChaos brings chaos to each store in turn. It returns the exit status.
func runChaos(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if slices.Equal(args, []string{chaosWorker}) {
		return chaos.Work(ctx, stdin, stdout, stderr)
	}
	f, err := parseChaos(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	self, err := os.Executable()
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	o := chaos.Options{Effort: chaos.Long, Seed: f.seed, Command: []string{self, chaosCommand, chaosWorker}, Log: stderr, Verbose: f.verbose}
	if f.quick {
		o.Effort = chaos.Quick
	}
	status := 0
	for _, o.Store = range f.stores {
		report, err := chaos.Run(ctx, &o)
		if err != nil {
			_, _ = fmt.Fprintln(stderr, err)
			status = 1
			continue
		}
		_, _ = fmt.Fprint(stdout, report)
		if !report.OK() {
			status = 1
		}
	}
	return status
}
