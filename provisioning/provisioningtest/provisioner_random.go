package provisioningtest

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/provisioning"
)

// A phase is what is known of a thing in random calls.
type phase int

const (
	fresh    phase = iota // nobody asked for it
	wanted                // somebody did, and it is not known what came of it
	there                 // it is there
	unwanted              // somebody released it, and it is not known what came of it
	gone                  // it is not there any more
)

// A play is random calls about a few things.
type play struct {
	*scene

	rt     *rapid.T
	things []*thing
	phases map[*thing]phase
	past   []*thing // generations that are gone
}

// random makes random calls, and demands after each that what is known to be there is, and nothing else.
func (s *scene) random(rt *rapid.T) {
	p := &play{scene: s, rt: rt, phases: map[*thing]phase{}}
	for range 3 {
		p.things = append(p.things, s.thing())
	}
	rt.Repeat(map[string]func(*rapid.T){
		"": func(*rapid.T) { p.look() },
		"ensure": p.about(func(t *thing) {
			s.ensure(t)
			p.phases[t] = there
		}, fresh, wanted, there),
		"call Ensure":   p.about(p.calledEnsure, fresh, wanted, there),
		"cancel Ensure": p.about(p.canceledEnsure, fresh, wanted, there),
		"release": p.about(func(t *thing) {
			s.release(t)
			p.phases[t] = gone
		}, fresh, wanted, there, unwanted, gone),
		"cancel Release": p.about(func(t *thing) {
			s.canceled(t, release, p.moment())
			p.phases[t] = unwanted
		}, fresh, wanted, there, unwanted),
		"begin the next generation": p.about(func(t *thing) {
			before := *t
			p.past, p.phases[&before] = append(p.past, &before), gone
			t.next()
			p.phases[t] = fresh
		}, gone),
		"release an older generation": func(*rapid.T) {
			if len(p.past) == 0 {
				rt.Skip()
			}
			s.release(rapid.SampledFrom(p.past).Draw(rt, "older generation"))
		},
		"forget": p.about((*thing).forget, wanted, there, unwanted),
		"start again": func(*rapid.T) {
			if s.Open == nil {
				rt.Skip()
			}
			s.Provisioner = s.Open()
		},
		"wait": func(*rapid.T) { s.wait(p.moment()) },
	})
	for _, t := range p.things {
		s.release(t)
		p.phases[t] = gone
	}
	if p.look(); s.harness.Virtual {
		s.later()
		p.look()
	}
}

// about returns an action about a thing in one of some phases.
func (p *play) about(do func(*thing), phases ...phase) func(*rapid.T) {
	return func(rt *rapid.T) {
		some := slices.DeleteFunc(slices.Clone(p.things), func(t *thing) bool { return !slices.Contains(phases, p.phases[t]) })
		if len(some) == 0 {
			rt.Skip()
		}
		do(rapid.SampledFrom(some).Draw(rt, "resource"))
	}
}

func (p *play) moment() time.Duration {
	return rapid.SampledFrom(slices.Collect(p.moments)).Draw(p.rt, "moment")
}

// calledEnsure calls Ensure once, and does not follow what that begins.
func (p *play) calledEnsure(t *thing) {
	a, err := p.callEnsure(t)
	switch {
	case isFinal(err):
		p.failf("Ensure of %v says for good that it cannot be done: %v", t, err)
	case err == nil && a.State == provisioning.Done:
		p.tells(t, ensure, &a)
		p.phases[t] = there
	case p.phases[t] == fresh:
		p.phases[t] = wanted
	}
}

func (p *play) canceledEnsure(t *thing) {
	p.canceled(t, ensure, p.moment())
	if p.phases[t] == fresh {
		p.phases[t] = wanted
	}
}

// look demands of each thing what is right in its phase.
func (p *play) look() {
	p.Helper()
	for _, t := range slices.Concat(p.past, p.things) {
		switch p.phases[t] {
		case fresh, gone:
			p.absent("after random calls", t)
		case there:
			p.present("after random calls", t)
		case wanted, unwanted:
			p.count("after random calls", t, 0, 1)
		}
	}
}
