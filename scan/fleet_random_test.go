package scan

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var agentStates = agentMachine.States()

// drawAgent draws any agent that there can be, as it is at now.
func drawAgent(t *rapid.T, o *FleetOptions, now time.Time) *agentView {
	ago := func(label string) time.Time {
		return now.Add(-time.Duration(rapid.IntRange(0, 90).Draw(t, label)) * time.Minute)
	}
	v := &agentView{o: o, now: now, state: rapid.SampledFrom(agentStates).Draw(t, "state"), a: &FleetAgent{Launched: rapid.Bool().Draw(t, "launched")}}
	if limit := o.timeout(v.state, v.a); limit > 0 {
		v.until = ago("since").Add(limit)
	}
	unborn := v.state == AgentLaunching || v.state == AgentBooting || v.state == AgentTerminated
	if !unborn || rapid.Bool().Draw(t, "has beaten") {
		v.a.Beat = ago("beat")
		v.a.Moved = ago("moved")
		v.a.Busy = rapid.IntRange(0, 2).Draw(t, "busy")
	}
	if v.state == AgentDraining || v.state == AgentSuspect && rapid.Bool().Draw(t, "drains") {
		v.a.Drain = ago("drain").Add(o.Drain)
	}
	v.a.Ended = rapid.SampledFrom([]string{"", "", "", "ended"}).Draw(t, "ended")
	v.a.Lost = rapid.SampledFrom([]string{"", "", "", "lost"}).Draw(t, "lost")
	return v
}

// settle moves an agent until it has to wait, as a turn does, and returns until when.
func settle(t *rapid.T, v *agentView) time.Time {
	for range len(agentStates) {
		e, why, at := v.next()
		if e == "" {
			if at.IsZero() {
				at = v.until
			}
			return at
		}
		if why == "" && v.state != AgentSuspect {
			t.Fatalf("%s: %s without a reason", v.state, e)
		}
		next, err := agentMachine.Step(v.state, e)
		if err != nil {
			t.Fatal(err)
		}
		v.state, v.until = next, time.Time{}
		if limit := v.o.timeout(next, v.a); limit > 0 {
			v.until = v.now.Add(limit)
		}
	}
	t.Fatalf("it never comes to rest, now in %s", v.state)
	return time.Time{}
}

// Whatever is known of an agent, it is over or has a deadline, and if nothing more is heard of it it is over in the end.
func TestEveryAgentEnds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := testFleetOptions(FleetOptions{})
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		v := drawAgent(t, o, begin)
		for range len(agentStates) {
			at := settle(t, v)
			if v.state.Over() {
				return
			}
			if !at.After(v.now) {
				t.Fatalf("%s at %v: it is to be looked at again at %v", v.state, v.now, at)
			}
			v.now = at
		}
		t.Fatalf("it is still %s after %v", v.state, v.now.Sub(begin))
	})
}

// However a fleet is, what is planned keeps to its bounds.
func TestEveryPlanIsBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := func(label string, most int) int { return rapid.IntRange(0, most).Draw(t, label) }
		o := testFleetOptions(FleetOptions{Min: n("min", 3), Max: 3 + n("max", 5), Width: 1 + n("width", 3)})
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		r := &FleetRecord{Waiting: n("waiting", 40), Held: n("held", 40), Failures: n("failures", 5), Peak: n("peak", 8)}
		if rapid.Bool().Draw(t, "low") {
			r.Low = now.Add(-time.Duration(n("low since", 20)) * time.Minute)
		}
		has := census{coming: n("coming", 4), up: n("up", 4), suspect: n("suspect", 2), draining: n("draining", 4), over: n("over", 9)}
		v := fleetView{o, now, rapid.SampledFrom([]FleetState{FleetSteady, FleetTripped, FleetProbing}).Draw(t, "state"), r, has}
		p := v.plan()
		there := has.staying() + has.draining
		switch {
		case p.launch < 0 || p.drain < 0 || p.launch > 0 && p.drain > 0:
			t.Fatalf("%+v", p)
		case p.launch > 0 && (there+p.launch > o.Max || there+has.over+p.launch > 2*o.Max || has.staying()+p.launch > v.wanted()):
			t.Fatalf("too many: %+v", p)
		case p.launch > 0 && v.state == FleetTripped, p.launch+has.coming > 1 && p.launch > 0 && v.state == FleetProbing:
			t.Fatalf("in spite of the breaker: %+v", p)
		case p.drain > 0 && (has.staying()-p.drain < v.wanted() || r.Low.IsZero() || now.Sub(r.Low) < o.Idle):
			t.Fatalf("too few: %+v", p)
		case has.staying() > v.wanted() && !p.at.After(now):
			t.Fatalf("some are not needed, and nobody looks again: %+v", p)
		case v.state == FleetSteady && r.Failures == 0 && has.over == 0 && there < o.Max && has.staying() < v.wanted() && p.launch == 0:
			t.Fatalf("nothing is launched: %+v", p)
		}
	})
}
