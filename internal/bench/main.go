// Bench measures what Reeve claims: each figure beside what it is compared with, in one run.
//
//	go run ./internal/bench [-run REGEXP] [-json] [-quick] [-check]
//	go run ./internal/bench chaos [-quick] [-seed N] [-store NAME]
//
// It prints a table, or with -json a line a row as soon as the row is measured: its name; value, what
// an operation of ours costs in unit; peer and against, what it is compared with and what that costs;
// ratio, value through against; the goal, and whether it holds. Null is what does not apply.
//
// The two sides of a row take turns. Time is processor time of the whole program, garbage collection
// included, and for what waits, for a disk or for its turn, time on the wall. Value and against are
// medians over all rounds, ratio is the median of the rounds' ratios, and so not exactly the one
// through the other. Where a single operation takes long there are fewer rounds.
//
// Databases are put where temporary files are: TMPDIR says on which disk.
//
// The exit status is 0; 1 if a row could not be measured, the run was interrupted, or with -check a
// goal does not hold; 2 if the flags are wrong. A missed goal alone is no failure, because a busy
// machine can miss it, too.
//
// Chaos is the other thing that can be measured: whether it holds when everything fails, see package
// chaos.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // so that a second signal ends the program at once
	if args := os.Args[1:]; len(args) > 0 && args[0] == chaosCommand {
		os.Exit(runChaos(ctx, args[1:], os.Stdin, os.Stdout, os.Stderr))
	} else if len(args) > 0 && args[0] == agentCommand {
		os.Exit(runAgent(ctx, args[1:], os.Stdin, os.Stderr))
	}
	os.Exit(run(ctx, rows(), os.Args[1:], os.Stdout, os.Stderr))
}

// rows lists every row. A new topic is a file of its own and a line here.
func rows() []row {
	return slices.Concat(fsmRows(), runnerRows(), sqliteRows(), supervisionRows(), postgresRows(), refreshRows(), refreshPostgresRows(), provisioningRows(),
		scanRows(), scaleRows())
}

const usage = `Bench measures what Reeve claims, each figure beside what it is compared with.

It exits with 0; with 1 if a row could not be measured, the run was interrupted, or a goal does not
hold and -check is given; with 2 if the flags are wrong. "bench chaos -help" tells of the other command.

`

type flags struct {
	run                *regexp.Regexp
	json, quick, check bool
}

func parse(args []string, stderr io.Writer) (flags, error) {
	f := flags{run: regexp.MustCompile("")}
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.Usage = func() {
		_, _ = fmt.Fprint(stderr, usage)
		set.PrintDefaults()
	}
	set.Func("run", "measure only the rows whose name matches the `regexp`", func(s string) (err error) {
		f.run, err = regexp.Compile(s)
		return err
	})
	set.BoolVar(&f.json, "json", false, "print a JSON object a line instead of a table")
	set.BoolVar(&f.quick, "quick", false, "measure in few and short rounds, within a minute in all")
	set.BoolVar(&f.check, "check", false, "exit with 1 if a goal does not hold")
	if err := set.Parse(args); err != nil {
		return f, err
	}
	if set.NArg() > 0 {
		err := fmt.Errorf("bench: %q is no flag; -run %s selects rows", set.Arg(0), set.Arg(0))
		_, _ = fmt.Fprintln(stderr, err)
		return f, err
	}
	return f, nil
}

// run is the program without its signals. It returns the exit status.
func run(ctx context.Context, all []row, args []string, stdout, stderr io.Writer) int {
	f, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	}
	chosen := choose(all, f.run)
	if len(chosen) == 0 {
		_, _ = fmt.Fprintf(stderr, "bench: no row matches %q; these are there:\n%s\n", f.run, strings.Join(namesOf(all), "\n"))
		return 2
	}
	results, err := measure(ctx, chosen, f, stdout, stderr)
	if !f.json {
		err = errors.Join(err, writeTable(stdout, results))
	}
	if f.check {
		err = errors.Join(err, missed(results))
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

// measure goes on after a row that cannot be measured, but not when ctx has ended.
func measure(ctx context.Context, chosen []row, f flags, stdout, stderr io.Writer) (results []result, failed error) {
	e := full
	if f.quick {
		e = quick
	}
	_, _ = fmt.Fprintf(stderr, "%s %s/%s, %d processors; at most %d rounds of four times %v\n",
		runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), e.rounds, e.slice)
	for i, r := range chosen {
		_, _ = fmt.Fprintf(stderr, "%d/%d %s\n", i+1, len(chosen), r.name)
		result, err := r.measure(ctx, e)
		if ctx.Err() != nil {
			return results, errors.Join(failed, fmt.Errorf("bench: ended in %s: %w", r.name, context.Cause(ctx)))
		}
		if why, ok := errors.AsType[skipped](err); ok {
			_, _ = fmt.Fprintf(stderr, "%s is skipped: %s\n", r.name, why)
			continue
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("bench: %s: %w", r.name, err))
			continue
		}
		results = append(results, result)
		if f.json {
			failed = errors.Join(failed, writeJSON(stdout, result))
		}
	}
	return results, failed
}

func choose(all []row, name *regexp.Regexp) []row {
	return slices.DeleteFunc(slices.Clone(all), func(r row) bool { return !name.MatchString(r.name) })
}

func namesOf(rows []row) []string {
	var names []string
	for _, r := range rows {
		names = append(names, r.name)
	}
	return names
}

// missed says which goals do not hold.
func missed(results []result) (failed error) {
	for _, r := range results {
		if r.Holds != nil && !*r.Holds {
			failed = errors.Join(failed, fmt.Errorf("bench: %s misses its goal, %s", r.Name, r.Goal))
		}
	}
	return failed
}
