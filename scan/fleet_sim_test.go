package scan

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// A day with a provider that fails, doubles and loses its answers, lists late and leaves machines without agents, and with agents that die, hang and
// end by themselves, while the demand changes and the program is stopped and started. In the end there is nothing to do, and then nothing is left.
func TestFleetSimulation(t *testing.T) {
	t.Parallel()
	seeds := 6
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(uint64(seed), 8))
			o := FleetOptions{Min: rnd.IntN(2), Max: 3 + rnd.IntN(4), Width: 1 + rnd.IntN(2)}
			fleetEstate(t, o, func(r *fleetRig) { simulateFleet(r, rnd, o) })
		})
	}
}

func simulateFleet(r *fleetRig, rnd *rand.Rand, o FleetOptions) {
	p := r.cloud
	luck := rand.New(rand.NewPCG(rnd.Uint64(), 8)) // under the provider's lock
	share := func(percent int) bool { return luck.IntN(100) < percent }
	bad := true
	p.be(func() {
		p.every = 40 * time.Second
		p.born = func(m *fakeMachine) {
			p.boot = time.Duration(luck.IntN(300)) * time.Second
			m.dead = bad && share(15)
		}
		p.launch = func() (error, bool) {
			switch {
			case !bad:
				return nil, true
			case share(10):
				return Fail(errCloudQuota), share(50)
			default:
				return pick(share(30), errCloudAway), share(50)
			}
		}
		p.terminate = func() error { return pick(bad && share(30), errCloudAway) }
		p.unlisted = func(string) bool { return bad && share(30) }
	})
	for i := range 100 {
		if i%20 == 10 { // nobody is there for a while
			r.stop()
			r.pass(time.Duration(rnd.IntN(10*60)) * time.Second)
			r.start(o)
		}
		r.pass(time.Duration(rnd.IntN(10*60)) * time.Second)
		r.demand(rnd.IntN(10), rnd.IntN(10))
		for _, m := range p.running() {
			p.be(func() {
				m.busy = rnd.IntN(2)
				switch rnd.IntN(60) {
				case 0:
					m.dead = true
				case 1:
					m.hung, m.busy = true, 1
				case 2:
					m.says.Idle = true
				case 3:
					p.endLocked(m)
				}
				if share(2) {
					p.extra = append(p.extra, Instance{Token: fmt.Sprint("web.zombie-", rnd.Int())})
				}
			})
		}
		alive := 0
		for el, err := range r.fleet.Agents(r.Context()) {
			r.do(err)
			if !el.State.Over() {
				alive++
			}
		}
		if alive > o.Max {
			r.Fatalf("%d agents are alive; at most %d are right", alive, o.Max)
		}
	}
	p.be(func() { bad = false })
	r.demand(0, 0)
	for range 10 {
		r.pass(20 * time.Minute)
		p.be(func() {
			for _, m := range p.machines {
				m.busy = 0
			}
		})
	}
	if got, want := len(p.running()), o.Min; got != want || len(p.extra) > 0 || want == 0 && r.states() != "" {
		r.Errorf("in the end %d machines run, with agents %q, and %v; %d machines are right\n%s", got, r.states(), p.extra, want, r.log)
	}
	if p.most > 2*o.Max {
		r.Errorf("%d machines ran at a time; at most %d are right", p.most, 2*o.Max)
	}
	for req, err := range r.fleet.requests.Requests.List(r.Context(), nil) {
		r.do(err)
		if req.State != "deprovisioned" && !strings.HasPrefix(string(req.State), "provision") {
			r.Errorf("request %s is %s: %s", req.Key.ID, req.State, req.Data.Error)
		}
	}
	seen := map[string]bool{}
	for _, token := range p.launches {
		if seen[token] {
			r.Errorf("%s was launched twice", token)
		}
		seen[token] = true
	}
	if len(p.launches) < 10 {
		r.Errorf("only %d were launched in all", len(p.launches))
	}
}

// pick returns err or nil.
func pick(is bool, err error) error {
	if is {
		return err
	}
	return nil
}
