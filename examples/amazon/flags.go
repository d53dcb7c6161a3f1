package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/examples/amazon/account"
	"github.com/reeve-go/reeve/examples/internal/refreshing"
)

// The settings say what a run is asked for.
type settings struct {
	account string
	db      string
	replay  string
	lines   int
	names   account.Names
	json    bool
	serve   bool
	every   time.Duration
	faults  float64
}

const introduction = `Amazon keeps an inventory of an account of Amazon's cloud: zones, key pairs,
images, instances with their hardware and operating systems, volumes and
snapshots, networks, subnets, security groups, ports and addresses, load
balancers and who is well behind them, stacks with what they made, databases,
labels, and how all of that belongs together.

It asks by Amazon's own SDK, but no real account: a small cloud that it simulates
itself, which answers page by page, and now and then that it is asked too often or
that something is wrong; or with -replay a recording, as a real account once
answered. What a recording does not tell is a fault, is listed, and deletes
nothing. One that has several passes tells how things were at its end, or with
-lines before.

Each run reads everything, or with -target what is named and what that is
connected with, and writes what has changed. In a database that does not know the
account yet -target writes that alone. Zones, key pairs, load balancers and
databases are named by their names, stacks by their ARNs, addresses by their
allocations, and all else by its id. It shows how many rows were

	created    because they are new
	updated    in some of their columns
	unchanged  because they are as they should be
	deleted    because what they tell of is gone
	kept       although it may be gone, because not all could be read
	refused    because they lack a key, or what they belong to

-serve goes on: the simulated cloud changes, tells what, and that is read again.

Exit codes: 0; 1: something went wrong, or not all could be read; 2: wrong flags.
Errors go to standard error.

Flags:
`

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("amazon", flag.ContinueOnError)
	f.SetOutput(new(strings.Builder))
	f.StringVar(&s.account, "account", "amazon", "the `name` under which the account is kept")
	f.StringVar(&s.db, "db", "", "keep the inventory in this `file` of SQLite, or at this postgres:// URL (default: only while it runs)")
	f.StringVar(&s.replay, "replay", "", "answer from the recording in this `file`")
	f.IntVar(&s.lines, "lines", 0, "use only so many `lines` of the recording, from the first on (default: all)")
	f.Func("target", "read only what `COLLECTION=NAME,NAME` names, such as vms=i-00000001; can be given several times", func(value string) error {
		return readNames(s.names, value)
	})
	f.BoolVar(&s.json, "json", false, "write one JSON object")
	f.BoolVar(&s.serve, "serve", false, "go on until interrupted: follow the simulated cloud, and show what changes")
	f.DurationVar(&s.every, "every", time.Second, "how often the simulated cloud changes with -serve")
	f.Float64Var(&s.faults, "faults", 0.1, "the `part` of its answers, below 1, that is a fault of the simulated cloud")
	return f
}

// help returns what -help shows.
func help() string { return refreshing.Help(introduction, new(settings).flags()) }

// parseFlags reads the settings from the arguments. It gives flag.ErrHelp if help was asked for.
func parseFlags(args []string) (*settings, error) {
	s := &settings{names: account.Names{}}
	f := s.flags()
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	given := map[string]bool{}
	f.Visit(func(of *flag.Flag) { given[of.Name] = true })
	switch {
	case f.NArg() > 0:
		return nil, fmt.Errorf("%q is more than flags", f.Args())
	case s.account == "":
		return nil, errors.New("-account is empty")
	case given["replay"] && s.replay == "":
		return nil, errors.New("-replay is empty; a file is right")
	case s.serve && (s.replay != "" || s.json || len(s.names) > 0):
		return nil, errors.New("-serve follows everything in a cloud that changes; it goes without -replay, -target and -json")
	case given["every"] && !s.serve:
		return nil, errors.New("-every is how often -serve has something change; it goes with -serve only")
	case given["faults"] && s.replay != "":
		return nil, errors.New("-faults is about the simulated cloud; it goes without -replay")
	case given["lines"] && (s.replay == "" || s.lines <= 0):
		return nil, errors.New("-lines is how much of a recording is used, 1 or more; it goes with -replay only")
	case s.every <= 0:
		return nil, fmt.Errorf("-every is %v; a positive time is right", s.every)
	case !(s.faults >= 0 && s.faults < 1):
		return nil, fmt.Errorf("-faults is %v; a part from 0 to less than 1 is right", s.faults)
	}
	return s, nil
}
