package scan

import (
	"strings"
	"testing"
	"time"
)

func testFleetOptions(o FleetOptions) *FleetOptions {
	o.fill()
	return &o
}

// What is next for an agent, at minute 60, from what is known of it. Times are in minutes.
func TestNextOfAnAgent(t *testing.T) {
	t.Parallel()
	at := func(minute float64) time.Time {
		return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(minute * float64(time.Minute)))
	}
	o := testFleetOptions(FleetOptions{})
	for _, c := range []struct {
		name  string
		state AgentState
		until float64
		a     FleetAgent
		event agentEvent
		why   string
		again float64 // zero: when the state's time is up
	}{
		{"launching", AgentLaunching, 61, FleetAgent{}, "", "", 0},
		{"launched", AgentLaunching, 61, FleetAgent{Launched: true}, agentBoot, "on its way", 0},
		{"beats before it is launched", AgentLaunching, 61, FleetAgent{Beat: at(60), Moved: at(60)}, agentAppear, "reported", 0},
		{"launch lost", AgentLaunching, 60, FleetAgent{}, agentTerminate, "nobody knows what came of it after 12m0s", 0},
		{"launch failed", AgentLaunching, 61, FleetAgent{Lost: "no quota"}, agentTerminate, "no quota", 0},
		{"booting", AgentBooting, 61, FleetAgent{Launched: true}, "", "", 0},
		{"boots for ever", AgentBooting, 60, FleetAgent{Launched: true}, agentTerminate, "not reported within 10m0s", 0},
		{"booted in the last moment", AgentBooting, 60, FleetAgent{Launched: true, Beat: at(60), Moved: at(60)}, agentAppear, "reported", 0},
		{"gone while it boots", AgentBooting, 61, FleetAgent{Launched: true, Lost: "gone"}, agentTerminate, "gone", 0},
		{"ready", AgentReady, 0, FleetAgent{Beat: at(59), Moved: at(59)}, "", "", 61},
		{"begins", AgentReady, 0, FleetAgent{Beat: at(59), Moved: at(58), Busy: 1}, agentWork, "something", 0},
		{"begins again", AgentIdle, 0, FleetAgent{Beat: at(59), Moved: at(58), Busy: 1}, agentWork, "something", 0},
		{"idle", AgentIdle, 0, FleetAgent{Beat: at(59.5), Moved: at(1)}, "", "", 61.5},
		{"busy", AgentBusy, 0, FleetAgent{Beat: at(60), Moved: at(59), Busy: 1}, "", "", 62},
		{"nearly stuck", AgentBusy, 0, FleetAgent{Beat: at(60), Moved: at(51), Busy: 1}, "", "", 61},
		{"stuck", AgentBusy, 0, FleetAgent{Beat: at(60), Moved: at(50), Busy: 1}, agentSuspect, "did not get any further", 0},
		{"has nothing to do any more", AgentBusy, 0, FleetAgent{Beat: at(60), Moved: at(60)}, agentRest, "nothing", 0},
		{"silent and busy", AgentBusy, 0, FleetAgent{Beat: at(58), Moved: at(58), Busy: 1}, agentSuspect, "silent for 2m0s", 0},
		{"silent", AgentIdle, 0, FleetAgent{Beat: at(58), Moved: at(58)}, agentSuspect, "silent for 2m0s", 0},
		{"still silent", AgentSuspect, 61, FleetAgent{Beat: at(57), Moved: at(57)}, "", "", 0},
		{"silent for too long", AgentSuspect, 60, FleetAgent{Beat: at(56), Moved: at(56), Why: "why"}, agentTerminate, "why", 0},
		{"still stuck", AgentSuspect, 61, FleetAgent{Beat: at(60), Moved: at(49), Busy: 1}, "", "", 0},
		{"stuck for too long", AgentSuspect, 60, FleetAgent{Beat: at(60), Moved: at(48), Busy: 1, Why: "why"}, agentTerminate, "why", 0},
		{"comes back in the last moment", AgentSuspect, 60, FleetAgent{Beat: at(60), Moved: at(60)}, agentRest, "", 0},
		{"comes back and works", AgentSuspect, 61, FleetAgent{Beat: at(60), Moved: at(60), Busy: 1}, agentWork, "", 0},
		{"comes back to drain", AgentSuspect, 61, FleetAgent{Beat: at(60), Moved: at(60), Busy: 1, Drain: at(70)}, agentDrain, "", 0},
		{"drains", AgentDraining, 99, FleetAgent{Beat: at(60), Moved: at(60), Busy: 1, Drain: at(70)}, "", "", 62},
		{"drains a last minute", AgentDraining, 99, FleetAgent{Beat: at(60), Moved: at(60), Busy: 1, Drain: at(61)}, "", "", 61},
		{"has not drained", AgentDraining, 99, FleetAgent{Beat: at(60), Moved: at(60), Busy: 1, Drain: at(60)}, agentTerminate, "not drained within 1h0m0s", 0},
		{"silent while it drains", AgentDraining, 99, FleetAgent{Beat: at(58), Moved: at(58), Busy: 1, Drain: at(70)}, agentSuspect, "silent", 0},
		{"has drained", AgentDraining, 99, FleetAgent{Beat: at(60), Ended: "drained", Drain: at(60)}, agentStop, "drained", 0},
		{"suspect and has ended", AgentSuspect, 60, FleetAgent{Beat: at(60), Ended: "idle"}, agentStop, "idle", 0},
		{"stopped", AgentStopped, 0, FleetAgent{Beat: at(1), Ended: "idle", Lost: "gone"}, "", "", 0},
		{"terminated", AgentTerminated, 0, FleetAgent{Lost: "gone"}, "", "", 0},
	} {
		v := agentView{o, at(60), c.state, at(c.until), &c.a}
		if c.until == 0 {
			v.until = time.Time{}
		}
		e, why, again := v.next()
		want := at(c.again)
		if c.again == 0 {
			want = time.Time{}
		}
		if e != c.event || !strings.Contains(why, c.why) || !again.Equal(want) {
			t.Errorf("%s: got %q, %q, again %v; %q, %q, %v is right", c.name, e, why, again, c.event, c.why, want)
		}
		if e == "" {
			continue
		}
		if _, err := agentMachine.Step(c.state, e); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
