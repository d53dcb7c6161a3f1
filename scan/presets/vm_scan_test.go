package presets_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/tabletest"
	"github.com/reeve-go/reeve/scan/presets"
)

// signals is a table as the original writes it: signal, source, target. A source "*" is any state
// that the signal has no row for, a target "*" is the source.
type signals map[string]map[string]string

var vmScan = signals{
	"initializing": {"initialize": "waiting_to_start"},
	"start":        {"waiting_to_start": "checking_policy"},
	"before_scan":  {"checking_policy": "before_scan"},
	"start_scan":   {"before_scan": "scanning"},
	"after_scan":   {"scanning": "after_scan"},
	"synchronize":  {"after_scan": "synchronizing"},
	"finish":       {"synchronizing": "finished", "aborting": "finished"},
	"data":         {"scanning": "scanning", "synchronizing": "synchronizing", "finished": "finished"},
	"scan_retry":   {"scanning": "scanning"},
	"abort_retry":  {"scanning": "scanning"},
	"abort_job":    {"*": "aborting"},
	"cancel":       {"*": "canceling"},
	"error":        {"*": "*"},
}

// with returns s with the signals of another table in place of its own, as the original merges.
func (s signals) with(more signals) signals {
	merged := maps.Clone(s)
	maps.Copy(merged, more)
	return merged
}

// cells returns the target of every state and signal.
func (s signals) cells(states []presets.State) map[[2]string]string {
	cells := map[[2]string]string{}
	for signal, rows := range s {
		for _, state := range states {
			to, ok := rows[string(state)]
			if !ok {
				to = rows["*"]
			}
			if to == "*" {
				to = string(state)
			}
			cells[[2]string{string(state), signal}] = to
		}
	}
	return cells
}

var variants = []struct {
	table   func() presets.Definition
	signals signals
}{
	{presets.AmazonAsItIs, vmScan.with(signals{
		"finish": {"scanning": "finished"},
	})},
	{presets.VMwareAsItIs, vmScan.with(signals{
		"start_snapshot":    {"before_scan": "snapshot_create"},
		"snapshot_complete": {"snapshot_create": "check_host_credentials", "snapshot_delete": "synchronizing"},
		"start_scan":        {"check_host_credentials": "scanning"},
		"snapshot_delete":   {"after_scan": "snapshot_delete"},
		"data": {
			"snapshot_create": "scanning", "scanning": "scanning", "snapshot_delete": "snapshot_delete",
			"synchronizing": "synchronizing", "finished": "finished",
		},
	})},
	{presets.AzureAsItIs, vmScan.with(signals{
		"start_snapshot":    {"before_scan": "snapshot_create"},
		"snapshot_complete": {"snapshot_create": "scanning", "snapshot_delete": "synchronizing"},
		"snapshot_delete":   {"after_scan": "snapshot_delete"},
		"data": {
			"snapshot_create": "scanning", "scanning": "scanning", "snapshot_delete": "snapshot_delete",
			"synchronizing": "synchronizing", "finished": "finished",
		},
	})},
	{presets.OpenStackAsItIs, vmScan.with(signals{
		"start_snapshot":    {"before_scan": "snapshot_create"},
		"snapshot_complete": {"snapshot_create": "scanning", "snapshot_delete": "synchronizing"},
		"snapshot_delete":   {"scanning": "snapshot_delete"},
		"data": {
			"snapshot_create": "scanning", "scanning": "scanning", "snapshot_delete": "snapshot_delete",
			"synchronizing": "synchronizing", "finished": "finished",
		},
	})},
}

func TestVMScanAsItIsCells(t *testing.T) {
	t.Parallel()
	checkSignals(t, presets.VMScanAsItIs(), vmScan)
	for _, v := range variants {
		checkSignals(t, v.table(), v.signals)
	}
}

func checkSignals(t *testing.T, d presets.Definition, want signals) {
	t.Helper()
	m := fsm.MustCompile(lenient(t, d))
	if diff := cmp.Diff(want.cells(m.States()), tabletest.Cells(m)); diff != "" {
		t.Errorf("cells of %s (-want +got):\n%s", d.Name, diff)
	}
}

// lenient returns d as something to compile: its finished state, which the original leaves, only
// rests, and what else is wrong is waived.
func lenient(t *testing.T, d presets.Definition) presets.Definition {
	t.Helper()
	d = d.Clone()
	finished := d.States["finished"]
	finished.Mode = fsm.Resting
	d.States["finished"] = finished
	for _, i := range tabletest.Issues(t, d) {
		d.Waivers = append(d.Waivers, fsm.Waiver[presets.State, presets.Event]{
			Code: i.Code, State: presets.State(i.State), Event: presets.Event(i.Event), Reason: "the original is so",
		})
	}
	return d
}

func TestVMScanAsItIsIsRefused(t *testing.T) {
	t.Parallel()
	want := []fsm.Issue{
		{Code: fsm.FinalExit, State: "finished", Event: "abort_job"},
		{Code: fsm.FinalExit, State: "finished", Event: "cancel"},
		{Code: fsm.FinalExit, State: "finished", Event: "data"},
		{Code: fsm.NoTimeout, State: "waiting_to_start"},
	}
	if diff := cmp.Diff(want, tabletest.Issues(t, presets.VMScanAsItIs())); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
}

// What is canceled signals the end, like what is aborted, but the original refuses it.
func TestVMScanAsItIsCannotEndCanceling(t *testing.T) {
	t.Parallel()
	mustFinish := fsm.Rule[presets.State, presets.Event]{
		Accept: "finish",
		Except: []presets.State{"initialize", "waiting_to_start", "checking_policy", "before_scan", "scanning", "after_scan"},
		Doc:    "what ends must come to its end",
	}
	asItIs, repaired := presets.VMScanAsItIs(), presets.VMScan()
	asItIs.Rules = append(asItIs.Rules, mustFinish)
	repaired.Rules = append(repaired.Rules, mustFinish)

	broken := slices.DeleteFunc(tabletest.Issues(t, asItIs), func(i fsm.Issue) bool { return i.Code != fsm.BrokenRule })
	if diff := cmp.Diff([]fsm.Issue{{Code: fsm.BrokenRule, State: "canceling", Event: "finish"}}, broken); diff != "" {
		t.Errorf("issues of the original (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]fsm.Issue(nil), tabletest.Issues(t, repaired)); diff != "" {
		t.Errorf("issues of the repaired (-want +got):\n%s", diff)
	}
}

// The table for Amazon replaces where it should add, so every state but the one it names loses its
// way out.
func TestAmazonStrandsFourStates(t *testing.T) {
	t.Parallel()
	want := []fsm.Issue{
		{Code: fsm.Trap, State: "aborting"},
		{Code: fsm.Trap, State: "after_scan"},
		{Code: fsm.Trap, State: "canceling"},
		{Code: fsm.Trap, State: "synchronizing"},
	}
	if diff := cmp.Diff(want, newIssues(t, presets.AmazonAsItIs())); diff != "" {
		t.Errorf("issues that VMScan does not have (-want +got):\n%s", diff)
	}
}

// The other tables strand nobody, but leave a canceled job where it was: it ends only when it is
// aborted later.
func TestOtherVariantsStrandNobody(t *testing.T) {
	t.Parallel()
	for _, d := range []presets.Definition{
		presets.VMScanAsItIs(), presets.VMwareAsItIs(), presets.AzureAsItIs(), presets.OpenStackAsItIs(),
	} {
		if more := newIssues(t, d); len(more) > 0 {
			t.Errorf("%s: issues that VMScan does not have: %v", d.Name, more)
		}
		path, _ := fsm.MustCompile(lenient(t, d)).Path("canceling", "finished")
		if diff := cmp.Diff([]presets.Event{"abort_job", "finish"}, path); diff != "" {
			t.Errorf("%s: path from canceling (-want +got):\n%s", d.Name, diff)
		}
	}
	for _, d := range repaired()[:5] {
		path, _ := fsm.MustCompile(d).Path("canceling", "finished")
		if diff := cmp.Diff([]presets.Event{"finish"}, path); diff != "" {
			t.Errorf("%s: path from canceling (-want +got):\n%s", d.Name, diff)
		}
	}
}

// In the original for OpenStack nothing can delete the snapshot once the scan is over.
func TestOpenStackKeepsItsSnapshot(t *testing.T) {
	t.Parallel()
	kept := fsm.Issue{Code: fsm.BrokenRule, State: "after_scan", Event: "snapshot_delete"}
	for _, of := range []struct {
		table presets.Definition
		kept  bool
	}{
		{presets.VMwareAsItIs(), false},
		{presets.AzureAsItIs(), false},
		{presets.OpenStackAsItIs(), true},
		{presets.VMware(), false},
		{presets.Azure(), false},
		{presets.OpenStack(), false},
	} {
		rule := fsm.Rule[presets.State, presets.Event]{Accept: "snapshot_delete", Doc: "a scan leaves no snapshot"}
		for s := range of.table.States {
			if s != "after_scan" {
				rule.Except = append(rule.Except, s)
			}
		}
		of.table.Rules = append(of.table.Rules, rule)
		if got := slices.Contains(tabletest.Issues(t, of.table), kept); got != of.kept {
			t.Errorf("%s: that a scan leaves no snapshot is broken: %v; want %v", of.table.Name, got, of.kept)
		}
	}
}

// newIssues returns the issues of a table that VMScan as it is does not have.
func newIssues(t *testing.T, d presets.Definition) []fsm.Issue {
	t.Helper()
	old := tabletest.Issues(t, presets.VMScanAsItIs())
	return slices.DeleteFunc(tabletest.Issues(t, d), func(i fsm.Issue) bool { return slices.Contains(old, i) })
}
