package provisioningtest

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// ensure has a resource made, as a manager does.
func (s *scene) ensure(t *thing) {
	s.Helper()
	if err := s.settle(t, ensure); err != nil {
		s.failf("Ensure of %v says for good that it cannot be done: %v", t, err)
	}
	s.count("after Ensure", t, 1, 1)
}

// release has a resource released, as a manager does.
func (s *scene) release(t *thing) {
	s.Helper()
	if err := s.settle(t, release); err != nil {
		s.failf("Release of %v says for good that it cannot be done: %v", t, err)
	}
	s.count("after Release", t, 0, 0)
}

// settle calls, polls and calls again until it is done. Its error is one that no further call can mend.
func (s *scene) settle(t *thing, first method) error {
	s.Helper()
	t.order(first.goal())
	ctx, cancel := context.WithTimeout(context.Background(), s.harness.Patience)
	defer cancel()
	for m := first; ; {
		a, err := s.call(ctx, t, m)
		switch {
		case err == nil && a.State == provisioning.Done:
			if first == ensure {
				s.tells(t, m, &a)
			}
			return nil
		case isFinal(err):
			return err
		case ctx.Err() != nil:
			s.failf("%v is not %s after %v; the last answer, to %s, is %s", t, t.call.Goal, s.harness.Patience, m, said(&a, err))
		case isRetry(err):
			m = first
		case err == nil:
			t.known = t.known.with(&a)
			m = s.following(t, first, &a)
		}
		s.wait(max(time.Second, a.Again, afterOf(err)))
	}
}

func said(a *provisioning.Answer, err error) string {
	if err != nil {
		return fmt.Sprintf("the error %v", err)
	}
	return a.State.String()
}

// following returns how to hear more after an answer that says that it is in progress.
func (s *scene) following(t *thing, first method, a *provisioning.Answer) method {
	s.Helper()
	switch {
	case s.has(poll):
		t.polled = true
		return poll
	case a.Again > 0:
		return first
	case s.has(outcome):
		return outcome
	}
	s.failf("%s of %v is in progress, and nobody hears how it ends: there is no Poll, the answer does not say when to call again, and the Subject has no Outcome", first, t)
	return ""
}

// repeat calls a method until it has no error and is not in progress, if only Find may be.
func (s *scene) repeat(t *thing, m method) provisioning.Answer {
	s.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), s.harness.Patience)
	defer cancel()
	for {
		a, err := s.call(ctx, t, m)
		switch {
		case err == nil && (m == find || a.State == provisioning.Done):
			return a
		case isFinal(err) || ctx.Err() != nil:
			s.failf("%s of %v does not succeed; the last answer is %s", m, t, said(&a, err))
		}
		s.wait(max(time.Second, a.Again, afterOf(err)))
	}
}
