package provisioningtest

import "github.com/reeve-go/reeve/provisioning"

func lookLaws() []law {
	return []law{
		{"find/says what is there, and changes nothing", func(s *scene) {
			s.needs(find)
			t := s.thing()
			for range 2 {
				s.absent("before it was asked for", t)
			}
			s.ensure(t)
			t.forget()
			for range 2 {
				s.present("after Ensure", t)
			}
			s.release(t)
			for range 2 {
				s.absent("after Release", t)
			}
		}},
		{"find/says what came of a canceled call", foundAfterCancel},
		{"poll/says again what it has said", polledAgain},
		{"plan/says something, and changes nothing", func(s *scene) {
			s.needs(plan)
			t := s.thing()
			s.plans(t)
			s.absent("after Plan", t)
			s.ensure(t)
			s.plans(t)
			s.present("after Plan", t)
		}},
		{"renew/gives secrets of the same names, and leaves the resource", renewed},
	}
}

// foundAfterCancel: what is done stays done; what is not may be under way.
func foundAfterCancel(s *scene) {
	s.needs(find)
	for d := range s.moments {
		t := s.thing()
		inTime := s.canceled(t, ensure, d)
		t.forget()
		if a := s.repeat(t, find); a.State == provisioning.Done {
			s.count("after Find said that it is done", t, 1, 1)
			s.later()
			s.present("long after Find said that it is done", t)
		} else {
			s.count("after a canceled Ensure", t, 0, 1)
		}
		s.ensure(t)
		s.present("after Ensure of what was looked for", t)
		if inTime {
			break
		}
	}
}

// polledAgain: who asks again may not have heard the answer.
func polledAgain(s *scene) {
	s.needs(poll)
	for range 5 {
		t := s.thing()
		for _, settle := range []func(*thing){s.ensure, s.release} {
			if settle(t); !t.polled {
				continue
			}
			a := s.repeat(t, poll)
			if t.call.Goal == provisioning.Present {
				s.tells(t, poll, &a)
			}
		}
	}
}

func (s *scene) plans(t *thing) {
	s.Helper()
	if a := s.repeat(t, plan); a.Progress == "" {
		s.failf("Plan of %v says nothing; a sentence is right", t)
	}
}

func renewed(s *scene) {
	s.needs(renew)
	t := s.thing()
	s.ensure(t)
	a := s.repeat(t, renew)
	if len(a.Secrets) == 0 {
		s.failf("Renew of %v gives no secrets", t)
	}
	s.tells(t, renew, &a)
	s.present("after Renew", t)
}
