package provisioningtest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/reeve-go/reeve/provisioning"
)

// leastSecret is how long a secret has to be for texts to be searched for it: shorter ones are in every text.
const leastSecret = 4

// judge demands of an answer what is right for every answer, and takes down what it tells.
func (s *scene) judge(t *thing, m method, a *provisioning.Answer, err error) {
	s.Helper()
	if wrong := a.Check(); wrong != nil {
		s.failf("%s of %v gives a wrong answer: %v", m, t, wrong)
	}
	if a.State == provisioning.Missing && m != find {
		s.failf("%s of %v answers that it is missing; only Find says so", m, t)
	}
	for _, secret := range a.Secrets {
		if len(secret.Value) >= leastSecret {
			t.secrets = append(t.secrets, string(secret.Value))
		}
	}
	open := fmt.Sprint(a.Handle, a.Progress, a.Attributes, err)
	for _, secret := range t.secrets {
		if strings.Contains(open, secret) {
			s.failf("%s of %v tells a secret where all can see it: in %s", m, t, strings.ReplaceAll(open, secret, "[secret]"))
		}
	}
	if a.Handle != "" {
		t.call.Handle = a.Handle
	}
	if m == ensure && t.nothing {
		if t.nothing = isRetry(err); t.nothing {
			s.absent("after Ensure has said with Retry that it did nothing", t)
		}
	}
}

func isRetry(err error) bool {
	var retry *provisioning.RetryError
	return errors.As(err, &retry) && !isFinal(err)
}

// isFinal reports whether an error says that no further call can mend it.
func isFinal(err error) bool {
	var fatal *provisioning.FatalError
	return errors.As(err, &fatal) || isConflict(err)
}

func isConflict(err error) bool {
	var conflict *provisioning.ConflictError
	return errors.As(err, &conflict)
}

// afterOf returns how long an error asks to wait.
func afterOf(err error) time.Duration {
	if retry := (*provisioning.RetryError)(nil); errors.As(err, &retry) {
		return retry.After
	}
	return 0
}
