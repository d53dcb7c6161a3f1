package presets_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/tabletest"
	"github.com/reeve-go/reeve/scan/presets"
)

func TestPodScanCells(t *testing.T) {
	t.Parallel()
	m := fsm.MustCompile(presets.PodScan())
	want := signals{
		"initializing": {"initialize": "waiting_to_start"},
		"start":        {"waiting_to_start": "pod_create"},
		"pod_wait":     {"pod_create": "waiting_to_scan", "waiting_to_scan": "waiting_to_scan"},
		"analyze":      {"waiting_to_scan": "scanning"},
		"data":         {"scanning": "synchronizing", "synchronizing": "synchronizing"},
		"cleanup":      {"synchronizing": "pod_delete"},
		"done":         {"pod_delete": "finished", "aborting": "finished", "canceling": "finished", "finishing": "finished"},
		"abort_job":    {"*": "aborting"},
		"cancel":       {"*": "canceling"},
		"cancel_job":   {"*": "canceling"},
		"finish":       {"*": "finishing"},
	}.cells(m.States())
	for _, e := range m.Events() { // a wildcard leaves no final state
		want[[2]string{"finished", string(e)}] = ""
	}
	if diff := cmp.Diff(want, tabletest.Cells(m)); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
}
