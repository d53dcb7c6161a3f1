package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/reeve-go/reeve/examples/internal/refreshing"
)

// The settings say what a run is asked for.
type settings struct {
	db      string
	machine string // whose rows
	plan    bool
	allow   bool // to remove however much is gone
	json    bool
	watch   bool
	every   time.Duration
	full    time.Duration
}

const introduction = `Inventory keeps an inventory of this machine in an SQLite file: its processes,
users and groups, file systems, network interfaces and addresses, listening
sockets and installed packages, and how they belong together.

Each run reads everything and writes what has changed: what is new is created,
what is gone is deleted, what is as it was is not touched. It shows how much of
each there was, and what points at something that is not there.

	created    rows that are new
	updated    rows of which some columns are written
	unchanged  rows that are as they should be
	deleted    rows of what is gone
	kept       rows that may be gone, but not all could be read
	refused    rows without a key, or that belong to nothing

-watch goes on: each second it looks which processes and sockets began, ended or
changed, has those read again, and shows what is saved. What cannot be read is
said, and tried again. Any number of programs can do so on one file; they share
the work, and each shows what it has done itself. What was asked of a program
that is killed another one does, or the next one.

It reads what the system tells its user: another user's processes do not show
their programs and sockets to everybody. What may be secret is left out, such
as the arguments of processes. On systems other than Linux there are only
interfaces with their addresses, and the user who runs it.

Exit codes: 0; 1: something went wrong, or not all could be read; 2: wrong flags.
Errors go to standard error.

Flags:
`

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("inventory", flag.ContinueOnError)
	f.SetOutput(new(strings.Builder))
	f.StringVar(&s.db, "db", "", "keep the inventory in this `file` (default reeve/inventory.db in the user's cache)")
	f.StringVar(&s.machine, "machine", "", "the `name` under which this machine is kept (default that of this host)")
	f.BoolVar(&s.plan, "plan", false, "show what would change, row by row, and write nothing")
	f.BoolVar(&s.allow, "allow", false, "delete what is gone even if it is most of a table, which is else taken for a mistake")
	f.BoolVar(&s.json, "json", false, "write one JSON object; with -plan the plan, a line a change")
	f.BoolVar(&s.watch, "watch", false, "go on until interrupted: read again what begins or ends, and show what changes")
	f.DurationVar(&s.every, "every", time.Second, "how often -watch looks")
	f.DurationVar(&s.full, "full", 10*time.Minute, "how often -watch reads everything")
	return f
}

// help returns what -help shows.
func help() string { return refreshing.Help(introduction, new(settings).flags()) }

// parseFlags reads the settings from the arguments. It gives flag.ErrHelp if help was asked for.
func parseFlags(args []string) (*settings, error) {
	s := &settings{}
	f := s.flags()
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if err := s.check(f.Args()); err != nil {
		return nil, err
	}
	var err error
	if s.db == "" {
		s.db, err = usual()
	}
	if s.machine == "" && err == nil {
		if s.machine, err = os.Hostname(); err != nil {
			err = fmt.Errorf("this host has no name (%w); give one with -machine", err)
		}
		s.machine = cmp.Or(s.machine, "localhost")
	}
	return s, err
}

func (s *settings) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is more than flags", rest)
	case s.watch && (s.plan || s.json):
		return errors.New("-watch goes on and writes; it goes without -plan and -json")
	case s.plan && s.allow:
		return errors.New("-plan writes nothing; it goes without -allow")
	case s.every <= 0 || s.full <= 0:
		return fmt.Errorf("-every is %v and -full %v; positive times are right", s.every, s.full)
	}
	return nil
}
