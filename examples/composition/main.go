// Composition is ONAP's Automation Composition Management on Reeve: see package acm for what it manages
// and package vectors for how that is compared with ONAP.
//
//	go run ./examples/composition
//	go run ./examples/composition vectors FILE…
//	go run ./examples/composition -help
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/reeve-go/reeve/examples/composition/vectors"
)

const introduction = `Composition deploys a dozen elements in four phases. Simulated participants
do the work: some of their answers get lost, one of them vanishes for a while,
and the supervisor is killed in the middle and started again.

	composition [-beat 250ms]     the demonstration
	composition vectors FILE…     runs cases of what ONAP's own code did, and compares

A file of cases has a JSON object a line, plain or compressed with gzip. Each
mismatch is a line of the report, and the last one counts:
cases=N agree=N on-purpose=N mismatch=N

Exit codes: 0; 1: there is a mismatch, or something went wrong; 2: called wrongly.

Flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever interrupts it twice means it
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// settings are what the program is called with.
type settings struct {
	beat      time.Duration
	db, field string // of the supervisor's own process
	rest      []string
}

// parse reads the arguments.
func parse(args []string) (*settings, string, error) {
	s := &settings{}
	f := flag.NewFlagSet("composition", flag.ContinueOnError)
	var text strings.Builder
	f.SetOutput(&text)
	f.Usage = func() {}
	f.DurationVar(&s.beat, "beat", 250*time.Millisecond, "how often participants give a sign of life; everything else goes by that")
	command := ""
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	if command == supervise {
		f.StringVar(&s.db, "db", "", "the `file` of the store")
		f.StringVar(&s.field, "field", "", "the `address` of the participants")
	}
	err := f.Parse(args)
	s.rest = f.Args()
	if errors.Is(err, flag.ErrHelp) {
		f.PrintDefaults()
		return nil, introduction + text.String(), err
	}
	switch {
	case err != nil:
	case s.beat < 10*time.Millisecond:
		err = fmt.Errorf("a beat of %v is too short; 10ms or more is right", s.beat)
	case command == "vectors" && len(s.rest) == 0:
		err = errors.New("there are no files of cases; name one or more")
	case command != "vectors" && len(s.rest) > 0:
		err = fmt.Errorf("%q is more than flags", s.rest[0])
	case command != "" && command != "vectors" && command != supervise:
		err = fmt.Errorf("%q is nothing it can do; vectors is", command)
	}
	return s, command, err
}

// run returns the program's exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s, command, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(stdout, command)
		return 0
	case err != nil:
		_, _ = fmt.Fprintf(stderr, "composition: %v; -help says what is right\n", err)
		return 2
	}
	switch command {
	case "vectors":
		var sum vectors.Summary
		if sum, err = vectors.Check(ctx, s.rest, stdout, stderr); err == nil && !sum.OK() {
			return 1
		}
	case supervise:
		err = s.supervise(ctx, stdin, stderr)
	default:
		err = s.demonstrate(ctx, stdout)
	}
	if err != nil {
		_, _ = fmt.Fprintf(stderr, "composition: %v\n", err)
		return 1
	}
	return 0
}
