package scan

import (
	"fmt"
	"time"
)

// An agentView is all that decides what becomes of an agent.
type agentView struct {
	o     *FleetOptions
	now   time.Time
	state AgentState
	until time.Time // when its time in the state is up; zero: never
	a     *FleetAgent
}

// next says which event is next for an agent, and why; none: at says when to look again, zero: when its state's time is up.
func (v *agentView) next() (e agentEvent, why string, at time.Time) {
	switch {
	case v.state.Over():
		return "", "", time.Time{}
	case v.a.Ended != "":
		return agentStop, v.a.Ended, time.Time{}
	case v.a.Lost != "":
		return agentTerminate, v.a.Lost, time.Time{}
	case v.state == AgentLaunching && v.a.Beat.IsZero() && v.a.Launched:
		return agentBoot, "the launcher says that it is on its way", time.Time{}
	case v.state == AgentDraining && !v.now.Before(v.a.Drain):
		return agentTerminate, fmt.Sprintf("it has not drained within %v", v.o.Drain), time.Time{}
	}
	trouble, at := v.trouble()
	switch {
	case v.a.Beat.IsZero():
		return v.wait()
	case v.state == AgentLaunching || v.state == AgentBooting:
		return agentAppear, "it has reported", time.Time{}
	case trouble == "":
		return v.goOn(at)
	case v.state == AgentSuspect:
		return v.wait()
	default:
		return agentSuspect, trouble, time.Time{}
	}
}

// wait is about one of which nothing good is heard.
func (v *agentView) wait() (agentEvent, string, time.Time) {
	if v.until.IsZero() || v.now.Before(v.until) {
		return "", "", time.Time{}
	}
	switch v.state {
	case AgentLaunching:
		return agentTerminate, fmt.Sprintf("it could not be launched: nobody knows what came of it after %v", v.o.Launch+launchLate), time.Time{}
	case AgentBooting:
		return agentTerminate, fmt.Sprintf("it was launched, and has not reported within %v", v.o.Boot), time.Time{}
	default:
		return agentTerminate, v.a.Why, time.Time{}
	}
}

// goOn is about one that beats and gets further.
func (v *agentView) goOn(at time.Time) (agentEvent, string, time.Time) {
	busy := v.a.Busy > 0
	switch {
	case v.state == AgentDraining:
		return "", "", earlier(at, v.a.Drain)
	case v.state == AgentSuspect && !v.a.Drain.IsZero():
		return agentDrain, "it is back, and is still to drain", time.Time{}
	case busy && v.state != AgentBusy:
		return agentWork, "it has something to do", time.Time{}
	case !busy && (v.state == AgentBusy || v.state == AgentSuspect):
		return agentRest, "it has nothing to do", time.Time{}
	default:
		return "", "", at
	}
}

// trouble says what is wrong with an agent that has beaten; empty: nothing is, and at says until when, if nothing is heard of it.
func (v *agentView) trouble() (what string, at time.Time) {
	silent, stuck := v.a.Beat.Add(v.o.Silence), v.a.Moved.Add(v.o.Stuck)
	switch {
	case !v.now.Before(silent):
		return fmt.Sprintf("it was silent for %v", v.o.Silence), at
	case v.a.Busy == 0:
		return "", silent
	case !v.now.Before(stuck):
		return fmt.Sprintf("it was busy for %v and did not get any further", v.o.Stuck), at
	default:
		return "", earlier(silent, stuck)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
