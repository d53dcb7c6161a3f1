package fsm_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

type (
	plan      = fsm.Definition[string, string]
	planState = fsm.State[string, string]
	planRule  = fsm.Rule[string, string]
	waiver    = fsm.Waiver[string, string]
)

// soundPlan is a small definition with nothing wrong, for tests to spoil.
func soundPlan() plan {
	return plan{
		Name:    "job",
		Initial: "idle",
		States: fsm.States[string, string]{
			"idle": {Mode: fsm.Resting},
			"busy": {After: time.Minute, Then: "late"},
			"done": {Mode: fsm.Final},
		},
		Table: fsm.Table[string, string]{
			"idle": {"begin": "busy"},
			"busy": {"end": "done", "late": "idle"},
		},
	}
}

// planIssues returns what Compile finds in d, and fails where it is not a [*fsm.DefinitionError] of d.
func planIssues(t rapid.TB, d plan) []fsm.Issue {
	t.Helper()
	m, err := fsm.Compile(d)
	if err == nil {
		return nil
	}
	refused, ok := errors.AsType[*fsm.DefinitionError](err)
	if !ok || m != nil {
		t.Fatalf("Compile = %v, %v; want nil and a *DefinitionError", m, err)
	}
	if refused.Name != d.Name || len(refused.Issues) == 0 {
		t.Fatalf("the error is about %q with %d issues; want %q and some", refused.Name, len(refused.Issues), d.Name)
	}
	return refused.Issues
}

func TestCompileFindsEachIssue(t *testing.T) {
	t.Parallel()
	type find struct {
		name  string
		spoil func(d *plan)
		want  fsm.Issue // Text: what the text must contain, words apart
	}
	finds := []find{
		{"no name", func(d *plan) { d.Name = " " }, fsm.Issue{fsm.NoName, "", "", "no name"}},

		{"state with a reserved name", func(d *plan) { d.States[fsm.Same] = planState{Mode: fsm.Resting} }, fsm.Issue{fsm.BadName, "=", "", `"=" name of a state "*"`}},
		{"state without a name", func(d *plan) { d.States[""] = planState{Mode: fsm.Resting} }, fsm.Issue{fsm.BadName, "", "", `"" name of a state not empty`}},
		{"source without a name", func(d *plan) { d.Table[""] = map[string]string{"begin": "busy"} }, fsm.Issue{fsm.UndeclaredState, "", "", `source of the table ""`}},
		{"event with a reserved name", func(d *plan) { d.Table["idle"][fsm.Any] = "busy" }, fsm.Issue{fsm.BadName, "", "*", `"*" name of an event "="`}},
		{"event without a name", func(d *plan) { d.Table["idle"][""] = "busy" }, fsm.Issue{fsm.BadName, "", "", `name of an event not empty`}},

		{"dangling target", func(d *plan) { d.Table["idle"]["end"] = "dnoe" }, fsm.Issue{fsm.UndeclaredState, "idle", "end", `target of "end" in "idle" "dnoe" declare correct`}},
		{"empty target", func(d *plan) { d.Table["idle"]["end"] = "" }, fsm.Issue{fsm.UndeclaredState, "idle", "end", `"end" "idle" empty target "="`}},
		{"undeclared source", func(d *plan) { d.Table["ilde"] = map[string]string{"begin": "busy"} }, fsm.Issue{fsm.UndeclaredState, "ilde", "", `source of the table "ilde"`}},
		{"undeclared superstate", func(d *plan) { d.States["idle"] = planState{Mode: fsm.Resting, In: "home"} }, fsm.Issue{fsm.UndeclaredState, "idle", "", `superstate of "idle" "home"`}},
		{"undeclared first child", func(d *plan) { d.States["idle"] = planState{Mode: fsm.Resting, First: "bed"} }, fsm.Issue{fsm.UndeclaredState, "idle", "", `first child of "idle" "bed"`}},
		{"undeclared exception", func(d *plan) {
			d.Rules = []planRule{{Accept: "late", Modes: []fsm.Mode{fsm.Active}, Except: []string{"buzy"}}}
		}, fsm.Issue{fsm.UndeclaredState, "buzy", "late", `exception "late" "buzy"`}},

		{"undeclared event", func(d *plan) { d.Events = fsm.Events[string]{"begin": {}, "late": {}} }, fsm.Issue{fsm.UndeclaredEvent, "busy", "end", `"end" in state "busy" declare`}},
		{"unused event", func(d *plan) { d.Events = fsm.Events[string]{"begin": {}, "end": {}, "late": {}, "sing": {}} }, fsm.Issue{fsm.UnusedEvent, "", "sing", `no state accepts "sing" row remove`}},

		{"no mode", func(d *plan) { d.States["busy"] = planState{Mode: 9, After: time.Minute, Then: "late"} }, fsm.Issue{fsm.BadMode, "busy", "", `"busy" Mode(9) Active Waiting Resting Final`}},
		{"no origin", func(d *plan) { d.Events = fsm.Events[string]{"begin": {By: 7}, "end": {}, "late": {}} }, fsm.Issue{fsm.BadOrigin, "", "begin", `"begin" Origin(7) Outside Supervisor`}},

		{"no initial state", func(d *plan) { d.Initial, d.Starts = "", []string{"idle"} }, fsm.Issue{fsm.BadStart, "", "", `no initial state set Initial`}},
		{"undeclared start", func(d *plan) { d.Starts = []string{"ilde"} }, fsm.Issue{fsm.BadStart, "ilde", "", `start in "ilde" not declared`}},
		{"final start", func(d *plan) { d.Starts = []string{"done"} }, fsm.Issue{fsm.BadStart, "done", "", `start in "done" final`}},

		{"superstate entered without first child", func(d *plan) {
			d.States["home"] = planState{}
			d.States["idle"] = planState{Mode: fsm.Resting, In: "home"}
			d.Table["idle"]["end"] = "home"
			d.Table["busy"]["begin"] = "home" // one issue for any number of rows
		}, fsm.Issue{fsm.BadFirst, "home", "", `"home" entered set First "idle"`}},
		{"first child of another", func(d *plan) {
			d.States["home"] = planState{First: "busy"}
			d.States["idle"] = planState{Mode: fsm.Resting, In: "home"}
		}, fsm.Issue{fsm.BadFirst, "home", "", `first child of "home" "busy" choose "idle"`}},
		{"first child of a leaf", func(d *plan) { d.States["idle"] = planState{Mode: fsm.Resting, First: "busy"} }, fsm.Issue{fsm.BadFirst, "idle", "", `"idle" first child "busy" remove`}},
		{"state inside itself", func(d *plan) { d.States["idle"] = planState{Mode: fsm.Resting, In: "idle"} }, fsm.Issue{fsm.SuperstateCycle, "idle", "", `"idle" inside itself idle in idle remove`}},

		{"way out of a final state", func(d *plan) { d.Table["done"] = map[string]string{"begin": "busy"} }, fsm.Issue{fsm.FinalExit, "done", "begin", `"begin" from "done" to "busy" final resting`}},
		{"re-entry of a final state", func(d *plan) { d.Table["done"] = map[string]string{"end": "done"} }, fsm.Issue{fsm.FinalExit, "done", "end", `"end" "done" final`}},

		{"negative limit", func(d *plan) { d.States["busy"] = planState{After: -time.Minute, Then: "late"} }, fsm.Issue{fsm.BadTimeout, "busy", "late", `"busy" -1m0s positive`}},
		{"limit without event", func(d *plan) { d.States["busy"] = planState{After: time.Minute} }, fsm.Issue{fsm.BadTimeout, "busy", "", `"busy" 1m0s no event set Then`}},
		{"limit without time", func(d *plan) { d.States["busy"] = planState{Then: "late"} }, fsm.Issue{fsm.BadTimeout, "busy", "late", `"busy" "late" no limit set After`}},
		{"limit of a final state", func(d *plan) { d.States["done"] = planState{Mode: fsm.Final, After: time.Minute, Then: "late"} }, fsm.Issue{fsm.BadTimeout, "done", "late", `"done" final remove`}},
		{"limit whose event is refused", func(d *plan) { d.States["busy"] = planState{After: time.Minute, Then: "begin"} }, fsm.Issue{fsm.BadTimeout, "busy", "begin", `"busy" "begin" refuses add a row`}},
		{"limit that changes nothing", func(d *plan) { d.Table["busy"]["late"] = fsm.Same }, fsm.Issue{fsm.BadTimeout, "busy", "late", `"busy" "late" keeps it there`}},

		{"active state without limit", func(d *plan) { d.States["busy"] = planState{} }, fsm.Issue{fsm.NoTimeout, "busy", "", `"busy" active no limit set After Then`}},
		{"waiting state without limit", func(d *plan) { d.States["busy"] = planState{Mode: fsm.Waiting} }, fsm.Issue{fsm.NoTimeout, "busy", "", `"busy" waiting no limit`}},

		{"unreachable state", func(d *plan) { d.States["attic"] = planState{Mode: fsm.Resting} }, fsm.Issue{fsm.Unreachable, "attic", "", `no path leads to "attic" row start remove`}},
		{"reached by itself alone", func(d *plan) {
			d.States["attic"] = planState{Mode: fsm.Resting}
			d.Table["attic"] = map[string]string{"begin": "attic"}
		}, fsm.Issue{fsm.Unreachable, "attic", "", `no path leads to "attic"`}},
		{"trap", func(d *plan) {
			d.States["pit"] = planState{After: time.Minute, Then: "late"}
			d.Table["idle"]["fall"] = "pit"
			d.Table["pit"] = map[string]string{"late": "pit"}
		}, fsm.Issue{fsm.Trap, "pit", "", `no path from "pit" resting or final add a row`}},

		{"broken rule", func(d *plan) {
			d.Rules = []planRule{{Accept: "end", Except: []string{"busy"}, Doc: "all things end"}}
		}, fsm.Issue{fsm.BrokenRule, "idle", "end", `"idle" refuses "end" (all things end) row exception`}},
		{"broken rule for a mode", func(d *plan) {
			d.Rules = []planRule{{Accept: "begin", Modes: []fsm.Mode{fsm.Active}}}
		}, fsm.Issue{fsm.BrokenRule, "busy", "begin", `"busy" refuses "begin"`}},
		{"broken rule for final states", func(d *plan) {
			d.Rules = []planRule{{Accept: "end", Modes: []fsm.Mode{fsm.Final}}}
		}, fsm.Issue{fsm.BrokenRule, "done", "end", `"done" refuses "end"`}},

		{"stale waiver", func(d *plan) { d.Waivers = []waiver{{Code: fsm.Trap, State: "busy", Reason: "it was one"}} }, fsm.Issue{fsm.BadWaiver, "busy", "", `no issue "trap" "busy" remove the waiver`}},
		{"waiver of what cannot be waived", func(d *plan) {
			d.Waivers = []waiver{{Code: fsm.FinalExit, State: "done", Event: "begin", Reason: "we like it"}}
		}, fsm.Issue{fsm.BadWaiver, "done", "begin", `"final-exit" cannot be waived "trap"`}},
	}

	tested := map[fsm.Code]bool{}
	for _, f := range finds {
		tested[f.want.Code] = true
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			d := soundPlan()
			f.spoil(&d)
			issues := planIssues(t, d)
			if len(issues) != 1 {
				t.Fatalf("Compile finds %v; want one issue", issues)
			}
			got := issues[0]
			if got.Code != f.want.Code || got.State != f.want.State || got.Event != f.want.Event {
				t.Errorf("issue is %s of state %q and event %q; want %s, %q, %q",
					got.Code, got.State, got.Event, f.want.Code, f.want.State, f.want.Event)
			}
			for word := range strings.FieldsSeq(f.want.Text) {
				if !strings.Contains(got.Text, word) {
					t.Errorf("text %q says nothing of %s", got.Text, word)
				}
			}
		})
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(declaredCodes(t))), slices.Sorted(maps.Keys(tested))); diff != "" {
		t.Errorf("codes that are declared and tested (-declared +tested):\n%s", diff)
	}
}

// declaredCodes reads the codes from their declarations, so that none can be added without a test.
func declaredCodes(t *testing.T) map[fsm.Code]bool {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "issue.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	codes := map[fsm.Code]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := spec.Type.(*ast.Ident); !ok || typ.Name != "Code" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		codes[fsm.Code(value)] = true
		return true
	})
	return codes
}

func TestCompileFindsEverythingAtOnceAndInOrder(t *testing.T) {
	t.Parallel()
	d := soundPlan()
	d.Name = ""
	d.States["pit"] = planState{}
	d.States["attic"] = planState{Mode: fsm.Resting}
	d.Table["idle"]["fall"] = "pit"
	d.Table["idle"]["end"] = "dnoe"
	d.Table["done"] = map[string]string{"begin": "busy", "late": "idle"}
	d.Starts = []string{"done"}
	d.Rules = []planRule{{Accept: "begin"}}
	want := []string{
		"bad-start done ", "broken-rule attic begin", "broken-rule busy begin", "broken-rule pit begin",
		"final-exit done begin", "final-exit done late", "no-name  ", "no-timeout pit ", "trap pit ",
		"undeclared-state idle end", "unreachable attic ",
	}
	var text string
	for range 20 { // maps are read in another order each time
		var got []string
		issues := planIssues(t, d)
		for _, i := range issues {
			got = append(got, strings.Join([]string{string(i.Code), i.State, i.Event}, " "))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("issues (-want +got):\n%s", diff)
		}
		if now := (&fsm.DefinitionError{Name: d.Name, Issues: issues}).Error(); text == "" {
			text = now
		} else if text != now {
			t.Fatalf("the error was\n%s\nand then\n%s", text, now)
		}
	}
	if lines := strings.Count(text, "\n\t"); lines != len(want) {
		t.Errorf("the error has %d lines of issues; want %d:\n%s", lines, len(want), text)
	}
}

// Each state of a cycle is named, and the rest of the definition is still checked.
func TestCompileBreaksCyclesOfSuperstates(t *testing.T) {
	t.Parallel()
	d := soundPlan()
	d.States["a"] = planState{In: "b"}
	d.States["b"] = planState{In: "c"}
	d.States["c"] = planState{In: "a"}
	d.States["idle"] = planState{Mode: fsm.Resting, In: "a"} // beneath the cycle, not in it
	d.States["busy"] = planState{}
	issues := planIssues(t, d)
	var cycles []string
	for _, i := range issues {
		if i.Code == fsm.SuperstateCycle {
			cycles = append(cycles, i.Text)
		}
	}
	if len(cycles) != 1 || !strings.Contains(cycles[0], "a in b in c in a") {
		t.Errorf("cycles are reported as %q; want one text that shows a in b in c in a", cycles)
	}
	if !slices.ContainsFunc(issues, func(i fsm.Issue) bool { return i.Code == fsm.NoTimeout && i.State == "busy" }) {
		t.Errorf("issues %v do not mention the missing limit of busy", issues)
	}
}

func TestWaivers(t *testing.T) {
	t.Parallel()
	accepted := waiver{Code: fsm.NoTimeout, State: "busy", Reason: "a person watches it"}
	unlimited := func(waivers ...waiver) plan {
		d := soundPlan()
		d.States["busy"] = planState{}
		d.Waivers = waivers
		return d
	}
	if issues := planIssues(t, unlimited(accepted)); issues != nil {
		t.Errorf("an accepted issue is still reported: %v", issues)
	}

	silent := accepted
	silent.Reason = " "
	var got []fsm.Code
	for _, i := range planIssues(t, unlimited(silent)) {
		got = append(got, i.Code)
	}
	if diff := cmp.Diff([]fsm.Code{fsm.BadWaiver, fsm.NoTimeout}, got); diff != "" {
		t.Errorf("issues of a waiver without a reason (-want +got):\n%s", diff)
	}

	// A waiver is for one event.
	got = nil
	other := soundPlan()
	other.Rules = []planRule{{Accept: "end", Modes: []fsm.Mode{fsm.Resting}}}
	other.Waivers = []waiver{{Code: fsm.BrokenRule, State: "idle", Event: "late", Reason: "a person watches it"}}
	for _, i := range planIssues(t, other) {
		got = append(got, i.Code)
	}
	if diff := cmp.Diff([]fsm.Code{fsm.BadWaiver, fsm.BrokenRule}, got); diff != "" {
		t.Errorf("issues of a waiver of another event (-want +got):\n%s", diff)
	}

	// A second waiver of one issue has nothing left to accept.
	got = nil
	for _, i := range planIssues(t, unlimited(accepted, accepted)) {
		got = append(got, i.Code)
	}
	if diff := cmp.Diff([]fsm.Code{fsm.BadWaiver}, got); diff != "" {
		t.Errorf("issues of a doubled waiver (-want +got):\n%s", diff)
	}

	// Every code that is a matter of judgement can be waived.
	d := soundPlan()
	d.Events = fsm.Events[string]{"begin": {}, "end": {}, "late": {}, "fall": {}, "sing": {}}
	d.States["pit"] = planState{}
	d.States["attic"] = planState{Mode: fsm.Resting}
	d.Table["idle"]["fall"] = "pit"
	d.Rules = []planRule{{Accept: "begin", Except: []string{"busy", "pit"}}}
	for _, i := range planIssues(t, d) {
		d.Waivers = append(d.Waivers, waiver{Code: i.Code, State: i.State, Event: i.Event, Reason: "for a test"})
	}
	if len(d.Waivers) != 5 {
		t.Errorf("there are %d issues to waive; want 5", len(d.Waivers))
	}
	if issues := planIssues(t, d); issues != nil {
		t.Errorf("waived issues are still reported: %v", issues)
	}
}

func TestMustCompilePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if err, ok := recover().(*fsm.DefinitionError); !ok || err.Name != "job" {
			t.Errorf("MustCompile panicked with %v; want the *DefinitionError", err)
		}
	}()
	d := soundPlan()
	d.Initial = ""
	fsm.MustCompile(d)
}

// A machine is its own: what happens to the definition afterwards, or to one that it gives away,
// does not change it.
func TestCompileKeepsACopy(t *testing.T) {
	t.Parallel()
	d := soundPlan()
	d.Rules = []planRule{{Accept: "begin", Modes: []fsm.Mode{fsm.Resting}}}
	m := fsm.MustCompile(d)
	for _, other := range []plan{d, m.Definition()} {
		other.Table["idle"]["begin"] = "done"
		other.States["busy"] = planState{Mode: fsm.Final}
		other.Rules[0].Modes[0] = fsm.Final
		delete(other.Table, "busy")
	}
	want := soundPlan()
	want.Rules = []planRule{{Accept: "begin", Modes: []fsm.Mode{fsm.Resting}}}
	if diff := cmp.Diff(want, m.Definition()); diff != "" {
		t.Errorf("definition of the machine (-want +got):\n%s", diff)
	}
	if next, _ := m.Next("idle", "begin"); next != "busy" {
		t.Errorf("the machine goes from idle to %q; want busy", next)
	}
}
