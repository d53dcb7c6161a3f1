package provisioningtest

import (
	"context"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// A method is one of a provisioner's, by its name.
type method string

const (
	ensure  method = "Ensure"
	release method = "Release"
	poll    method = "Poll"
	find    method = "Find"
	plan    method = "Plan"
	renew   method = "Renew"
	outcome method = "Outcome" // the subject's, where a callback tells what others ask for
)

// goal is what a method is to bring about, if it is to bring about something.
func (m method) goal() provisioning.Goal {
	switch m {
	case ensure:
		return provisioning.Present
	case release:
		return provisioning.Absent
	}
	return ""
}

// function returns a method, nil if there is none. A plan is its answer's progress.
func (s *scene) function(m method) func(context.Context, provisioning.Call) (provisioning.Answer, error) {
	switch m {
	case ensure:
		return s.Provisioner.Ensure
	case release:
		return s.Provisioner.Release
	case poll:
		if p, ok := s.Provisioner.(provisioning.Poller); ok {
			return p.Poll
		}
	case find:
		if p, ok := s.Provisioner.(provisioning.Finder); ok {
			return p.Find
		}
	case renew:
		if p, ok := s.Provisioner.(provisioning.Renewer); ok {
			return p.Renew
		}
	case plan:
		if p, ok := s.Provisioner.(provisioning.Planner); ok {
			return func(ctx context.Context, c provisioning.Call) (a provisioning.Answer, err error) {
				a.Progress, err = p.Plan(ctx, c)
				return a, err
			}
		}
	case outcome:
		return s.Outcome
	}
	return nil
}

// has reports whether there is a method.
func (s *scene) has(m method) bool { return s.function(m) != nil }

// needs skips the law if there is no such method.
func (s *scene) needs(m method) {
	s.Helper()
	if !s.has(m) {
		s.Skipf("the provisioner has no %s", m)
	}
}

// soon is how long a call may take when its context has ended.
const soon = 10 * time.Second

// call calls a method, and demands what is right for every call: that it returns, and soon when its
// context has ended, and that its answer is one.
func (s *scene) call(ctx context.Context, t *thing, m method) (provisioning.Answer, error) {
	s.Helper()
	if goal := m.goal(); goal != "" {
		if goal != t.call.Goal {
			t.order(goal)
		}
		t.call.Attempt++
	}
	return s.callWith(ctx, t, m, s.arguments(t))
}

func (s *scene) callWith(ctx context.Context, t *thing, m method, c provisioning.Call) (provisioning.Answer, error) {
	s.Helper()
	type result struct {
		answer   provisioning.Answer
		err      error
		panicked any
	}
	returned := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			r.panicked = recover()
			returned <- r
		}()
		r.answer, r.err = s.function(m)(ctx, c)
	}()
	var r result
	select {
	case r = <-returned:
	case <-ctx.Done():
		select {
		case r = <-returned:
		case <-time.After(soon):
			s.failf("%s of %v has not returned %v after its context ended", m, t, soon)
		}
	}
	if r.panicked != nil {
		s.failf("%s of %v panicked: %v", m, t, r.panicked)
	}
	if r.err != nil {
		r.answer = provisioning.Answer{}
	}
	s.judge(t, m, &r.answer, r.err) //nolint:contextcheck // it looks what is there after a call whose context may have ended
	return r.answer, r.err
}

// callEnsure calls Ensure once, and lets it take its time.
func (s *scene) callEnsure(t *thing) (provisioning.Answer, error) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), s.harness.Patience)
	defer cancel()
	return s.call(ctx, t, ensure)
}

// canceled calls a method whose context ends after d. It reports whether the call had returned before.
func (s *scene) canceled(t *thing, m method, d time.Duration) (inTime bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if _, err := s.call(ctx, t, m); isFinal(err) {
		s.failf("%s of %v says for good that it cannot be done: %v", m, t, err)
	}
	return ctx.Err() == nil
}
