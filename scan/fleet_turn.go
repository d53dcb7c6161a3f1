package scan

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/reeve-go/reeve/internal/text"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/supervision"
)

type (
	fleetTurn  = supervision.Turn[FleetRecord, FleetState, FleetEvent]
	fleetAgent = supervision.Element[FleetAgent, AgentState]
)

// maxWhy bounds the texts that a fleet keeps, in bytes.
const maxWhy = 2 << 10

// A fleetWork is one turn of a fleet: what was heard is taken down, then each agent that was heard of or is due is looked at, and then it is decided
// how many there should be. What the others are is not read.
type fleetWork struct {
	f *Fleet
	t *fleetTurn
}

// decide is the decider of fleets.
func (f *Fleet) decide(t *fleetTurn) error {
	w := &fleetWork{f, t}
	if t.Expired == supervision.StateExpired {
		if err := t.Fire(fleetProbe); err != nil {
			return err
		}
	}
	heard := f.agents.Due(t)
	for _, m := range t.Messages {
		if el := w.hear(m); el != nil && !slices.Contains(heard, el) {
			heard = append(heard, el)
		}
	}
	for _, el := range heard {
		if err := w.look(el); err != nil {
			return err
		}
	}
	if err := w.scale(); err != nil {
		return err
	}
	w.tell()
	return nil
}

// look does what is to be done about an agent, until it has to wait.
func (w *fleetWork) look(el *fleetAgent) error {
	for {
		v := agentView{&w.f.options, w.t.Now, el.State, el.Until, el.Data}
		e, why, at := v.next()
		if e == "" {
			if !at.IsZero() {
				w.f.agents.Wake(w.t, el, max(at.Sub(w.t.Now), time.Microsecond))
			}
			break
		}
		if err := w.fire(el, e, why); err != nil {
			return err
		}
	}
	if el.State.Over() && el.Data.Gone {
		w.remove(el)
	}
	return nil
}

// fire moves an agent, and does what that means.
func (w *fleetWork) fire(el *fleetAgent, e agentEvent, why string) error {
	a := el.Data
	a.Why = why
	w.t.Note(why)
	if err := w.f.agents.Fire(w.t, el, e); err != nil {
		return err
	}
	switch {
	case e == agentAppear:
		return w.succeeded()
	case e == agentDrain && a.Drain.IsZero():
		a.Drain = w.t.Now.Add(w.f.options.Drain)
	case el.State.Over():
		w.f.requests.Terminate(w.t, el.Name, why)
		if a.Beat.IsZero() && why != notWanted {
			return w.failed(why)
		}
	}
	return nil
}

const notWanted = "it is not needed any more"

// succeeded takes down that a launch was one.
func (w *fleetWork) succeeded() error {
	d := w.t.Data
	d.Failures, d.Trips, d.Cause = 0, 0, ""
	if w.t.State == FleetSteady {
		return nil
	}
	return w.t.Fire(fleetRecover)
}

// failed takes down that a launch was none.
func (w *fleetWork) failed(why string) error {
	d, b := w.t.Data, &w.f.options.Breaker
	d.Failures, d.Cause = d.Failures+1, why
	if b.Failures < 0 || w.t.State == FleetTripped || w.t.State == FleetSteady && d.Failures < b.Failures {
		return nil
	}
	d.Trips++
	if err := w.t.Fire(fleetTrip); err != nil {
		return err
	}
	w.t.Touch(b.cool(d.Trips))
	return nil
}

// remove forgets an agent of which nothing is left.
func (w *fleetWork) remove(el *fleetAgent) {
	d := w.t.Data
	d.Ended = slices.Insert(d.Ended, 0, EndedAgent{Agent: el.Name, State: el.State, Why: el.Data.Why, At: w.t.Now})
	d.Ended = d.Ended[:min(len(d.Ended), keptEnded)]
	w.f.agents.Remove(w.t, el)
}

// census counts the agents.
func (w *fleetWork) census() census {
	n := func(states ...AgentState) int { return w.f.agents.Count(w.t, states...) }
	return census{
		coming: n(AgentLaunching, AgentBooting), up: n(AgentReady, AgentBusy, AgentIdle), suspect: n(AgentSuspect),
		draining: n(AgentDraining), over: n(AgentStopped, AgentTerminated),
	}
}

// scale does what is to be done about the number of agents.
func (w *fleetWork) scale() error {
	d := w.t.Data
	v := fleetView{&w.f.options, w.t.Now, w.t.State, d, w.census()}
	p := v.plan()
	d.Low, d.Peak = p.low, p.peak
	if !p.at.IsZero() {
		w.t.Wake(max(p.at.Sub(w.t.Now), time.Microsecond))
	}
	for range p.launch {
		if err := w.launch(); err != nil {
			return err
		}
	}
	if p.drain == 0 {
		return nil
	}
	for _, el := range w.idlest(p.drain) {
		e := agentDrain
		if el.State == AgentLaunching || el.State == AgentBooting {
			e = agentTerminate
		}
		if err := w.fire(el, e, notWanted); err != nil {
			return err
		}
		if err := w.look(el); err != nil {
			return err
		}
	}
	return nil
}

// launch has one more agent launched. It is called what its token is, so that who reports can be told without asking anybody; a fleet never uses
// a name again, so that it serves for an idempotency key as well.
func (w *fleetWork) launch() error {
	d := w.t.Data
	d.Launched++
	name := w.f.name + "." + d.Nonce + "-" + strconv.Itoa(d.Launched)
	w.f.agents.Add(w.t, name, 0, FleetAgent{})
	return w.f.requests.Request(w.t, name, w.t.Key, provisioning.Spec{
		ID: agentResource, Type: w.f.Records.Name(), Config: AgentSpec{Fleet: w.f.name, Width: w.f.options.Width},
	})
}

// idlest returns those agents that are missed least: those that are not there yet, then those that have had nothing to do for the longest time, then
// those that have the least to do.
func (w *fleetWork) idlest(n int) []*fleetAgent {
	order := []AgentState{AgentLaunching, AgentBooting, AgentReady, AgentIdle, AgentBusy}
	all := slices.SortedStableFunc(w.f.agents.Select(w.t, nil, order...), func(a, b *fleetAgent) int {
		return cmp.Or(
			cmp.Compare(rank(order, a.State), rank(order, b.State)),
			cmp.Compare(a.Data.Busy, b.Data.Busy),
			a.Since.Compare(b.Since),
		)
	})
	return all[:min(n, len(all))]
}

// rank is the place of a state, the same for those in which an agent has nothing to do.
func rank(order []AgentState, s AgentState) int {
	if s == AgentReady {
		s = AgentIdle
	}
	return slices.Index(order, s)
}

// tell tells how many places there are, if that has changed.
func (w *fleetWork) tell() {
	d := w.t.Data
	places := w.census().up * w.f.options.Width
	if places == d.Places {
		return
	}
	d.Places = places
	if w.f.options.Capacity != nil {
		w.f.options.Capacity(w.t, places)
	}
}

// clipped is a text that can be kept.
func clipped(why string) string { return text.Clip(why, maxWhy) }
