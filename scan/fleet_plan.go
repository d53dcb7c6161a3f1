package scan

import "time"

// A census is how many agents of a fleet are how far.
type census struct {
	coming   int // launching and booting
	up       int // ready, busy and idle
	suspect  int
	draining int
	over     int // stopped and terminated, and perhaps still there
}

// staying is how many there are, or will be, that nobody has sent away.
func (c census) staying() int { return c.coming + c.up + c.suspect }

// A fleetView is all that decides how many agents are launched and sent away.
type fleetView struct {
	o     *FleetOptions
	now   time.Time
	state FleetState
	r     *FleetRecord
	has   census
}

// A fleetPlan is what is done about the number of agents.
type fleetPlan struct {
	launch, drain int
	// low and peak are those of the record from now on.
	low  time.Time
	peak int
	// at is when to look again; zero: when something happens.
	at time.Time
}

// wanted is how many agents are needed for what there is to do.
func (v *fleetView) wanted() int {
	demand := min(v.r.Waiting, v.o.Max*v.o.Width) + min(v.r.Held, v.o.Max*v.o.Width)
	return min(max((demand+v.o.Width-1)/v.o.Width, v.o.Min), v.o.Max)
}

// plan says what is done about the number of agents: more are launched at once, fewer are kept only when fewer have been enough for a while.
func (v *fleetView) plan() fleetPlan {
	wanted, staying := v.wanted(), v.has.staying()
	if staying <= wanted {
		return fleetPlan{launch: v.launch(wanted - staying)}
	}
	p := fleetPlan{low: v.r.Low, peak: max(v.r.Peak, wanted)}
	if p.low.IsZero() {
		p.low, p.peak = v.now, wanted
	}
	p.at = p.low.Add(v.o.Idle)
	if v.now.Before(p.at) {
		return p
	}
	p.drain = max(staying-p.peak, 0)
	p.low, p.peak, p.at = v.now, wanted, v.now.Add(v.o.Idle) // the next while
	return p
}

// launch says how many of those that are missing are launched.
func (v *fleetView) launch(missing int) int {
	there := v.has.staying() + v.has.draining
	n := min(missing, v.o.Max-there, 2*v.o.Max-there-v.has.over)
	if most := v.o.Breaker.Failures; most > 0 {
		switch {
		case v.state == FleetTripped:
			return 0
		case v.state == FleetProbing:
			n = min(n, 1-v.has.coming)
		case v.r.Failures > 0: // no more are under way than may still fail
			n = min(n, most-v.r.Failures-v.has.coming)
		}
	}
	return max(n, 0)
}

// cool is how long nothing is launched when the breaker trips for the nth time.
func (b *FleetBreaker) cool(n int) time.Duration {
	if n = max(n, 1) - 1; n < 62 && b.Cool<<n>>n == b.Cool {
		return min(b.Cool<<n, b.Most)
	}
	return b.Most
}
