package provisioningtest

import "github.com/reeve-go/reeve/provisioning"

func cancelLaws() []law {
	var out []law
	for _, m := range []method{ensure, release, poll, find, plan, renew} {
		out = append(out, law{"cancel/" + string(m) + " returns soon when its context ends", func(s *scene) {
			s.needs(m)
			for d := range s.moments {
				t := s.thing()
				if s.readyFor(t, m) && s.canceled(t, m, d) {
					break
				}
			}
		}})
	}
	return out
}

// readyFor makes a thing one about which a method is called, and reports whether it is.
func (s *scene) readyFor(t *thing, m method) bool {
	s.Helper()
	switch m {
	case release, find, renew:
		s.ensure(t)
	case poll:
		a, err := s.callEnsure(t)
		return err == nil && a.State == provisioning.InProgress
	}
	return true
}
