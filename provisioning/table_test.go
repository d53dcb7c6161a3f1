package provisioning

import (
	"fmt"
	"testing"
	"time"
)

// What a provisioner can answer, and where that leaves its resource.
var tableAnswers = []struct {
	name string
	line line
	is   ResourceState
}{
	{"ok", line{answer: Answer{Handle: "h", Secrets: Secrets{"key": {Value: []byte("swordfish")}}}}, ResourcePresent},
	{"in process", line{answer: Answer{State: InProgress}}, ResourceRequested},
	{"retry", line{err: Retry(0, errAway)}, ResourceEnsuring},
	{"fatal", line{err: Fatal(errQuota)}, ResourceFailed},
	{"throws", line{panics: "a bug"}, ResourceUnknown},
}

// table is the decision table of two resources whose provisioners have answered, the first by row, the second by column. EDC's
// differs: a retry beside an answer in process is never asked again there, one beside a success is asked hundreds of times a second,
// beside a fatal answer nothing is recorded, and a throw loses all answers.
var table = [5][5]Status{
	//               ok                     in process             retry         fatal   throws
	/* ok */ {Provisioned, ProvisioningRequested, Provisioning, Failed, Provisioning},
	/* in process */ {ProvisioningRequested, ProvisioningRequested, Provisioning, Failed, Provisioning},
	/* retry */ {Provisioning, Provisioning, Provisioning, Failed, Provisioning},
	/* fatal */ {Failed, Failed, Failed, Failed, Failed},
	/* throws */ {Provisioning, Provisioning, Provisioning, Failed, Provisioning},
}

func forTable(t *testing.T, policy FailurePolicy, f func(r *rig, a, b int)) {
	t.Helper()
	for a := range table {
		for b := range table[a] {
			t.Run(tableAnswers[a].name+"+"+tableAnswers[b].name, func(t *testing.T) {
				t.Parallel()
				estate(t, Options{OnFailure: policy}, TypeOptions{}, func(r *rig) {
					for name, i := range map[string]int{"a": a, "b": b} {
						r.plain.say("ensure "+name, tableAnswers[i].line)
						if is := tableAnswers[i].is; is == ResourceEnsuring || is == ResourceUnknown {
							r.plain.say("ensure "+name, line{}) // the second time it is done
						}
					}
					r.request("r", Spec{ID: "a", Type: "plain"}, Spec{ID: "b", Type: "plain"})
					r.pass(time.Second)
					f(r, a, b)
				})
			})
		}
	}
}

func TestDecisionTable(t *testing.T) {
	t.Parallel()
	forTable(t, Hold, func(r *rig, a, b int) {
		r.want("r", fmt.Sprintf("%s: a %s, b %s", table[a][b], tableAnswers[a].is, tableAnswers[b].is))
		calls := 2
		r.pass(8 * time.Second)
		if got := len(r.plain.called()); got != calls {
			r.Errorf("%d calls were made before the wait was over; 2 are right", got)
		}
		r.pass(10 * time.Second)
		for _, i := range []int{a, b} {
			if is := tableAnswers[i].is; is == ResourceEnsuring || is == ResourceUnknown {
				calls++
			}
		}
		if got := len(r.plain.called()); got != calls {
			r.Errorf("got the calls %v; %d are right: only who needs one is asked again", r.plain.called(), calls)
		}
		if a != 1 && b != 1 && a != 3 && b != 3 {
			r.want("r", "provisioned: a present, b present")
		}
	})
}

// With a failure for good the rest is released, and nothing is left: neither a resource nor a secret.
func TestDecisionTableUnwinds(t *testing.T) {
	t.Parallel()
	forTable(t, Unwind, func(r *rig, a, b int) {
		if table[a][b] != Failed {
			r.want("r", fmt.Sprintf("%s: a %s, b %s", table[a][b], tableAnswers[a].is, tableAnswers[b].is))
			return
		}
		r.pass(time.Minute)
		r.want("r", "deprovisioned: a absent, b absent")
		if r.plain.count("release a") == 0 || r.plain.count("release b") == 0 || r.secrets() != 0 {
			r.Errorf("got the calls %v and %d secrets in the vault", r.plain.called(), r.secrets())
		}
		rec, err := r.manager.Requests.Get(r.Context(), "r")
		if err != nil || rec.Data.Reason != "" || rec.Data.Error == "" {
			r.Errorf("got %+v, %v", rec.Data, err)
		}
	})
}
