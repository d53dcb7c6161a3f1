package provisioningtest

import "context"

func releaseLaws() []law {
	return []law{
		{"release/nothing is left", func(s *scene) {
			t := s.thing()
			s.ensure(t)
			s.release(t)
			s.absent("after Release", t)
		}},
		{"release/twice", func(s *scene) {
			t := s.thing()
			s.ensure(t)
			for range 3 {
				s.release(t)
				s.absent("after Release", t)
			}
		}},
		{"release/goes by the key, not by the handle", func(s *scene) {
			t := s.thing()
			s.ensure(t)
			t.forget()
			s.release(t)
			s.absent("after Release without a handle", t)
		}},
		{"release/of what was never made", func(s *scene) {
			t := s.thing()
			s.release(t)
			s.absent("after Release of what was never made", t)
		}},
		{"release/ends what is being made", releasedInTheMaking},
		{"release/ends what a canceled call has begun", releasedAfterCancel},
		{"release/again after a canceled call", releaseCanceled},
		{"release/an older call of Ensure that comes later makes nothing", fenced},
	}
}

// releasedInTheMaking: nobody waits for what was begun.
func releasedInTheMaking(s *scene) {
	for range 5 {
		t := s.thing()
		_, _ = s.callEnsure(t)
		s.gone(t, "what was being made")
	}
}

func releasedAfterCancel(s *scene) {
	for d := range s.moments {
		for _, heard := range []bool{false, true} {
			t := s.thing()
			inTime := s.canceled(t, ensure, d)
			if !heard {
				t.forget()
			}
			s.gone(t, "what a canceled Ensure had begun")
			if inTime && heard {
				return
			}
		}
	}
}

func releaseCanceled(s *scene) {
	for d := range s.moments {
		t := s.thing()
		s.ensure(t)
		inTime := s.canceled(t, release, d)
		s.count("after a canceled Release", t, 0, 1)
		s.gone(t, "what a canceled Release had left")
		if inTime {
			break
		}
	}
}

// gone releases a thing, and demands that it stays away.
func (s *scene) gone(t *thing, what string) {
	s.Helper()
	s.release(t)
	s.absent("after Release of "+what, t)
	s.later()
	s.absent("long after Release of "+what, t)
}

func fenced(s *scene) {
	if !s.Fenced {
		s.Skip("the Subject is not Fenced")
	}
	for _, made := range []bool{false, true} {
		t := s.thing()
		late := s.arguments(t)
		if made {
			s.ensure(t)
		}
		s.release(t)
		ctx, cancel := context.WithTimeout(context.Background(), s.harness.Patience)
		_, _ = s.callWith(ctx, t, ensure, late)
		cancel()
		s.absent("after an Ensure that came later than a newer Release", t)
		s.later()
		s.absent("long after an Ensure that came later than a newer Release", t)
	}
}
