package provisioningtest

import "context"

func ensureLaws() []law {
	return []law{
		{"ensure/makes what is asked for", func(s *scene) {
			t := s.thing()
			s.absent("before it was asked for", t)
			s.ensure(t)
			s.present("after Ensure", t)
		}},
		{"ensure/the same key is the same resource", sameKey},
		{"ensure/the same key is the same resource to calls that go on at once", sameKeyAtOnce},
		{"ensure/the same key is the same resource after a canceled call", sameKeyAfterCancel},
		{"ensure/the same key is the same resource to another program", sameKeyElsewhere},
		{"ensure/another key is another resource", anotherKey},
		{"ensure/another generation is another resource", anotherGeneration},
		{"ensure/many keys at once", manyKeys},
		{"ensure/what is somebody else's is a conflict, and is not released", conflicts},
	}
}

func sameKey(s *scene) {
	t := s.thing()
	for range 3 {
		s.ensure(t)
		s.present("after Ensure", t)
	}
	t.forget()
	s.ensure(t)
	s.present("after Ensure whose first answer nobody heard", t)
}

func sameKeyAtOnce(s *scene) {
	for range 3 {
		t := s.thing()
		t.nothing = false // what one call did another cannot see
		s.atOnce(8, func(s *scene) {
			twin := *t
			_, _ = s.callEnsure(&twin)
		})
		s.count("after calls of Ensure that went on at once", t, 0, 1)
		s.ensure(t)
		s.present("after calls of Ensure that went on at once", t)
	}
}

func sameKeyAfterCancel(s *scene) {
	for d := range s.moments {
		t := s.thing()
		inTime := s.canceled(t, ensure, d)
		t.forget()
		s.ensure(t)
		s.present("after a canceled Ensure and another one", t)
		s.later()
		s.present("long after a canceled Ensure and another one", t)
		if inTime {
			break
		}
	}
}

func sameKeyElsewhere(s *scene) {
	if s.Open == nil {
		s.Skip("the Subject has no Open")
	}
	t := s.thing()
	s.ensure(t)
	s.Provisioner = s.Open()
	s.present("to another program", t)
	s.ensure(t)
	t.forget()
	s.Provisioner = s.Open()
	s.ensure(t)
	s.present("after another program ensured it, too", t)
	s.Provisioner = s.Open()
	s.release(t)
	s.absent("after another program released it", t)
}

func anotherKey(s *scene) {
	a, b := s.thing(), s.thing()
	s.ensure(a)
	s.absent("after Ensure of another key", b)
	s.ensure(b)
	s.present("after Ensure of another key", a)
	s.distinct(a, b)
	s.release(a)
	s.absent("after Release", a)
	s.present("after Release of another key", b)
}

// anotherGeneration: a late release of what was there before takes nothing that is there now.
func anotherGeneration(s *scene) {
	now := s.thing()
	s.ensure(now)
	before := *now
	s.release(now)
	now.next()
	s.ensure(now)
	s.present("after Ensure of another generation", now)
	s.distinct(&before, now)
	s.release(&before)
	s.present("after Release of an older generation", now)
	s.absent("after Ensure of a newer generation", &before)
}

func (s *scene) distinct(a, b *thing) {
	s.Helper()
	if a.told.handle == b.told.handle && a.told.handle != "" {
		s.failf("%v and %v have the same handle, %q", a, b, a.told.handle)
	}
}

func manyKeys(s *scene) {
	s.atOnce(16, func(s *scene) {
		t := s.thing()
		s.ensure(t)
		s.present("after Ensure, beside others", t)
		s.release(t)
		s.absent("after Release, beside others", t)
	})
}

func conflicts(s *scene) {
	if s.Occupy == nil {
		s.Skip("the Subject has no Occupy")
	}
	t := s.thing()
	there, err := s.Occupy(context.Background(), s.arguments(t))
	if err != nil {
		s.failf("Occupy: %v", err)
	}
	untouched := func(after method) {
		s.Helper()
		if ok, err := there(); err != nil || !ok {
			s.failf("after %s of %v, what is somebody else's is not there (error %v); it must stay", after, t, err)
		}
	}
	if err := s.settle(t, ensure); !isConflict(err) {
		s.failf("Ensure of %v, where there is what is somebody else's, ends with the error %v; one that Conflict makes is right", t, err)
	}
	untouched(ensure)
	if err := s.settle(t, release); err != nil && !isConflict(err) {
		s.failf("Release of %v, where there is what is somebody else's, ends with the error %v; none is right, or one that Conflict makes", t, err)
	}
	untouched(release)
}
