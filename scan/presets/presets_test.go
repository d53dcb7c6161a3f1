package presets_test

import (
	"testing"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/tabletest"
	"github.com/reeve-go/reeve/scan/presets"
)

func repaired() []presets.Definition {
	return []presets.Definition{presets.VMScan(), presets.Amazon(), presets.VMware(), presets.Azure(), presets.OpenStack(), presets.PodScan()}
}

func asTheyAre() []presets.Definition {
	return []presets.Definition{
		presets.VMScanAsItIs(), presets.AmazonAsItIs(), presets.VMwareAsItIs(), presets.AzureAsItIs(), presets.OpenStackAsItIs(),
	}
}

// Whoever reads a diagram finds a sentence for each state and event.
func TestEverythingIsExplained(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, d := range append(repaired(), asTheyAre()...) {
		if names[d.Name] {
			t.Errorf("two tables are called %s", d.Name)
		}
		names[d.Name] = true
		tabletest.Explained(t, d)
	}
}

func TestRepairedEndsWell(t *testing.T) {
	t.Parallel()
	for _, d := range repaired() {
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
		for _, s := range []presets.State{"aborting", "canceling"} {
			_, then, _ := m.Timeout(s)
			if to, _ := m.Next(s, then); to != "finished" {
				t.Errorf("%s: when the time of %q is up it comes to %q; want the end", d.Name, s, to)
			}
		}
	}
}
