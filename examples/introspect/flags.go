package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// The settings say what a run is asked for.
type settings struct {
	db      string // empty: a temporary file
	node    string
	named   bool // the operator named the node
	json    bool
	diagram string

	fail, abort, reapply bool
	patience, pause      time.Duration
}

const introduction = `Introspect finds out what this machine is made of and shows it, the way
ironic-inspector does for a node: every step is committed to an SQLite file,
every wait has a limit, and an end is one commit with all that belongs to it.

	start       the node is asked for its facts        finished → starting
	wait        until they come                        starting → waiting
	process     keeps them and makes properties        waiting → processing
	finish      commits the state and the properties   processing → finished

A node that was named with -node and that nobody knows is enrolled: its facts
come unasked, so it goes enrolling → processing → finished.

A run that is interrupted leaves its node where it is. The next run on that file
goes on with what it was doing, until that is done or the time of the state is
up, and then starts anew. Each state gives ten seconds.

Exit codes: 0, also for an abort that was carried out; 1: the introspection
failed or was interrupted; 2: wrong flags. Errors go to standard error.

Flags:
`

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("introspect", flag.ContinueOnError)
	f.SetOutput(new(strings.Builder))
	f.StringVar(&s.db, "db", "", "keep the node and its history in this `file` (default a temporary one)")
	f.StringVar(&s.node, "node", "", "the `id` under which the facts are kept (default the name of this host)")
	f.BoolVar(&s.json, "json", false, "write one JSON object: node, facts, unread, history")
	f.StringVar(&s.diagram, "diagram", "", "only draw the machine with the node's current state, in this `format`: "+strings.Join(formats(), ", "))
	f.BoolVar(&s.fail, "fail", false, "let processing fail: the node ends in error, with its message")
	f.BoolVar(&s.abort, "abort", false, "give up on a node that is waiting, also for another run; one at rest is started first")
	f.BoolVar(&s.reapply, "reapply", false, "process the stored facts again (a temporary file has none: they are gathered first)")
	f.DurationVar(&s.patience, "timeout", limit, "how long facts are waited for")
	f.DurationVar(&s.pause, "pause", 0, "hold in the middle for so long, to interrupt it or look at it; longer than -timeout it runs into that")
	return f
}

// options are what a node has to know of the settings.
func (s *settings) options() Options {
	o := Options{Patience: s.patience, Pause: s.pause, Refuse: s.fail}
	if s.abort {
		o.Pause = s.patience // no facts are to come
	}
	return o
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

// parse reads the settings from the arguments. It gives flag.ErrHelp if help was asked for.
func parse(args []string) (*settings, error) {
	s := &settings{}
	f := s.flags()
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	f.Visit(func(one *flag.Flag) { s.named = s.named || one.Name == "node" })
	if !s.named {
		host, err := os.Hostname()
		if err != nil {
			return nil, fmt.Errorf("this host has no name (%w); give one with -node", err)
		}
		s.node = host
	}
	return s, s.check(f.Args())
}

func (s *settings) check(rest []string) error {
	switch {
	case len(rest) > 0:
		return fmt.Errorf("%q is more than flags", rest)
	case s.node == "":
		return errors.New("-node is empty; leave it out for this host")
	case s.abort && (s.reapply || s.fail):
		return errors.New("-abort ends before anything is processed; it goes without -reapply and -fail")
	case s.diagram != "" && (s.json || s.abort || s.reapply || s.fail):
		return errors.New("-diagram only draws; it goes with -db and -node alone")
	case s.diagram != "" && !slices.Contains(formats(), s.diagram):
		return fmt.Errorf("-diagram is %q; one of %s is right", s.diagram, strings.Join(formats(), ", "))
	case s.patience <= 0:
		return fmt.Errorf("-timeout is %v; a positive time is right", s.patience)
	case s.pause < 0:
		return fmt.Errorf("-pause is %v; it must not be negative", s.pause)
	}
	return nil
}
