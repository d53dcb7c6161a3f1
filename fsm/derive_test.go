package fsm_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

type (
	scanState string
	scanEvent string
)

// vmScan is a scan job that cleans up after itself: every state has a limit, whose event aborts.
func vmScan() fsm.Definition[scanState, scanEvent] {
	d := fsm.Definition[scanState, scanEvent]{
		Name:    "vm-scan",
		Initial: "initialize",
		States: fsm.States[scanState, scanEvent]{
			"finished": {Mode: fsm.Final},
		},
		Table: fsm.Table[scanState, scanEvent]{
			"initialize":       {"initializing": "waiting_to_start"},
			"waiting_to_start": {"start": "checking_policy"},
			"checking_policy":  {"before_scan": "before_scan"},
			"before_scan":      {"start_scan": "scanning"},
			"scanning":         {"after_scan": "after_scan", "data": fsm.Same, "scan_retry": "scanning", "abort_retry": "scanning"},
			"after_scan":       {"synchronize": "synchronizing"},
			"synchronizing":    {"finish": "finished", "data": fsm.Same},
			"aborting":         {"finish": "finished"},
			"canceling":        {"finish": "finished"},
			"finished":         {"data": fsm.Same},
			fsm.Any:            {"abort_job": "aborting", "cancel": "canceling", "error": fsm.Same},
		},
	}
	for s := range d.Table {
		if _, known := d.States[s]; !known && s != fsm.Any {
			d.States[s] = fsm.State[scanState, scanEvent]{After: 50 * time.Minute, Then: "abort_job"}
		}
	}
	return d
}

// A variant that replaces a whole event takes the way out from every state it does not name. The
// base is sound, and Compile says so of the variant.
func TestDeriveReplacesAnEventAndStrandsStates(t *testing.T) {
	t.Parallel()
	base := vmScan()
	if _, err := fsm.Compile(base); err != nil {
		t.Fatal(err)
	}
	amazon := mustDerive(t, base, func(e *fsm.Edit[scanState, scanEvent]) {
		e.ReplaceEvent("finish", map[scanState]scanState{"scanning": "finished"})
	})

	wantChanges := []string{
		"row removed: aborting --finish--> finished",
		"row removed: canceling --finish--> finished",
		"row added: scanning --finish--> finished",
		"row removed: synchronizing --finish--> finished",
	}
	if diff := cmp.Diff(wantChanges, lines(fsm.Diff(base, amazon))); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}

	_, err := fsm.Compile(amazon)
	refused, ok := errors.AsType[*fsm.DefinitionError](err)
	if !ok {
		t.Fatalf("Compile says %v; want a *DefinitionError", err)
	}
	type stranded struct {
		Code  fsm.Code
		State string
	}
	var got []stranded
	for _, issue := range refused.Issues {
		got = append(got, stranded{issue.Code, issue.State})
	}
	want := []stranded{{fsm.Trap, "aborting"}, {fsm.Trap, "after_scan"}, {fsm.Trap, "canceling"}, {fsm.Trap, "synchronizing"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}

	added := mustDerive(t, base, func(e *fsm.Edit[scanState, scanEvent]) {
		e.AddRow("scanning", "finish", "finished")
	})
	if _, err := fsm.Compile(added); err != nil {
		t.Errorf("with the row added instead: %v", err)
	}
}

func TestDeriveRefusals(t *testing.T) {
	t.Parallel()
	base := words{
		Name: "base", Doc: "doc", Initial: "idle", Starts: []string{"ready"},
		States: fsm.States[string, string]{
			"idle":  {Mode: fsm.Resting, In: "super"},
			"ready": {Mode: fsm.Waiting, After: time.Minute, Then: "late"},
			"super": {First: "idle"},
		},
		Events:  fsm.Events[string]{"go": {}, "late": {}},
		Table:   fsm.Table[string, string]{"idle": {"go": "ready"}, "ready": {"late": "idle"}},
		Rules:   []wordsRule{{Accept: "go", Except: []string{"super"}}},
		Waivers: []fsm.Waiver[string, string]{{Code: fsm.Trap, State: "ready", Event: "go"}},
	}
	for name, test := range map[string]struct {
		edit func(e *wordsEdit)
		want string
	}{
		"doc":            {func(e *wordsEdit) { e.SetDoc("doc") }, `SetDoc("doc"): that is the doc already; remove the edit`},
		"initial":        {func(e *wordsEdit) { e.SetInitial("idle") }, `SetInitial("idle"): it is the initial state already; remove the edit`},
		"start":          {func(e *wordsEdit) { e.AddStart("ready") }, `AddStart("ready"): it is a start already; remove the edit`},
		"no start":       {func(e *wordsEdit) { e.RemoveStart("idle") }, `RemoveStart("idle"): it is no start; the starts are "ready"`},
		"state":          {func(e *wordsEdit) { e.AddState("idle", wordsState{}) }, `AddState("idle"): the state exists; change it with SetMode, SetTimeout, SetSuperstate or SetFirst`},
		"no state":       {func(e *wordsEdit) { e.RemoveState("lost") }, `RemoveState("lost"): there is no such state; the states are "idle", "ready", "super"`},
		"state in use":   {func(e *wordsEdit) { e.RemoveState("idle") }, `RemoveState("idle"): it is still the initial state, the first child of "super", in the row idle --go--> ready, in the row ready --late--> idle; change or remove that first`},
		"start in use":   {func(e *wordsEdit) { e.RemoveState("ready") }, `RemoveState("ready"): it is still a start, in the row idle --go--> ready, in the row ready --late--> idle, in the waiver of "trap"; change or remove that first`},
		"parent in use":  {func(e *wordsEdit) { e.RemoveState("super") }, `RemoveState("super"): it is still the superstate of "idle", an exception of the rule about "go"; change or remove that first`},
		"mode":           {func(e *wordsEdit) { e.SetMode("idle", fsm.Resting) }, `SetMode("idle", resting): it is so already; remove the edit`},
		"mode of none":   {func(e *wordsEdit) { e.SetMode("lost", fsm.Resting) }, `SetMode("lost", resting): there is no such state; the states are "idle", "ready", "super"`},
		"timeout":        {func(e *wordsEdit) { e.SetTimeout("ready", time.Minute, "late") }, `SetTimeout("ready", 1m0s, "late"): it is so already; remove the edit`},
		"superstate":     {func(e *wordsEdit) { e.SetSuperstate("idle", "super") }, `SetSuperstate("idle", "super"): it is so already; remove the edit`},
		"first":          {func(e *wordsEdit) { e.SetFirst("super", "idle") }, `SetFirst("super", "idle"): it is so already; remove the edit`},
		"event":          {func(e *wordsEdit) { e.AddEvent("go", fsm.Event{}) }, `AddEvent("go"): the event is declared already; remove the edit`},
		"no event":       {func(e *wordsEdit) { e.RemoveEvent("stop") }, `RemoveEvent("stop"): there is no such event; remove the edit`},
		"event in rule":  {func(e *wordsEdit) { e.RemoveEvent("go") }, `RemoveEvent("go"): it is still demanded by a rule, in the waiver of "trap"; change or remove that first`},
		"event in limit": {func(e *wordsEdit) { e.RemoveEvent("late") }, `RemoveEvent("late"): it is still what the limit of "ready" fires; change or remove that first`},
		"row":            {func(e *wordsEdit) { e.AddRow("idle", "go", "idle") }, `AddRow("idle", "go", "idle"): the row exists and leads to "ready"; change it with SetRow`},
		"no row to set":  {func(e *wordsEdit) { e.SetRow("idle", "late", "idle") }, `SetRow("idle", "late", "idle"): there is no such row; add it with AddRow`},
		"row as it is":   {func(e *wordsEdit) { e.SetRow("idle", "go", "ready") }, `SetRow("idle", "go", "ready"): it leads there already; remove the edit`},
		"no row":         {func(e *wordsEdit) { e.RemoveRow("idle", "late") }, `RemoveRow("idle", "late"): there is no such row; "idle" has rows for "go"`},
		"no source":      {func(e *wordsEdit) { e.RemoveRow("lost", "late") }, `RemoveRow("lost", "late"): there is no such row; "lost" has rows for nothing`},
		"no rows":        {func(e *wordsEdit) { e.ReplaceEvent("stop", map[string]string{"idle": "idle"}) }, `ReplaceEvent("stop"): the event has no rows; add them with AddRow`},
		"by no rows":     {func(e *wordsEdit) { e.ReplaceEvent("go", nil) }, `ReplaceEvent("go"): no rows are given; use RemoveEvent`},
		"by its rows":    {func(e *wordsEdit) { e.ReplaceEvent("go", map[string]string{"idle": "ready"}) }, `ReplaceEvent("go"): these are its rows already; remove the edit`},
		"rule":           {func(e *wordsEdit) { e.AddRule(wordsRule{Accept: "go", Except: []string{"super"}}) }, `AddRule: there is a rule that "go" is accepted in every state except super already; remove the edit`},
		"no rule":        {func(e *wordsEdit) { e.RemoveRules("late") }, `RemoveRules("late"): no rule demands that event; remove the edit`},
		"waiver":         {func(e *wordsEdit) { e.Waive(fsm.Trap, "ready", "go", "another reason") }, `Waive("trap", "ready", "go"): it is waived already; remove the edit`},
		"no waiver":      {func(e *wordsEdit) { e.Unwaive(fsm.Trap, "ready", "") }, `Unwaive("trap", "ready", ""): it is not waived; remove the edit`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := base.Derive("variant", test.edit)
			if err == nil {
				t.Fatal("no error")
			}
			if want := "fsm: definition \"variant\" cannot be derived from \"base\":\n\t" + test.want; err.Error() != want {
				t.Errorf("error is\n\t%v\nwant\n\t%s", err, want)
			}
		})
	}
}

func TestDeriveReportsEveryRefusalAtOnce(t *testing.T) {
	t.Parallel()
	base := words{Name: "base", Table: fsm.Table[string, string]{"a": {"go": "b"}}}
	variant, err := base.Derive("base", func(e *wordsEdit) {
		e.AddRow("a", "go", "c")
		e.AddRow("a", "stop", "c")
		e.RemoveStart("a")
	})
	want := `fsm: definition "base" cannot be derived from "base":
	the variant has the name of its base; give it one of its own
	AddRow("a", "go", "c"): the row exists and leads to "b"; change it with SetRow
	RemoveStart("a"): it is no start; the starts are nothing`
	if err == nil || err.Error() != want {
		t.Errorf("error is\n%v\nwant\n%s", err, want)
	}
	sameDefinition(t, "variant", words{}, variant)
}

func TestDeriveWithoutEdits(t *testing.T) {
	t.Parallel()
	base := vmScan()
	variant, err := base.Derive("copy", nil)
	if changes := fsm.Diff(base, variant); err != nil || variant.Name != "copy" || len(changes) > 0 {
		t.Errorf("got %q, %v, changes %v", variant.Name, err, changes)
	}
}

func TestDeriveRemovesAStateThatOnlyNamesItself(t *testing.T) {
	t.Parallel()
	base := words{Name: "base", States: fsm.States[string, string]{"a": {In: "a", First: "a"}}}
	variant := mustDerive(t, base, func(e *wordsEdit) { e.RemoveState("a") })
	if len(variant.States) > 0 {
		t.Errorf("states left: %v", variant.States)
	}
}

func TestDeriveFromNothing(t *testing.T) {
	t.Parallel()
	variant := mustDerive(t, words{}, func(e *wordsEdit) {
		e.SetInitial("a")
		e.AddState("a", wordsState{Mode: fsm.Resting})
		e.AddEvent("go", fsm.Event{})
		e.AddRow("a", "go", "a")
	})
	if _, err := fsm.Compile(variant); err != nil {
		t.Error(err)
	}
}

// Any definition can be derived from any other: there is an edit for everything. The base, and what
// the edits were given, stay the caller's own.
func TestDeriveReachesEveryDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyDefinition(fewNames()).Draw(t, "a")
		b := anyDefinition(fewNames()).Draw(t, "b")
		a.Name, b.Name = "a", "b"
		wasA, wasB := a.Clone(), b.Clone()
		variant, err := a.Derive("b", func(e *wordsEdit) { takeDown(e, a); buildUp(e, a.Doc, b) })
		if err != nil {
			t.Fatal(err)
		}
		if changes := fsm.Diff(b, variant); len(changes) > 0 || variant.Doc != b.Doc {
			t.Fatalf("doc %q, changes:\n%s", variant.Doc, strings.Join(lines(changes), "\n"))
		}
		spoil(variant)
		sameDefinition(t, "base", wasA, a)
		sameDefinition(t, "given to the edits", wasB, b)
	})
}

// takeDown removes everything but the doc.
func takeDown(e *wordsEdit, d words) {
	for _, w := range d.Waivers {
		e.Unwaive(w.Code, w.State, w.Event)
	}
	for i, rule := range d.Rules {
		if !slices.ContainsFunc(d.Rules[:i], func(r wordsRule) bool { return r.Accept == rule.Accept }) {
			e.RemoveRules(rule.Accept)
		}
	}
	for _, s := range d.Starts {
		e.RemoveStart(s)
	}
	e.SetInitial("none")
	for from, row := range d.Table {
		for event := range row {
			e.RemoveRow(from, event)
		}
	}
	for s, state := range d.States {
		if state.After != 0 || state.Then != "" {
			e.SetTimeout(s, 0, "")
		}
		if state.In != "" {
			e.SetSuperstate(s, "")
		}
		if state.First != "" {
			e.SetFirst(s, "")
		}
	}
	for s := range d.States {
		e.RemoveState(s)
	}
	for event := range d.Events {
		e.RemoveEvent(event)
	}
}

func buildUp(e *wordsEdit, doc string, d words) {
	if doc != d.Doc {
		e.SetDoc(d.Doc)
	}
	e.SetInitial(d.Initial)
	for s, state := range d.States {
		e.AddState(s, state)
	}
	for event, about := range d.Events {
		e.AddEvent(event, about)
	}
	for from, row := range d.Table {
		for event, to := range row {
			e.AddRow(from, event, to)
		}
	}
	for _, s := range d.Starts {
		e.AddStart(s)
	}
	for _, rule := range d.Rules {
		e.AddRule(rule)
	}
	for _, w := range d.Waivers {
		e.Waive(w.Code, w.State, w.Event, w.Reason)
	}
}

// spoil writes into everything that d could share with another definition.
func spoil(d words) {
	clear(d.States)
	clear(d.Events)
	for _, row := range d.Table {
		clear(row)
	}
	clear(d.Table)
	clear(d.Starts)
	for _, rule := range d.Rules {
		clear(rule.Modes)
		clear(rule.Except)
	}
	clear(d.Rules)
	clear(d.Waivers)
}

// What Diff lists of a variant are its edits, no more and no less.
func TestDiffListsTheEdits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := anyDefinition(fewNames()).Draw(t, "base")
		was := base.Clone()
		var want []fsm.Change
		variant, err := base.Derive(base.Name+"+", func(e *wordsEdit) { want = drawEdits(t, e, base) })
		if err != nil {
			t.Fatal(err)
		}
		got := fsm.Diff(base, variant)
		for i := range got {
			if got[i].Part != "row" { // of the others the edit is what counts, not the text
				got[i].Was, got[i].Is = "", ""
			}
		}
		anyOrder := cmpopts.SortSlices(byPrint[fsm.Change])
		if diff := cmp.Diff(want, got, anyOrder, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("-edits +changes:\n%s", diff)
		}
		spoil(variant)
		sameDefinition(t, "base", was, base)
	})
}

// drawEdits makes edits that apply, each on something else, and returns what they should look like.
func drawEdits(t *rapid.T, e *wordsEdit, base words) (want []fsm.Change) {
	expect := func(part, how, state, event, was, is string) {
		want = append(want, fsm.Change{Part: part, How: how, State: state, Event: event, Was: was, Is: is})
	}
	chance := func() bool { return rapid.Bool().Draw(t, "edit") }
	if chance() {
		e.SetInitial(base.Initial + "x")
		how := "changed"
		if base.Initial == "" {
			how = "added"
		}
		expect("initial state", how, "", "", "", "")
	}
	for _, s := range []string{"a", "b", "c", "new"} {
		if chance() {
			if slices.Contains(base.Starts, s) {
				e.RemoveStart(s)
				expect("start", "removed", s, "", "", "")
			} else {
				e.AddStart(s)
				expect("start", "added", s, "", "", "")
			}
		}
		if chance() {
			state, declared := base.States[s]
			if !declared {
				e.AddState(s, anyState(fewNames()).Draw(t, "state"))
				expect("state", "added", s, "", "", "")
				continue
			}
			e.SetMode(s, (state.Mode+1)%4)
			expect("mode", "changed", s, "", "", "")
			if state.Then != "" {
				e.SetTimeout(s, state.After, state.Then+"x")
				expect("limit", "changed", s, "", "", "")
			}
			if state.In != "" {
				e.SetSuperstate(s, "")
				expect("superstate", "removed", s, "", "", "")
			}
			if state.First == "" {
				e.SetFirst(s, "x")
				expect("first child", "added", s, "", "", "")
			}
		}
		for _, event := range []string{"a", "b", "new"} {
			if !chance() {
				continue
			}
			was, exists := base.Table[s][event]
			switch {
			case !exists:
				e.AddRow(s, event, "to")
				expect("row", "added", s, event, "", "to")
			case chance():
				e.SetRow(s, event, "to")
				expect("row", "changed", s, event, was, "to")
			default:
				e.RemoveRow(s, event)
				expect("row", "removed", s, event, was, "")
			}
		}
	}
	if chance() {
		e.AddEvent("declared", fsm.Event{})
		expect("event", "added", "", "declared", "", "")
	}
	if chance() {
		e.AddRule(wordsRule{Accept: "new"})
		expect("rule", "added", "", "new", "", "")
	}
	if len(base.Rules) > 0 && chance() {
		accept := base.Rules[0].Accept
		e.RemoveRules(accept)
		for _, rule := range base.Rules {
			if rule.Accept == accept {
				expect("rule", "removed", "", accept, "", "")
			}
		}
	}
	if len(base.Waivers) > 0 && chance() {
		w := base.Waivers[0]
		e.Unwaive(w.Code, w.State, w.Event)
		expect("waiver", "removed", w.State, w.Event, "", "")
	}
	if chance() {
		e.Waive(fsm.BrokenRule, "a", "new", "why")
		expect("waiver", "added", "a", "new", "", "")
	}
	return want
}
