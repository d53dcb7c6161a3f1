package edc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/fsm"
)

// The states of the original with their codes.
const states = `100 INITIAL
200 PROVISIONING
250 PROVISIONING_REQUESTED
300 PROVISIONED
400 REQUESTING
500 REQUESTED
550 STARTING
600 STARTED
650 SUSPENDING
700 SUSPENDED
720 RESUMING
725 RESUMED
750 COMPLETING
800 COMPLETED
825 TERMINATING
850 TERMINATED
900 DEPROVISIONING
950 DEPROVISIONING_REQUESTED
1000 DEPROVISIONED`

// A method of the original leads to its target from the states that it permits. In any other it throws.
type method struct{ name, target, consumer, provider string }

const (
	anyState    = "INITIAL PROVISIONING PROVISIONING_REQUESTED PROVISIONED REQUESTING REQUESTED STARTING STARTED SUSPENDING SUSPENDED RESUMING RESUMED COMPLETING COMPLETED TERMINATING TERMINATED DEPROVISIONING DEPROVISIONING_REQUESTED DEPROVISIONED"
	terminable  = "INITIAL PROVISIONING PROVISIONING_REQUESTED PROVISIONED REQUESTING REQUESTED STARTING STARTED COMPLETING SUSPENDING SUSPENDED RESUMING TERMINATING"
	releasable  = "COMPLETING TERMINATING COMPLETED TERMINATED DEPROVISIONING"
	provisioned = "PROVISIONING PROVISIONING_REQUESTED PROVISIONED REQUESTED"
	released    = "DEPROVISIONING DEPROVISIONING_REQUESTED DEPROVISIONED"
	startable   = "PROVISIONED STARTING SUSPENDED"
)

var methods = []method{
	{"transitionProvisioning", "PROVISIONING", "INITIAL PROVISIONING", "INITIAL PROVISIONING"},
	{"transitionProvisioningRequested", "PROVISIONING_REQUESTED", "PROVISIONING", "PROVISIONING"},
	{"transitionProvisioned", "PROVISIONED", provisioned, provisioned},
	{"transitionRequesting", "REQUESTING", "PROVISIONED REQUESTING", ""},
	{"transitionRequested", "REQUESTED", "PROVISIONED REQUESTING REQUESTED", ""},
	{"transitionStarting", "STARTING", startable, startable},
	{"transitionStarted", "STARTED", "STARTED REQUESTED STARTING RESUMED", "STARTED STARTING SUSPENDED RESUMING"},
	{"transitionSuspending", "SUSPENDING", "STARTED SUSPENDING", "STARTED SUSPENDING"},
	{"transitionSuspended", "SUSPENDED", "STARTED SUSPENDING", "STARTED SUSPENDING"},
	{"transitionResuming", "RESUMING", anyState, anyState},
	{"transitionResumed", "RESUMED", "RESUMING", "RESUMING"},
	{"transitionCompleting", "COMPLETING", "COMPLETING STARTED", "COMPLETING STARTED"},
	{"transitionCompleted", "COMPLETED", "COMPLETED COMPLETING STARTED", "COMPLETED COMPLETING STARTED"},
	{"transitionTerminating", "TERMINATING", terminable, terminable},
	{"transitionTerminated", "TERMINATED", terminable, terminable},
	{"transitionDeprovisioning", "DEPROVISIONING", releasable, releasable},
	{"transitionDeprovisioningRequested", "DEPROVISIONING_REQUESTED", "DEPROVISIONING", "DEPROVISIONING"},
	{"transitionDeprovisioned", "DEPROVISIONED", released, released},
}

func (m *method) from(role edc.Role) []string {
	if role == edc.Provider {
		return strings.Fields(m.provider)
	}
	return strings.Fields(m.consumer)
}

func TestEveryCell(t *testing.T) {
	t.Parallel()
	for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
		machine := fsm.MustCompile(edc.AsItIs(role))
		cells := 0
		for _, m := range methods {
			from := m.from(role)
			for s := range strings.FieldsSeq(anyState) {
				want := ""
				if slices.Contains(from, s) {
					want = m.target
				}
				got, _ := machine.Next(edc.State(s), edc.Event(m.name))
				if cells++; string(got) != want {
					t.Errorf("%s: %s in %s leads to %q; want %q", role, m.name, s, got, want)
				}
			}
		}
		if cells != 342 {
			t.Errorf("%s: %d cells; want 18 methods in 19 states", role, cells)
		}
		rows := 0
		for _, m := range methods {
			rows += len(m.from(role))
		}
		if n := len(machine.Rows()); n != rows {
			t.Errorf("%s: the machine has %d rows; want %d, so that it has no other state or event", role, n, rows)
		}
	}
}

func TestCodes(t *testing.T) {
	t.Parallel()
	var got []string
	for code := range 1001 {
		if s, ok := edc.StateOf(code); ok && s != edc.DeprovisioningFailed {
			got = append(got, fmt.Sprint(s.Code(), " ", s))
		}
	}
	if diff := cmp.Diff(states, strings.Join(got, "\n")); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	if s, ok := edc.StateOf(-1); ok {
		t.Errorf("-1 is the code of %q; want none", s)
	}
	if code := edc.State("ENDED").Code(); code != 0 {
		t.Errorf("a state of another version has the code %d; want none", code)
	}
}

// In the original a state is worked on if a processor polls it.
func TestModes(t *testing.T) {
	t.Parallel()
	const resting = "STARTED SUSPENDED COMPLETED TERMINATED DEPROVISIONED"
	for role, polled := range map[edc.Role]string{
		edc.Consumer: "INITIAL PROVISIONING PROVISIONED REQUESTING SUSPENDING RESUMING COMPLETING TERMINATING DEPROVISIONING",
		edc.Provider: "INITIAL PROVISIONING PROVISIONED STARTING SUSPENDING RESUMING COMPLETING TERMINATING DEPROVISIONING",
	} {
		machine := fsm.MustCompile(edc.AsItIs(role))
		for s := range strings.FieldsSeq(anyState) {
			want := fsm.Waiting
			switch {
			case slices.Contains(strings.Fields(polled), s):
				want = fsm.Active
			case slices.Contains(strings.Fields(resting), s):
				want = fsm.Resting
			}
			if got, _ := machine.Mode(edc.State(s)); got != want {
				t.Errorf("%s: %s is %v; want %v", role, s, got, want)
			}
		}
		if diff := cmp.Diff(polled, join(edc.Processors(role))); diff != "" {
			t.Errorf("%s: processors (-want +got):\n%s", role, diff)
		}
	}
}

func join(states []edc.State) string {
	var names []string
	for _, s := range states {
		names = append(names, string(s))
	}
	return strings.Join(names, " ")
}
