package fsmtest

import (
	"testing"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/scan/presets"
)

func TestCheckReturnsTheMachine(t *testing.T) {
	t.Parallel()
	for _, d := range []presets.Definition{presets.VMScan(), presets.Amazon(), presets.PodScan()} {
		if m := Check(t, d); m.Name() != d.Name {
			t.Errorf("Check returns the machine %q; want %q", m.Name(), d.Name)
		}
	}
}

func TestCheckCatchesWhatDoesNotCompile(t *testing.T) {
	t.Parallel()
	r := record(t, func(tb testing.TB) { Check(tb, presets.AmazonAsItIs()) })
	r.wantFailure(t, `fsmtest: fsm: definition "amazon-as-it-is" is not sound`, "trap:", `"after_scan"`, `"synchronizing"`, `"aborting"`, `"canceling"`)
}

// A machine that Compile lets pass only because its faults are waived shows that Check sees them.
func TestCheckCatchesTraps(t *testing.T) {
	t.Parallel()
	d := fsm.Definition[state, event]{
		Name:    "house",
		Initial: "street",
		States:  fsm.States[state, event]{"street": {Mode: fsm.Resting}, "pit": {}},
		Table:   fsm.Table[state, event]{"street": {"fall": "pit"}},
		Waivers: []fsm.Waiver[state, event]{
			{Code: fsm.Trap, State: "pit", Reason: "for this test"},
			{Code: fsm.NoTimeout, State: "pit", Reason: "for this test"},
		},
	}
	m := Check(t, d)
	record(t, func(tb testing.TB) { checkEnd(tb, m, "street") }).wantPass(t)
	record(t, func(tb testing.TB) { checkEnd(tb, m, "pit") }).wantFailure(t,
		`fsmtest: machine "house": no path leads from "pit" to a resting or final state`)
}
