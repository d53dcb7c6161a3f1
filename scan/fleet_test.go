package scan

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/memory"
)

func TestFleetFollowsDemand(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 3, Width: 2}, func(r *fleetRig) {
		r.pass(5 * time.Second)
		r.want("", 0, 0)
		r.demand(3, 0)
		r.pass(10 * time.Second)
		r.want("2 booting", 2, 0)
		r.pass(2 * time.Minute)
		r.want("2 ready", 2, 4)
		r.cloud.be(func() { r.cloud.machines[r.cloud.launches[0]].busy = 2 })
		r.demand(1, 2)
		r.pass(time.Minute)
		r.want("1 busy, 1 ready", 2, 4)
		r.demand(20, 4) // more than there may be
		r.pass(2 * time.Minute)
		r.want("1 busy, 2 ready", 3, 6)
		r.cloud.be(func() { r.cloud.machines[r.cloud.launches[0]].busy = 1 })
		r.demand(0, 1)
		r.pass(9 * time.Minute)
		r.want("1 busy, 2 ready", 3, 6)
		r.pass(2 * time.Minute)
		r.want("1 busy", 1, 2)
		r.cloud.be(func() { r.cloud.machines[r.cloud.launches[0]].busy = 0 })
		r.demand(0, 0)
		r.pass(time.Minute)
		r.want("1 idle", 1, 2)
		r.pass(10 * time.Minute)
		r.want("", 0, 0)
		pool, err := r.askers.Get(t.Context(), "pool")
		r.do(err)
		for i, n := range pool.Data.Told {
			if i > 0 && pool.Data.Told[i-1] == n {
				t.Errorf("the pool was told %v", pool.Data.Told)
			}
		}
		if ended := r.record().Data.Ended; len(ended) != 3 || ended[0].Why != "it has drained" || ended[0].State != AgentStopped {
			t.Errorf("remembers %+v", ended)
		}
	})
}

// What wants fewer agents for a moment only sends none away, and what wants more gets them at once.
func TestFleetDoesNotFlap(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 4}, func(r *fleetRig) {
		r.demand(4, 0)
		r.pass(2 * time.Minute)
		for range 20 {
			r.demand(0, 1)
			r.pass(8 * time.Minute)
			r.demand(2, 1)
			r.pass(time.Minute)
		}
		r.want("3 ready", 3, 3)
		if n := r.cloud.launched(); n != 4 {
			t.Errorf("%d were launched; 4 are right", n)
		}
	})
}

// Those that are not there yet are the first that are not needed any more, and that is no failure of theirs.
func TestFleetTakesLaunchesBack(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 4, Idle: time.Minute}, func(r *fleetRig) {
		r.demand(1, 0)
		r.pass(2 * time.Minute)
		r.cloud.be(func() { r.cloud.boot = time.Hour })
		r.demand(4, 0)
		r.pass(10 * time.Second)
		r.want("3 booting, 1 ready", 4, 1)
		r.demand(0, 1)
		r.pass(2 * time.Minute)
		r.want("1 ready", 1, 1)
		if rec := r.record(); rec.State != FleetSteady || rec.Data.Failures != 0 {
			t.Errorf("the fleet is %s after %d failures", rec.State, rec.Data.Failures)
		}
	})
}

func TestFleetKeepsAFew(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Min: 2, Max: 3}, func(r *fleetRig) {
		r.pass(3 * time.Minute)
		r.want("2 ready", 2, 2)
		r.cloud.be(func() { r.cloud.machines[r.cloud.launches[0]].says.Idle = true })
		r.pass(20 * time.Second)
		r.want("1 booting, 1 ready", 2, 1)
		r.pass(2 * time.Minute)
		r.want("2 ready", 2, 2)
	})
}

// A machine that runs on with its agent dead is terminated and replaced, after its agent had the time to come back.
func TestFleetReplacesTheLost(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(m *fakeMachine){
		"silent": func(m *fakeMachine) { m.dead = true },
		"stuck":  func(m *fakeMachine) { m.hung, m.busy = true, 1 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleetEstate(t, FleetOptions{Silence: 10 * time.Minute, Suspect: 5 * time.Minute}, func(r *fleetRig) {
				r.demand(1, 0)
				r.pass(2 * time.Minute)
				first := r.cloud.running()[0]
				r.cloud.be(func() { lose(first) })
				r.pass(11 * time.Minute)
				r.want("1 suspect", 1, 0)
				r.cloud.be(func() { first.dead, first.hung, first.busy = false, false, 0 })
				r.pass(time.Minute)
				r.want("1 idle", 1, 1)
				r.cloud.be(func() { lose(first) })
				r.pass(15*time.Minute + 30*time.Second)
				r.want("1 booting", 1, 0)
				r.pass(2 * time.Minute)
				r.want("1 ready", 1, 1)
				if now := r.cloud.running()[0]; now == first {
					t.Error("it is the same machine")
				}
			})
		})
	}
}

// An agent whose machine ends is not waited for.
func TestFleetHearsOfTheProvider(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Silence: 10 * time.Hour, Sweep: time.Minute}, func(r *fleetRig) {
		r.demand(1, 0)
		r.pass(2 * time.Minute)
		r.cloud.be(func() { r.cloud.endLocked(r.cloud.machines[r.cloud.launches[0]]) })
		r.pass(3 * time.Minute)
		r.want("1 ready", 1, 1)
		if n := r.cloud.launched(); n != 2 {
			t.Errorf("%d were launched; 2 are right", n)
		}
	})
}

// Launches that fail stop, are tried one at a time, and go on when one has succeeded. Those who wait learn why.
func TestFleetBreaker(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		bad   func(p *fakeProvider)
		good  func(p *fakeProvider)
		cause string
		most  int // launches in five hours: three at first, then one after 1, 2, 4 … 60 minutes and what each takes to fail
	}{
		"refused": {
			bad:   func(p *fakeProvider) { p.launch = func() (error, bool) { return Fail(errCloudQuota), false } },
			good:  func(p *fakeProvider) { p.launch = nil },
			cause: "the quota is used up",
			most:  14,
		},
		"away": {
			bad:   func(p *fakeProvider) { p.launch = func() (error, bool) { return errCloudAway, false } },
			good:  func(p *fakeProvider) { p.launch = nil },
			cause: "given up after 5 failed calls: the cloud is away",
			most:  14,
		},
		"a bad image": {
			bad:   func(p *fakeProvider) { p.boot = 100 * time.Hour },
			good:  func(p *fakeProvider) { p.boot = time.Minute },
			cause: "not reported within 10m0s",
			most:  12,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fleetEstate(t, FleetOptions{Max: 3}, func(r *fleetRig) {
				if why, err := r.fleet.Trouble(t.Context()); why != "" || err != nil {
					t.Errorf("before there was anything to do, the trouble is %q, %v", why, err)
				}
				r.cloud.be(func() { c.bad(r.cloud) })
				r.demand(9, 0)
				r.pass(5 * time.Hour)
				rec := r.record()
				if rec.Data.Launched > c.most || rec.Data.Launched < 10 || !strings.Contains(rec.Data.Cause, c.cause) {
					t.Errorf("%d were launched, the last failed because of %q; at most %d and %q are right", rec.Data.Launched, rec.Data.Cause, c.most, c.cause)
				}
				why, err := r.fleet.Trouble(t.Context())
				if err != nil || !strings.Contains(why, c.cause) {
					t.Errorf("the trouble is %q, %v", why, err)
				}
				if e, err := r.fleet.Explain(t.Context()); err != nil || !strings.Contains(e.String(), c.cause) {
					t.Errorf("it explains %v, %v", e, err)
				}
				r.cloud.be(func() { c.good(r.cloud) })
				r.pass(75 * time.Minute)
				r.want("3 ready", 3, 3)
				if d := r.record().Data; d.Trips != 0 || d.Failures != 0 || d.Cause != "" {
					t.Errorf("remembers %+v", d)
				}
				if why, err := r.fleet.Trouble(t.Context()); why != "" || err != nil {
					t.Errorf("the trouble is %q, %v", why, err)
				}
			})
		})
	}
}

// Where the launcher does not even answer in time, that is the cause.
func TestFleetGivesLaunchesUp(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Launch: 2*time.Minute + time.Second}, func(r *fleetRig) {
		r.cloud.be(func() { r.cloud.stalled = true })
		r.demand(1, 0)
		r.pass(3 * time.Minute)
		if d := r.record().Data; d.Failures != 1 || !strings.Contains(d.Cause, "its time is up") {
			t.Errorf("got %+v", d)
		}
	})
}

// Who has the least to do goes first, and of those the one that has had nothing to do for the longest time.
func TestFleetSendsTheIdlestAway(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 4, Width: 2, Idle: 3 * time.Minute}, func(r *fleetRig) {
		r.demand(8, 0)
		r.pass(2 * time.Minute)
		ms := r.cloud.running()
		for i, busy := range []int{2, 1, 1, 1} {
			r.cloud.be(func() { ms[i].busy = busy })
		}
		r.pass(time.Minute)
		r.cloud.be(func() { ms[3].busy = 0 })
		r.pass(time.Minute)
		r.cloud.be(func() { ms[2].busy = 0 })
		for gone := range 3 {
			held := 6 - 2*gone
			r.demand(0, held)
			r.pass(4 * time.Minute)
			goes := ms[3-gone]
			if goes.told == Work {
				t.Errorf("with %d to do, %s was told to %s; the agents are %q", held, goes.token, goes.told, r.states())
			}
			for _, m := range ms[:3-gone] {
				if m.told != Work {
					t.Errorf("with %d to do, %s was told to %s", held, m.token, m.told)
				}
			}
		}
	})
}

// Nobody has to say anything for time to be up.
func TestFleetWatchesTheClock(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Silence: 40 * time.Minute}, func(r *fleetRig) {
		r.cloud.be(func() { r.cloud.every = 30 * time.Minute })
		r.demand(1, 0)
		r.pass(2 * time.Minute)
		r.demand(0, 0)
		r.pass(9 * time.Minute)
		r.want("1 ready", 1, 1)
		r.pass(2 * time.Minute)
		r.want("1 draining", 1, 0)
		r.cloud.be(func() { r.cloud.machines[r.cloud.launches[0]].dead = true })
		r.pass(30 * time.Minute)
		r.want("1 suspect", 1, 0)
		r.pass(3 * time.Minute)
		r.want("", 0, 0)
	})
}

// What a launcher says of its errors is heard.
func TestLaunchErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		is   Instance
		err  error
		want any
	}{
		{"launched", Instance{ID: "i-1"}, nil, nil},
		{"ended", Instance{ID: "i-1", Gone: true}, nil, &provisioning.FatalError{Err: Fail(errInstanceEnded)}},
		{"fails for good", Instance{}, Fail(errCloudQuota), &provisioning.FatalError{Err: Fail(errCloudQuota)}},
		{"says when to come again", Instance{}, RetryAfter(time.Minute, errCloudAway), &provisioning.RetryError{After: time.Minute, Err: RetryAfter(time.Minute, errCloudAway)}},
		{"fails", Instance{}, errCloudAway, errCloudAway},
	} {
		a, err := launching{oneAnswer{is: c.is, err: c.err}}.Ensure(t.Context(), provisioning.Call{Config: []byte("{}")})
		if !reflect.DeepEqual(any(err), c.want) || a.Handle != c.is.ID {
			t.Errorf("%s: got %v, %#v; %#v is right", c.name, a, err, c.want)
		}
	}
	if _, err := (launching{oneAnswer{err: errors.New("not asked")}}).Ensure(t.Context(), provisioning.Call{Config: []byte("?")}); err == nil || err.Error() == "not asked" {
		t.Errorf("a broken config: %v", err)
	}
}

// oneAnswer is a launcher that always gives the same answer.
type oneAnswer struct {
	Launcher

	is  Instance
	err error
}

func (l oneAnswer) Launch(context.Context, string, AgentSpec) (Instance, error) { return l.is, l.err }

func TestFleetHas(t *testing.T) {
	t.Parallel()
	f, err := NewFleet(memory.New(nil), "web", newProvider(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"web.x-1": true, "web.": true, "web": false, "web-2.x": false, "": false, ".web.": false,
		"web.\x00": false, "web.\xff": false, "web." + strings.Repeat("x", 300): false,
	} {
		if f.Has(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

// Answers that are lost launch nothing twice, also where what was launched is not listed yet.
func TestFleetLosesAnswers(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 3, Sweep: time.Second}, func(r *fleetRig) {
		calls := 0
		r.cloud.be(func() {
			r.cloud.unlisted = func(string) bool { return true }
			r.cloud.launch = func() (error, bool) {
				if calls++; calls%3 != 0 {
					return errCloudAway, true
				}
				return nil, true
			}
		})
		r.demand(3, 0)
		r.pass(3 * time.Minute)
		r.want("3 ready", 3, 3)
		if n := r.cloud.launched(); n != 3 {
			t.Errorf("%d were launched; 3 are right", n)
		}
	})
}

// What is under the fleet's name and is not the fleet's is terminated; what is under another name is not.
func TestFleetSweeps(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 3, Sweep: time.Minute}, func(r *fleetRig) {
		r.demand(1, 0)
		r.pass(2 * time.Minute)
		r.cloud.be(func() {
			r.cloud.extra = []Instance{{Token: "web.old"}, {Token: "web.gone", Gone: true}, {Token: "web-2.x"}, {Token: "other"}, {}}
		})
		r.pass(2 * time.Minute)
		r.want("1 ready", 1, 1)
		if got := r.cloud.extra; len(got) != 4 || r.cloud.terminated["web.gone"] {
			t.Errorf("what is left is %v", got)
		}
	})
}

// What cannot be terminated is tried again until it is, and the fleet says so meanwhile.
func TestFleetTerminatesInTheEnd(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 2}, func(r *fleetRig) {
		r.demand(1, 0)
		r.pass(2 * time.Minute)
		r.cloud.be(func() {
			r.cloud.terminate = func() error { return Fail(errCloudAway) }
			r.cloud.machines[r.cloud.launches[0]].says.Idle = true
		})
		r.pass(time.Hour)
		r.want("1 ready, 1 stopped", 2, 1)
		if e, err := r.fleet.Explain(t.Context()); err != nil || !strings.Contains(e.String(), "it had nothing to do: it cannot be terminated: ") {
			t.Errorf("it explains %v, %v", e, err)
		}
		r.cloud.be(func() { r.cloud.terminate = nil })
		r.pass(10 * time.Minute)
		r.want("1 ready", 1, 1)
	})
}

// While nothing can be terminated, there are never more than twice as many machines as there may be agents.
func TestFleetIsBounded(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 2}, func(r *fleetRig) {
		r.cloud.be(func() {
			r.cloud.terminate = func() error { return Fail(errCloudAway) }
			r.cloud.born = func(m *fakeMachine) { m.says.Idle = true }
		})
		r.demand(9, 0)
		r.pass(time.Hour)
		r.want("4 stopped", 4, 0)
	})
}

func TestFleetAnswersBeats(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{Max: 3, Width: 2, Idle: time.Minute, Drain: 5 * time.Minute}, func(r *fleetRig) {
		ask := func(b Beat, want Order) {
			t.Helper()
			if got, err := r.fleet.Beat(t.Context(), b); got != want || err != nil {
				t.Errorf("to %+v it says %q, %v; %q is right", b, got, err, want)
			}
		}
		ask(Beat{Agent: "web.unknown-1"}, Stop)
		r.demand(2, 0)
		r.pass(2 * time.Minute)
		m := r.cloud.running()[0]
		r.cloud.be(func() { m.busy = 1 })
		for _, name := range []string{"", "web", "web.", "web.unknown-1", "other.x-1", m.token + "0", strings.Repeat("x", 10_000), "web." + strings.Repeat("x", 10_000), "web.\x00", "web.\xff"} {
			ask(Beat{Agent: name}, Stop)
		}
		for _, b := range []Beat{{Agent: m.token, Busy: -1}, {Agent: m.token, Width: -1}} {
			if _, err := r.fleet.Beat(t.Context(), b); !errors.Is(err, storage.ErrInvalid) {
				t.Errorf("to %+v it says %v", b, err)
			}
		}
		r.pass(10 * time.Second)
		ask(Beat{Agent: m.token, Busy: 1}, Work)
		r.demand(0, 0)
		r.pass(2 * time.Minute)
		r.want("1 draining", 1, 0)
		ask(Beat{Agent: m.token, Busy: 1}, Drain)
		r.pass(5 * time.Minute)
		r.want("", 0, 0)
		if m.told != Drain {
			t.Errorf("it was told to %s last", m.told)
		}
		ask(Beat{Agent: m.token, Busy: 1}, Stop)
	})
}

// No beat that comes late brings back an agent that has said that it ends.
func TestFleetHearsTheEnd(t *testing.T) {
	t.Parallel()
	fleetEstate(t, FleetOptions{}, func(r *fleetRig) {
		r.demand(1, 0)
		r.pass(2 * time.Minute)
		m := r.cloud.running()[0]
		r.cloud.be(func() { m.dead = true })
		r.demand(0, 0)
		r.pass(10 * time.Second)
		for _, b := range []Beat{{Agent: m.token, Idle: true}, {Agent: m.token, Busy: 1}} { // before a turn
			_, err := r.fleet.Beat(t.Context(), b)
			r.do(err)
		}
		r.pass(10 * time.Second)
		r.want("", 0, 0)
	})
}

func TestFleetRefusesOptions(t *testing.T) {
	t.Parallel()
	st, cloud := memory.New(nil), newProvider()
	for _, c := range []struct {
		name string
		o    FleetOptions
		text string
	}{
		{"web.1", FleetOptions{}, `scan: fleet "web.1": its name is not one`},
		{"", FleetOptions{}, "its name is not one"},
		{"web", FleetOptions{Min: 3, Max: 2}, "3 to 2 agents"},
		{"web", FleetOptions{Min: -1}, "-1 to 1 agents"},
		{"web", FleetOptions{Width: -1}, "width -1"},
		{"web", FleetOptions{Drain: -1}, "Drain is -1ns"},
		{"web", FleetOptions{Breaker: FleetBreaker{Cool: 2, Most: 1}}, "wait for 2ns and at most 1ns"},
	} {
		if _, err := NewFleet(st, c.name, cloud, &c.o); err == nil || !strings.Contains(err.Error(), c.text) {
			t.Errorf("got %v; %q is right", err, c.text)
		}
	}
	if _, err := NewFleet(st, "web", nil, nil); err == nil {
		t.Error("a fleet without a launcher is accepted")
	}
	if f, err := NewFleet(st, "web", cloud, &FleetOptions{Min: 7}); err != nil || f.options.Max != 7 {
		t.Errorf("got %v, %v", f, err)
	}
}
