package scan

import (
	"testing"
	"time"
)

func TestPlanOfAFleet(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	ago := func(minutes int) time.Time { return now.Add(-time.Duration(minutes) * time.Minute) }
	o := FleetOptions{Max: 5, Width: 2}
	least := FleetOptions{Min: 2, Max: 5, Width: 2}
	for _, c := range []struct {
		name  string
		o     FleetOptions
		state FleetState
		r     FleetRecord
		has   census
		want  fleetPlan
	}{
		{name: "nothing to do", o: o},
		{name: "at least", o: least, want: fleetPlan{launch: 2}},
		{name: "half an agent more", o: o, r: FleetRecord{Waiting: 1, Held: 2}, want: fleetPlan{launch: 2}},
		{name: "at most", o: o, r: FleetRecord{Waiting: 1 << 62, Held: 1 << 62}, want: fleetPlan{launch: 5}},
		{name: "some are coming", o: o, r: FleetRecord{Waiting: 8}, has: census{coming: 2, up: 1}, want: fleetPlan{launch: 1}},
		{name: "a suspect may come back", o: o, r: FleetRecord{Waiting: 2}, has: census{suspect: 1}},
		{name: "one that drains is replaced", o: o, r: FleetRecord{Waiting: 2}, has: census{draining: 1}, want: fleetPlan{launch: 1}},
		{name: "those that drain count", o: o, r: FleetRecord{Waiting: 10}, has: census{up: 1, draining: 3}, want: fleetPlan{launch: 1}},
		{name: "one that is over does not", o: o, r: FleetRecord{Waiting: 10}, has: census{over: 1}, want: fleetPlan{launch: 5}},
		{name: "too many that are over do", o: o, r: FleetRecord{Waiting: 10}, has: census{over: 8}, want: fleetPlan{launch: 2}},
		{name: "far too many", o: o, r: FleetRecord{Waiting: 10}, has: census{over: 11}},

		{name: "one has failed", o: o, r: FleetRecord{Waiting: 10, Failures: 1}, want: fleetPlan{launch: 2}},
		{name: "one has failed and one is coming", o: o, r: FleetRecord{Waiting: 10, Failures: 1}, has: census{coming: 1}, want: fleetPlan{launch: 1}},
		{name: "tripped", o: o, state: FleetTripped, r: FleetRecord{Waiting: 10, Failures: 3}, has: census{up: 1}},
		{name: "tripped when fewer failures were enough", o: o, state: FleetTripped, r: FleetRecord{Waiting: 10, Failures: 1}},
		{name: "probing", o: o, state: FleetProbing, r: FleetRecord{Waiting: 10, Failures: 3}, has: census{up: 1}, want: fleetPlan{launch: 1}},
		{name: "probed", o: o, state: FleetProbing, r: FleetRecord{Waiting: 10, Failures: 3}, has: census{coming: 1}},
		{name: "no breaker", o: FleetOptions{Max: 5, Breaker: FleetBreaker{Failures: -1}}, r: FleetRecord{Waiting: 10, Failures: 30}, want: fleetPlan{launch: 5}},

		{name: "more than is needed", o: o, r: FleetRecord{Held: 2}, has: census{up: 3}, want: fleetPlan{low: now, peak: 1, at: ago(-10)}},
		{name: "for a while", o: o, r: FleetRecord{Held: 2, Low: ago(9), Peak: 1}, has: census{up: 3}, want: fleetPlan{low: ago(9), peak: 1, at: ago(-1)}},
		{name: "more were needed in between", o: o, r: FleetRecord{Held: 4, Low: ago(9), Peak: 1}, has: census{up: 3}, want: fleetPlan{low: ago(9), peak: 2, at: ago(-1)}},
		{name: "for long enough", o: o, r: FleetRecord{Held: 2, Low: ago(10), Peak: 2}, has: census{up: 4}, want: fleetPlan{drain: 2, low: now, peak: 1, at: ago(-10)}},
		{name: "all are needed again", o: o, r: FleetRecord{Held: 6, Low: ago(10), Peak: 2}, has: census{up: 3}},
		{name: "fewer than at the peak are left", o: o, r: FleetRecord{Held: 2, Low: ago(10), Peak: 4}, has: census{up: 3}, want: fleetPlan{low: now, peak: 1, at: ago(-10)}},
		{name: "at least, whatever there is to do", o: least, r: FleetRecord{Low: ago(10)}, has: census{up: 3}, want: fleetPlan{drain: 1, low: now, peak: 2, at: ago(-10)}},
	} {
		if c.state == "" {
			c.state = FleetSteady
		}
		v := fleetView{testFleetOptions(c.o), now, c.state, &c.r, c.has}
		if got := v.plan(); got != c.want {
			t.Errorf("%s: got %+v; %+v is right", c.name, got, c.want)
		}
	}
}

func TestBreakerCoolsLonger(t *testing.T) {
	t.Parallel()
	b := FleetBreaker{Cool: time.Minute, Most: time.Hour}
	for n, want := range map[int]time.Duration{0: time.Minute, 1: time.Minute, 2: 2 * time.Minute, 6: 32 * time.Minute, 7: time.Hour, 1000: time.Hour} {
		if got := b.cool(n); got != want {
			t.Errorf("the %dth time: %v; %v is right", n, got, want)
		}
	}
}
