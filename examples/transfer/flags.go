package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"
)

// The settings say what a run is asked for.
type settings struct {
	n        int // transfers
	seed     uint64
	postgres string
	beat     time.Duration
	timeout  time.Duration
	json     bool
}

// Commands. The program calls itself with the last two, and then tells them by stdin what to do.
const (
	repairs             = "repairs"
	connecting          = "connector"
	provisioningBuckets = "provisioner"
)

const introduction = `Transfer transfers data between two sides of a connector, the way Eclipse EDC does.
A consumer needs a bucket, a provider a share of this machine and another bucket,
and what is needed is given back when the transfer is over.

Buckets are made by an external provisioner: a process of its own, which is called
by HTTP, takes its time and calls back. Some of its answers are errors or break off,
some of its callbacks never come, come twice, too early or too late. Shares are
directories, or databases of PostgreSQL with a role each. Some transfers complete,
some are called off, one fails and one has a bucket that cannot be released; in the
middle the connector is killed and started again, and so is the provisioner.

In the end every resource that was ever asked for is accounted for, by comparing the
connector's store with what the provisioners say is there:

	requested  it was asked for at least once
	present    it is there, and a transfer needs it
	released   it was there, or may have been, and is gone
	abandoned  it cannot be released, and somebody said why that is how it is
	leaked     it is there, and the store does not know of it
	missing    the store has it, and it is not there

	transfer [flags]     the demonstration
	transfer repairs     what is changed in EDC's table of states, and why

Exit codes: 0; 1: something has leaked or is missing, or went wrong; 2: called wrongly.

Flags:
`

// environment is where the tests of this repository are told of a server as well.
const environment = "REEVE_TEST_POSTGRES"

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("transfer", flag.ContinueOnError)
	f.SetOutput(new(strings.Builder))
	f.IntVar(&s.n, "n", 6, "how many transfers there are")
	f.Uint64Var(&s.seed, "seed", 1, "draws what goes wrong, and when")
	f.StringVar(&s.postgres, "postgres", "", "make shares in the server at this `URL`, whose user may create databases and roles; empty: they are directories (default $"+environment+" if that is a URL)")
	f.DurationVar(&s.beat, "beat", 100*time.Millisecond, "what all times go by: a bucket takes two to eight of them")
	f.DurationVar(&s.timeout, "timeout", 2*time.Minute, "after that it gives up")
	f.BoolVar(&s.json, "json", false, "write one JSON object, and nothing before")
	return f
}

// help returns what -help shows.
func help() string {
	var b strings.Builder
	f := new(settings).flags()
	f.SetOutput(&b)
	b.WriteString(introduction)
	f.PrintDefaults()
	return b.String()
}

// parse reads the arguments. It gives flag.ErrHelp if help was asked for.
func parse(args []string) (s *settings, command string, err error) {
	s = &settings{}
	f := s.flags()
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		command, args = args[0], args[1:]
	}
	if err := f.Parse(args); err != nil {
		return nil, "", err
	}
	given := false
	f.Visit(func(of *flag.Flag) { given = given || of.Name == "postgres" })
	if at := os.Getenv(environment); !given && strings.Contains(at, "://") {
		s.postgres = at
	}
	switch {
	case command != "" && command != repairs && command != connecting && command != provisioningBuckets:
		err = fmt.Errorf("%q is nothing it can do; repairs is", command)
	case f.NArg() > 0:
		err = fmt.Errorf("%q is more than flags", f.Args())
	case s.n < 1 || s.n > 100:
		err = fmt.Errorf("-n is %d; 1 to 100 are right", s.n)
	case s.beat < 10*time.Millisecond:
		err = fmt.Errorf("a beat of %v is too short; 10ms or more is right", s.beat)
	case s.timeout <= 0:
		err = errors.New("-timeout is not positive; a time like 2m is right")
	}
	return s, command, err
}
