package scan

import (
	"context"
	"fmt"
	"iter"
	"regexp"
	"strings"

	"github.com/reeve-go/reeve/internal/text"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// A Fleet keeps as many agents as there is work for: it has them launched, listens to their beats, replaces those that are lost, and sends
// away those that nobody needs. Each agent is a resource of package provisioning, so what was launched is known before it is there, and is
// forgotten only when it is gone. A launcher that fails again and again is left alone for a while.
//
// A fleet is a durable record, whose elements are its agents. Any number of programs may have one on the same store, with the same options. It is
// safe for concurrent use.
type Fleet struct {
	// Records has one record, under the fleet's name: to explain, pause and resume it, and to read its history.
	Records *supervision.Kind[FleetRecord, FleetState, FleetEvent]

	agents   *supervision.Elements[FleetAgent, AgentState, agentEvent]
	requests *provisioning.Manager
	store    storage.Store
	launcher Launcher
	name     string
	options  FleetOptions
}

// fleetName is what a fleet can be called: what its agents are called has to suit providers, which take such texts as tokens.
var fleetName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,31}$`)

// maxToken bounds what an agent can be called, in bytes.
const maxToken = 255

// agentResource is the one resource of an agent's request.
const agentResource = "agent"

// NewFleet returns the fleet of that name: a letter or digit, and at most 31 more, or "-" and "_". Give it to a supervisor with
// [Fleet.Supervise]. What the launcher lists under the fleet's name, up to the dot in a token, is the fleet's own, and is terminated
// if the fleet does not know it: two fleets of one name must not see each other's agents.
func NewFleet(store storage.Store, name string, launcher Launcher, o *FleetOptions) (*Fleet, error) {
	f := &Fleet{store: store, launcher: launcher, name: name}
	if o != nil {
		f.options = *o
	}
	f.options.fill()
	if err := f.options.check(); err != nil {
		return nil, fmt.Errorf("scan: fleet %q: %w", name, err)
	}
	switch {
	case !fleetName.MatchString(name):
		return nil, fmt.Errorf("scan: fleet %q: its name is not one; 1 to 32 letters, digits, - and _ are right", name)
	case store == nil || launcher == nil:
		return nil, fmt.Errorf("scan: fleet %q: it needs a store and a launcher; one of them is nil", name)
	}
	kind := "fleet." + name
	var err error
	if f.requests, err = provisioning.NewManager(store, &provisioning.Options{Name: kind + ".agent"}); err != nil {
		return nil, err
	}
	f.requests.Register(kind, launching{launcher}, f.options.typeOptions())
	f.agents = supervision.NewElements[FleetAgent](agentMachine, &supervision.ElementsOptions[FleetAgent, AgentState]{Timeout: f.options.timeout})
	f.Records, err = supervision.NewKind(kind, fleetMachine, store, &supervision.KindOptions[FleetRecord, FleetState, FleetEvent]{
		Elements: f.agents, Explain: f.explain,
	})
	return f, err
}

// Name returns the fleet's name.
func (f *Fleet) Name() string { return f.name }

// Has reports whether an agent of that name is one of this fleet's, or once was.
func (f *Fleet) Has(agent string) bool {
	fleet, _, ok := strings.Cut(agent, ".")
	return ok && fleet == f.name && text.Clip(agent, maxToken) == agent
}

// Supervise has a supervisor do the work. Call it before its Run.
func (f *Fleet) Supervise(s *supervision.Supervisor) error {
	if err := f.requests.Supervise(s); err != nil {
		return err
	}
	supervision.Supervise(s, f.Records, f.decide)
	s.Source("fleet."+f.name, f.store, f.sweepNowAndThen)
	return nil
}

// Agents yields the agents as they are stored, by name, also those of which it is not certain yet that they are gone.
func (f *Fleet) Agents(ctx context.Context) iter.Seq2[supervision.Element[FleetAgent, AgentState], error] {
	return f.agents.List(ctx, f.Records, f.name)
}
