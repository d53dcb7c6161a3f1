package originals_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
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
func (s signals) cells(states []originals.State) map[[2]string]string {
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
	change  func(originals.Definition) originals.Definition
	signals signals
}{
	{originals.Amazon, vmScan.with(signals{
		"finish": {"scanning": "finished"},
	})},
	{originals.VMware, vmScan.with(signals{
		"start_snapshot":    {"before_scan": "snapshot_create"},
		"snapshot_complete": {"snapshot_create": "check_host_credentials", "snapshot_delete": "synchronizing"},
		"start_scan":        {"check_host_credentials": "scanning"},
		"snapshot_delete":   {"after_scan": "snapshot_delete"},
		"data": {
			"snapshot_create": "scanning", "scanning": "scanning", "snapshot_delete": "snapshot_delete",
			"synchronizing": "synchronizing", "finished": "finished",
		},
	})},
	{originals.Azure, vmScan.with(signals{
		"start_snapshot":    {"before_scan": "snapshot_create"},
		"snapshot_complete": {"snapshot_create": "scanning", "snapshot_delete": "synchronizing"},
		"snapshot_delete":   {"after_scan": "snapshot_delete"},
		"data": {
			"snapshot_create": "scanning", "scanning": "scanning", "snapshot_delete": "snapshot_delete",
			"synchronizing": "synchronizing", "finished": "finished",
		},
	})},
	{originals.OpenStack, vmScan.with(signals{
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
	checkSignals(t, originals.VMScanAsItIs(), vmScan)
	for _, v := range variants {
		checkSignals(t, v.change(originals.VMScanAsItIs()), v.signals)
	}
}

func checkSignals(t *testing.T, d originals.Definition, want signals) {
	t.Helper()
	m := fsm.MustCompile(lenient(t, d))
	if diff := cmp.Diff(want.cells(m.States()), cellsOf(m)); diff != "" {
		t.Errorf("cells of %s (-want +got):\n%s", d.Name, diff)
	}
}

// lenient returns d as something to compile: its finished state, which the original leaves, only
// rests, and what else is wrong is waived.
func lenient(t *testing.T, d originals.Definition) originals.Definition {
	t.Helper()
	d = d.Clone()
	finished := d.States["finished"]
	finished.Mode = fsm.Resting
	d.States["finished"] = finished
	for _, i := range issuesOf(t, d) {
		d.Waivers = append(d.Waivers, fsm.Waiver[originals.State, originals.Event]{
			Code: i.Code, State: originals.State(i.State), Event: originals.Event(i.Event), Reason: "the original is so",
		})
	}
	return d
}

func TestVMScanAsItIsIsRefused(t *testing.T) {
	t.Parallel()
	want := []issue{
		{fsm.FinalExit, "finished", "abort_job"},
		{fsm.FinalExit, "finished", "cancel"},
		{fsm.FinalExit, "finished", "data"},
		{fsm.NoTimeout, "waiting_to_start", ""},
	}
	if diff := cmp.Diff(want, issuesOf(t, originals.VMScanAsItIs())); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
}

// What is canceled signals the end, like what is aborted, but the original refuses it.
func TestVMScanAsItIsCannotEndCanceling(t *testing.T) {
	t.Parallel()
	mustFinish := fsm.Rule[originals.State, originals.Event]{
		Accept: "finish",
		Except: []originals.State{"initialize", "waiting_to_start", "checking_policy", "before_scan", "scanning", "after_scan"},
		Doc:    "what ends must come to its end",
	}
	asItIs, repaired := originals.VMScanAsItIs(), originals.VMScan()
	asItIs.Rules = append(asItIs.Rules, mustFinish)
	repaired.Rules = append(repaired.Rules, mustFinish)

	broken := slices.DeleteFunc(issuesOf(t, asItIs), func(i issue) bool { return i.Code != fsm.BrokenRule })
	if diff := cmp.Diff([]issue{{fsm.BrokenRule, "canceling", "finish"}}, broken); diff != "" {
		t.Errorf("issues of the original (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]issue(nil), issuesOf(t, repaired)); diff != "" {
		t.Errorf("issues of the repaired (-want +got):\n%s", diff)
	}
}

func TestVMScanEndsWell(t *testing.T) {
	t.Parallel()
	for _, d := range []originals.Definition{
		originals.VMScan(),
		originals.AmazonRepaired(originals.VMScan()),
		originals.VMware(originals.VMScan()),
		originals.Azure(originals.VMScan()),
		originals.OpenStack(originals.VMScan()),
		originals.PodScan(),
	} {
		m, err := fsm.Compile(d)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, s := range m.States() {
			if _, ok := m.Path(s, "finished"); !ok {
				t.Errorf("%s: no path leads from %q to the end", d.Name, s)
			}
		}
		if leaving := m.Permitted("finished"); len(leaving) > 0 {
			t.Errorf("%s: what is finished still accepts %q", d.Name, leaving)
		}
		for _, s := range []originals.State{"aborting", "canceling"} {
			_, then, _ := m.Timeout(s)
			if to, _ := m.Next(s, then); to != "finished" {
				t.Errorf("%s: when the time of %q is up it comes to %q; want the end", d.Name, s, to)
			}
		}
	}
}

// The change for Amazon replaces where it should add, so every state but the one it names loses its
// way out. It is the same four states on the original and on the repaired table.
func TestAmazonStrandsFourStates(t *testing.T) {
	t.Parallel()
	traps := []issue{
		{fsm.Trap, "aborting", ""},
		{fsm.Trap, "after_scan", ""},
		{fsm.Trap, "canceling", ""},
		{fsm.Trap, "synchronizing", ""},
	}
	t.Run("as it is", func(t *testing.T) {
		t.Parallel()
		if diff := cmp.Diff(traps, newIssues(t, originals.VMScanAsItIs(), originals.Amazon)); diff != "" {
			t.Errorf("issues that the change brings (-want +got):\n%s", diff)
		}
	})
	t.Run("repaired base", func(t *testing.T) {
		t.Parallel()
		// There the limits of the endings fire the event that is gone.
		want := append([]issue{
			{fsm.BadTimeout, "aborting", "finish"},
			{fsm.BadTimeout, "canceling", "finish"},
		}, traps...)
		if diff := cmp.Diff(want, newIssues(t, originals.VMScan(), originals.Amazon)); diff != "" {
			t.Errorf("issues that the change brings (-want +got):\n%s", diff)
		}
	})
}

// The other changes strand nobody, but leave a canceled job where it was: it ends only when it is
// aborted later.
func TestOtherVariantsStrandNobody(t *testing.T) {
	t.Parallel()
	unchanged := func(d originals.Definition) originals.Definition { return d }
	for _, change := range []func(originals.Definition) originals.Definition{
		unchanged, originals.VMware, originals.Azure, originals.OpenStack,
	} {
		d := change(originals.VMScanAsItIs())
		if diff := cmp.Diff([]issue(nil), newIssues(t, originals.VMScanAsItIs(), change)); diff != "" {
			t.Errorf("%s: issues that the change brings (-want +got):\n%s", d.Name, diff)
		}
		path, _ := fsm.MustCompile(lenient(t, d)).Path("canceling", "finished")
		if diff := cmp.Diff([]originals.Event{"abort_job", "finish"}, path); diff != "" {
			t.Errorf("%s: path from canceling (-want +got):\n%s", d.Name, diff)
		}
		path, _ = fsm.MustCompile(change(originals.VMScan())).Path("canceling", "finished")
		if diff := cmp.Diff([]originals.Event{"finish"}, path); diff != "" {
			t.Errorf("%s: path from canceling, repaired (-want +got):\n%s", d.Name, diff)
		}
	}
}

// In the variant for OpenStack nothing can delete the snapshot once the scan is over.
func TestOpenStackKeepsItsSnapshot(t *testing.T) {
	t.Parallel()
	for _, want := range []struct {
		change func(originals.Definition) originals.Definition
		issues []issue
	}{
		{originals.VMware, nil},
		{originals.Azure, nil},
		{originals.OpenStack, []issue{{fsm.BrokenRule, "after_scan", "snapshot_delete"}}},
	} {
		d := want.change(originals.VMScan())
		rule := fsm.Rule[originals.State, originals.Event]{Accept: "snapshot_delete", Doc: "a scan leaves no snapshot"}
		for s := range d.States {
			if s != "after_scan" {
				rule.Except = append(rule.Except, s)
			}
		}
		d.Rules = append(d.Rules, rule)
		if diff := cmp.Diff(want.issues, issuesOf(t, d)); diff != "" {
			t.Errorf("%s: issues (-want +got):\n%s", d.Name, diff)
		}
	}
}

// newIssues returns the issues that a change brings to a base.
func newIssues(t *testing.T, base originals.Definition, change func(originals.Definition) originals.Definition) (issues []issue) {
	t.Helper()
	old := issuesOf(t, base)
	for _, i := range issuesOf(t, change(base)) {
		if !slices.Contains(old, i) {
			issues = append(issues, i)
		}
	}
	return issues
}
