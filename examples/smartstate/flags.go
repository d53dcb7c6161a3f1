package main

import (
	"errors"
	"flag"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The settings say what a run is asked for.
type settings struct {
	target  string
	files   []string
	state   string
	seed    uint64
	beat    time.Duration
	timeout time.Duration
	json    bool
	aws     bool
	remote  bool
	legacy  bool
}

// Roles. The program calls itself with one of them, and then tells the process by stdin what to do.
const (
	control     = "control"
	coordinator = "coordinator"
	ec2         = "ec2"
	amazon      = "aws"
	agent       = "agent"
	hostile     = "hostile"
)

var roles = []string{control, coordinator, ec2, amazon, agent, hostile}

const introduction = `Smartstate looks into a machine the way ManageIQ does on Amazon: a job asks for it by
a queue, agents in the cloud take requests from there, look into the machine, put
what they find into a store and say so by another queue. Everybody is a process of
its own:

	control      supervises the job, has a snapshot made before and released after it,
	             and brings the agents' replies to it
	coordinator  supervises the agents: there are as many as there is work for
	ec2          a simulated cloud: its instances boot slowly, one launch is refused, one
	             is answered with an error and comes up all the same, and one instance is
	             a zombie, that runs without an agent
	agents       one an instance; their replies are delivered twice, and out of order

The machine is this one, from the root of its file system, and nothing is written
there. In the middle the agent is killed; another one looks for what is missing, and
for nothing else. It takes half a minute, or a minute on a large machine.

The end is a summary by category, with a digest of what was found, and what has changed
since the last scan, if there was one: keep the state of a run with -state for that. A
category of which nothing has changed is not scanned again. What was under way in a run
that was interrupted or killed goes on in the next one. One run at a time has a state.

With -aws the queues are on SQS and the blobs on S3: one more process simulates them,
and has a request go wrong now and then. All else is as without it.

With -remote the agents have no way to the store, the queues or the blobs. The
coordinator serves HTTPS, and invites each agent that it launches. One that is hostile
is invited as well: when another is at work, it does what it may, and then tries to read,
to settle, to report and to reply what is not its own. It is shown what it was answered,
and nothing of what it said may be among the results.

With -legacy nothing of that happens. It shows how the table of the original gets stuck,
and then how an agent of the original works for a job all the same, with the messages
as they are on the wire.

Exit codes: 0; 1: something was left behind, the job did not end as it should, or a
hostile agent was let something; 2: called wrongly.

Flags:
`

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("smartstate", flag.ContinueOnError)
	f.SetOutput(new(strings.Builder))
	f.StringVar(&s.target, "target", "/", "look into this `directory`, and into no other file system")
	f.Func("files", "tell of the files that this `glob` means, and not only of packages, accounts and so on; may be repeated (default etc/**)", func(glob string) error {
		s.files = append(s.files, glob)
		return nil
	})
	f.StringVar(&s.state, "state", "", "keep the state in this `directory`, for the next run; empty: a temporary one, removed at the end")
	f.Uint64Var(&s.seed, "seed", 1, "draws what goes wrong, and when")
	f.DurationVar(&s.beat, "beat", 100*time.Millisecond, "what all times go by: to boot takes five to fifteen of them")
	f.DurationVar(&s.timeout, "timeout", 5*time.Minute, "after that it gives up")
	f.BoolVar(&s.json, "json", false, "write one JSON object, and nothing before")
	f.BoolVar(&s.aws, "aws", false, "have the queues on SQS and the blobs on S3, which are simulated as well")
	f.BoolVar(&s.remote, "remote", false, "have the agents work from afar, over HTTP and TLS; a hostile one comes along")
	f.BoolVar(&s.legacy, "legacy", false, "show how the original gets stuck, and how an agent of it works for a job all the same, and do nothing else")
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
func parse(args []string) (s *settings, role string, err error) {
	s = &settings{}
	f := s.flags()
	if len(args) == 1 && slices.Contains(roles, args[0]) {
		return s, args[0], nil
	}
	if err := f.Parse(args); err != nil {
		return nil, "", err
	}
	if s.files == nil {
		s.files = []string{"etc/**"}
	}
	target := s.target
	s.target, err = filepath.Abs(target)
	switch {
	case err != nil:
	case f.NArg() > 0:
		err = fmt.Errorf("%q is more than flags", f.Args())
	case target == "":
		err = errors.New("-target is empty; a directory is right")
	case slices.ContainsFunc(s.files, badGlob):
		err = fmt.Errorf("-files: one of %q is no glob; one like etc/*.conf is right", s.files)
	case s.legacy && f.NFlag() > 1:
		err = errors.New("-legacy goes without other flags")
	case s.aws && s.state != "":
		err = errors.New("-aws goes without -state: what is simulated ends with the run")
	case s.beat < 20*time.Millisecond:
		err = fmt.Errorf("a beat of %v is too short; 20ms or more is right", s.beat)
	case s.timeout <= 0:
		err = errors.New("-timeout is not positive; a time like 2m is right")
	}
	return s, "", err
}

func badGlob(glob string) bool {
	_, err := path.Match(glob, "")
	return err != nil || glob == ""
}
