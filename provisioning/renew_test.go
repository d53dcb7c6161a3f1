package provisioning

import (
	"testing"
	"time"
)

// However short secrets live, and whatever a Renewer answers, it is not called without a pause.
func TestRenewPauses(t *testing.T) {
	t.Parallel()
	give := func(lives time.Duration) line {
		return line{answerNow: func() Answer {
			return Answer{Secrets: Secrets{"key": {Value: []byte("swordfish"), Expires: time.Now().Add(lives)}}}
		}}
	}
	for _, c := range []struct {
		name  string
		first line
		then  line
		calls int // in a day
	}{
		{"they live for less than Renew", give(30 * time.Minute), give(30 * time.Minute), 96},
		{"they are good for a moment", give(time.Second), give(time.Second), 2880},
		{"they have expired", give(-time.Hour), give(-time.Hour), 2880},
		{"there are none", give(2 * time.Hour), line{}, 24 * 360},
		{"as long as before", give(3 * time.Hour), give(3 * time.Hour), 12},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			estate(t, Options{}, TypeOptions{}, func(r *rig) {
				r.seen.say("ensure a", c.first)
				r.seen.say("renew a", c.then)
				r.request("r", Spec{ID: "a", Type: "seen"})
				r.pass(24 * time.Hour)
				r.want("r", "provisioned: a present")
				if got := r.seen.count("renew a"); got == 0 || got > c.calls {
					t.Errorf("it was renewed %d times in a day; at most %d times are right", got, c.calls)
				}
			})
		})
	}
}
