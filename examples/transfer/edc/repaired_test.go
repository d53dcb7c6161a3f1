package edc_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/fsm/fsmtest"
)

// Every change of a repair but the waivers that it made needless, and the limits that the golden files have.
const (
	common = `a resumed transfer can be terminated
	row added: RESUMED --transitionTerminated--> TERMINATED
	row added: RESUMED --transitionTerminating--> TERMINATING
only a suspended transfer can be resumed
	row removed: * --transitionResuming--> RESUMING
	row added: RESUMING --transitionResuming--> RESUMING
	row added: SUSPENDED --transitionResuming--> RESUMING
what was requested can be asked for again
	row added: DEPROVISIONING_REQUESTED --transitionDeprovisioning--> DEPROVISIONING
	row added: PROVISIONING_REQUESTED --transitionProvisioning--> PROVISIONING
a transfer whose resources cannot be released is not deprovisioned
	state added: DEPROVISIONING_FAILED: resting
	event added: transitionDeprovisioningFailed: supervisor
	row added: DEPROVISIONING --transitionDeprovisioningFailed--> DEPROVISIONING_FAILED
	row added: DEPROVISIONING_FAILED --transitionDeprovisioned--> DEPROVISIONED
	row added: DEPROVISIONING_FAILED --transitionDeprovisioning--> DEPROVISIONING
	row added: DEPROVISIONING_REQUESTED --transitionDeprovisioningFailed--> DEPROVISIONING_FAILED
a transfer is over when it is deprovisioned, and not before
	mode changed: COMPLETED: active (was resting)
	mode changed: DEPROVISIONED: final (was resting)
	mode changed: TERMINATED: active (was resting)
	row removed: DEPROVISIONED --transitionDeprovisioned--> DEPROVISIONED
`
	ofProvider = `a provider has nothing to request
	state removed: REQUESTED: waiting
	state removed: REQUESTING: waiting
	row removed: REQUESTED --transitionProvisioned--> PROVISIONED
	row removed: REQUESTED --transitionTerminated--> TERMINATED
	row removed: REQUESTED --transitionTerminating--> TERMINATING
	row removed: REQUESTING --transitionTerminated--> TERMINATED
	row removed: REQUESTING --transitionTerminating--> TERMINATING
`
	ofConsumer = `a provider can resume what is suspended
	row added: SUSPENDED --transitionStarted--> STARTED
`
	last = "nothing lasts for ever\n"
)

func TestRepairs(t *testing.T) {
	t.Parallel()
	for role, want := range map[edc.Role]string{
		edc.Consumer: common + ofConsumer + last,
		edc.Provider: common + ofProvider + last,
	} {
		var got strings.Builder
		for _, r := range edc.Repairs(role) {
			got.WriteString(r.Name + "\n")
			for _, c := range r.Changes {
				if c.Part != "waiver" && c.Part != "limit" {
					got.WriteString("\t" + c.String() + "\n")
				}
			}
		}
		if diff := cmp.Diff(want, got.String()); diff != "" {
			t.Errorf("%s: repairs (-want +got):\n%s", role, diff)
		}
	}
}

// The golden files have the limits, too.
func TestRepaired(t *testing.T) {
	t.Parallel()
	for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
		d := edc.Repaired(role)
		if len(d.Waivers) > 0 {
			t.Errorf("%s: there is still to be waived: %v", role, d.Waivers)
		}
		m := fsmtest.Check(t, d)
		fsmtest.Golden(t, m, "testdata/"+string(role)+".golden")
	}
}

// Where nobody does anything any more, time alone brings a transfer to where it may stay: it is over, or somebody has to look.
func TestTimeEndsEverything(t *testing.T) {
	t.Parallel()
	for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
		m := fsm.MustCompile(edc.Repaired(role))
		for _, s := range m.States() {
			at := s
			for range m.States() {
				if _, then, limited := m.Timeout(at); limited {
					at, _ = m.Next(at, then)
				}
			}
			mode, _ := m.Mode(at)
			switch {
			case mode == fsm.Resting, at == edc.Deprovisioned && mode == fsm.Final:
			default:
				t.Errorf("%s: from %s time leads to %s, which is %v", role, s, at, mode)
			}
		}
	}
}
