package scan

import (
	"fmt"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

// FleetOptions are the options of a [Fleet]. Nil is the same as the zero value. All programs that supervise a fleet need the same.
type FleetOptions struct {
	// Min and Max are how many agents there are, whatever there is to do. Zero: none, and 1. Those that are being terminated do not count, but
	// there are never more than Max of these either, or nothing is launched.
	Min, Max int
	// Width is how many requests an agent works on at once. Zero: 1.
	Width int
	// Idle is for how long less has to be to do until agents are sent away: as many as were needed at no time of it, the idlest first.
	// Zero: 10 minutes.
	Idle time.Duration
	// Launch is how long the launcher may take to say that an agent is on its way, Boot how long it may take from then until the agent beats
	// for the first time. Zero: 10 minutes each.
	Launch, Boot time.Duration
	// Silence is how long an agent may be silent, Stuck how long it may be busy without getting any further, until it is
	// suspect. Zero: two minutes, and ten.
	Silence, Stuck time.Duration
	// Suspect is how long one that is suspect has to prove that it works, until it is terminated. Zero: two minutes.
	Suspect time.Duration
	// Drain is how long one that takes no more may take to end what it has. Zero: one hour.
	Drain time.Duration
	// Sweep is how often the launcher is asked what there is. What should not be there is terminated. Zero: five minutes.
	Sweep time.Duration
	// Breaker stops launching if launches fail all the time.
	Breaker FleetBreaker
	// Capacity, if it is not nil, is called in the fleet's turn with the number of requests that its agents can work on, whenever that
	// has changed, and at first. It may send messages and make records, and nothing else.
	Capacity func(t supervision.Outbound, places int)
}

// A FleetBreaker stops launching after so many launches in a row that have failed: agents that could not be launched, or never beat. It tries a
// single one after a while, and waits twice as long each time that this one fails as well.
type FleetBreaker struct {
	// Failures is how many launches in a row have to fail. Zero: 3; less: it never stops.
	Failures int
	// Cool is how long nothing is launched at first, Most how long it is at most. Zero: one minute, and one hour.
	Cool, Most time.Duration
}

// launchLate is how much longer than the launcher a launch is waited for: provisioning has its own say first, as it knows what went wrong.
const launchLate = 2 * time.Minute

// durations returns all the times that there are, with their defaults.
func (o *FleetOptions) durations() []duration {
	return []duration{
		{"Idle", &o.Idle, 10 * time.Minute},
		{"Launch", &o.Launch, 10 * time.Minute},
		{"Boot", &o.Boot, 10 * time.Minute},
		{"Silence", &o.Silence, 2 * time.Minute},
		{"Stuck", &o.Stuck, 10 * time.Minute},
		{"Suspect", &o.Suspect, 2 * time.Minute},
		{"Drain", &o.Drain, time.Hour},
		{"Sweep", &o.Sweep, 5 * time.Minute},
		{"Breaker.Cool", &o.Breaker.Cool, time.Minute},
		{"Breaker.Most", &o.Breaker.Most, max(o.Breaker.Cool, time.Hour)},
	}
}

type duration struct {
	name string
	of   *time.Duration
	zero time.Duration
}

// fill puts the defaults in.
func (o *FleetOptions) fill() {
	for _, d := range o.durations() {
		if *d.of == 0 {
			*d.of = d.zero
		}
	}
	for _, n := range []struct {
		of   *int
		zero int
	}{{&o.Max, max(o.Min, 1)}, {&o.Width, 1}, {&o.Breaker.Failures, 3}} {
		if *n.of == 0 {
			*n.of = n.zero
		}
	}
}

func (o *FleetOptions) check() error {
	for _, d := range o.durations() {
		if *d.of < 0 {
			return fmt.Errorf("%s is %v; a positive time is right, or zero for the default", d.name, *d.of)
		}
	}
	switch {
	case o.Min < 0 || o.Max < o.Min || o.Max > provisioning.MaxResources:
		return fmt.Errorf("it is to have %d to %d agents; from 0 to %d is right", o.Min, o.Max, provisioning.MaxResources)
	case o.Width < 0:
		return fmt.Errorf("its agents are to have width %d; a positive number is right, or zero for the default", o.Width)
	case o.Breaker.Most < o.Breaker.Cool:
		return fmt.Errorf("the Breaker is to wait for %v and at most %v; at least as long at most is right", o.Breaker.Cool, o.Breaker.Most)
	}
	return nil
}

// typeOptions are those of the agents as resources. A launch that fails a few times has failed: to wait longer is the breaker's matter, and what
// could not be terminated is tried again with each sweep.
func (o *FleetOptions) typeOptions() *provisioning.TypeOptions {
	return &provisioning.TypeOptions{
		Within: o.Launch, Attempts: 5, Wait: provisioning.Doubling(2*time.Second, time.Minute), Breaker: provisioning.Breaker{Failures: -1},
	}
}

// timeout is the limit of an agent's state.
func (o *FleetOptions) timeout(s AgentState, _ *FleetAgent) time.Duration {
	switch s {
	case AgentLaunching:
		return o.Launch + launchLate
	case AgentBooting:
		return o.Boot
	case AgentSuspect:
		return o.Suspect
	case AgentDraining:
		return o.Drain
	default:
		return 0
	}
}
