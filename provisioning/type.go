package provisioning

import (
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/supervision"
)

// TypeOptions are the options of [Manager.Register]. Nil is the same as the zero value.
type TypeOptions struct {
	// Within is how long it may take in all until a resource is there, ReleaseWithin until it is gone. Zero: one hour.
	Within, ReleaseWithin time.Duration
	// Attempts is how many calls of an operation may fail in a row before it has failed. Zero: 10.
	Attempts int
	// Timeout is how long one call may take. Zero: one minute.
	Timeout time.Duration
	// Wait is how long to wait after failed calls. Nil: [Doubling] from two seconds to ten minutes.
	Wait Backoff
	// Poll is how long to wait until a [Poller] is asked, unless its answers say so. Zero: 30 seconds.
	Poll time.Duration
	// Grace is for how long a call of Ensure that was given up can still take effect. If a resource is released before that, a [Finder] is
	// asked afterwards whether it stays away, and what has come up is released again. Zero: no call that was given up takes
	// effect after Release, as the laws of a [Provisioner] say.
	Grace time.Duration
	// Look is how often a [Finder] looks at resources that are there, to see whether they still are, and are what they were. Zero: never.
	Look time.Duration
	// Renew is how long before its secrets expire a [Renewer] is asked for new ones, but not before half of their time is over. Zero:
	// an hour.
	Renew time.Duration
	// Caps bound how many calls go on at once.
	Caps supervision.Caps
	// Breaker stops calling a provisioner that fails all the time.
	Breaker Breaker
}

const (
	defaultWithin   = time.Hour
	defaultAttempts = 10
	defaultTimeout  = time.Minute
	defaultPoll     = 30 * time.Second
	defaultRenew    = time.Hour
)

// maxType bounds the name of a type. Effects and their outcomes are named after it, with more words.
const maxType = 200

// A provisioner is one that is registered.
type provisioner struct {
	Provisioner

	typ     string
	poller  Poller
	finder  Finder
	planner Planner
	renewer Renewer
	options TypeOptions
	effect  *supervision.Effect[order, reply]
	breaker *breaker
}

func newProvisioner(typ string, p Provisioner, o *TypeOptions) (*provisioner, error) {
	of := &provisioner{Provisioner: p, typ: typ}
	of.poller, _ = p.(Poller)
	of.finder, _ = p.(Finder)
	of.planner, _ = p.(Planner)
	of.renewer, _ = p.(Renewer)
	if o != nil {
		of.options = *o
	}
	o = &of.options
	for _, d := range []struct {
		name string
		of   *time.Duration
		zero time.Duration
	}{
		{"Within", &o.Within, defaultWithin},
		{"ReleaseWithin", &o.ReleaseWithin, defaultWithin},
		{"Timeout", &o.Timeout, defaultTimeout},
		{"Poll", &o.Poll, defaultPoll},
		{"Grace", &o.Grace, 0},
		{"Look", &o.Look, 0},
		{"Renew", &o.Renew, defaultRenew},
	} {
		if *d.of == 0 {
			*d.of = d.zero
		}
		if *d.of < 0 {
			return of, fmt.Errorf("%s is %v; a positive time is right, or zero for the default", d.name, *d.of)
		}
	}
	if o.Attempts == 0 {
		o.Attempts = defaultAttempts
	}
	if o.Wait == nil {
		o.Wait = Doubling(2*time.Second, 10*time.Minute)
	}
	of.effect = supervision.NewEffect[order, reply]("provision " + typ)
	of.breaker = newBreaker(o.Breaker)
	switch {
	case !isText(typ, maxType):
		return of, fmt.Errorf("its name is not one; a text of 1 to %d bytes is right", maxType)
	case o.Attempts < 0:
		return of, fmt.Errorf("the number of Attempts is %d; a positive number is right, or zero for the default", o.Attempts)
	case (o.Grace > 0 || o.Look > 0) && of.finder == nil:
		return of, errors.New("its Grace and Look need a provisioner that is a Finder; it has no method Find")
	}
	return of, nil
}
