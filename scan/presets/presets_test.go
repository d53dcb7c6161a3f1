package presets_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/scan/presets"
)

type machine = fsm.Machine[presets.State, presets.Event]

// cellsOf returns the target of every state and event, empty where the event is refused.
func cellsOf(m *machine) map[[2]string]string {
	cells := map[[2]string]string{}
	for _, s := range m.States() {
		for _, e := range m.Events() {
			to, _ := m.Next(s, e)
			cells[[2]string{string(s), string(e)}] = string(to)
		}
	}
	return cells
}

type issue struct {
	Code         fsm.Code
	State, Event string
}

// issuesOf returns what Compile finds in a definition, without the texts.
func issuesOf(t *testing.T, d presets.Definition) (issues []issue) {
	t.Helper()
	_, err := fsm.Compile(d)
	if err == nil {
		return nil
	}
	refused, ok := errors.AsType[*fsm.DefinitionError](err)
	if !ok {
		t.Fatalf("Compile says %v; want a *DefinitionError", err)
	}
	for _, i := range refused.Issues {
		issues = append(issues, issue{i.Code, i.State, i.Event})
	}
	return issues
}

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
	sentence := func(what, doc string) {
		if !strings.HasSuffix(doc, ".") {
			t.Errorf("%s is explained by %q; want a sentence", what, doc)
		}
	}
	names := map[string]bool{}
	for _, d := range append(repaired(), asTheyAre()...) {
		if names[d.Name] {
			t.Errorf("two tables are called %s", d.Name)
		}
		names[d.Name] = true
		sentence(d.Name, d.Doc)
		for s, state := range d.States {
			sentence(d.Name+" state "+string(s), state.Doc)
		}
		for e, event := range d.Events {
			sentence(d.Name+" event "+string(e), event.Doc)
		}
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
