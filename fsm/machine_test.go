package fsm_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
)

// houseMachine has rows for one event at every level: of its own, of an inner and an outer
// superstate, and of Any.
func houseMachine() *fsm.Machine[string, string] {
	return fsm.MustCompile(plan{
		Name:    "house",
		Initial: "home",
		Starts:  []string{"bed", "street"},
		States: fsm.States[string, string]{
			"home":    {First: "upper", After: time.Hour, Then: "ring", Mode: fsm.Final}, // which means nothing
			"upper":   {In: "home", First: "bed"},
			"bed":     {In: "upper", Mode: fsm.Resting},
			"bath":    {In: "upper", Mode: fsm.Resting, After: time.Minute, Then: "call"},
			"kitchen": {In: "home", Mode: fsm.Waiting},
			"street":  {Mode: fsm.Resting},
			"grave":   {Mode: fsm.Final, In: "home"},
		},
		Table: fsm.Table[string, string]{
			fsm.Any:   {"ring": "street", "call": "street", "sing": "street", "hum": fsm.Same},
			"home":    {"ring": "kitchen", "call": "kitchen", "sing": "kitchen"},
			"upper":   {"ring": "bath", "call": "bath"},
			"bed":     {"ring": "bed", "wave": fsm.Same, "die": "grave"},
			"street":  {"ring": "home", "call": "upper"},
			"grave":   {"hum": fsm.Same},
			"kitchen": {"hum": "kitchen", "die": "grave"},
		},
	})
}

func TestNearestRowWins(t *testing.T) {
	t.Parallel()
	m := houseMachine()
	want := []fsm.Row[string, string]{
		{From: "bath", Event: "call", To: "bath"},
		{From: "bath", Event: "hum", To: "bath", Same: true},
		{From: "bath", Event: "ring", To: "bath"},
		{From: "bath", Event: "sing", To: "kitchen"},
		{From: "bed", Event: "call", To: "bath"},
		{From: "bed", Event: "die", To: "grave"},
		{From: "bed", Event: "hum", To: "bed", Same: true},
		{From: "bed", Event: "ring", To: "bed"},
		{From: "bed", Event: "sing", To: "kitchen"},
		{From: "bed", Event: "wave", To: "bed", Same: true},
		{From: "grave", Event: "hum", To: "grave", Same: true},
		{From: "kitchen", Event: "call", To: "kitchen"},
		{From: "kitchen", Event: "die", To: "grave"},
		{From: "kitchen", Event: "hum", To: "kitchen"},
		{From: "kitchen", Event: "ring", To: "kitchen"},
		{From: "kitchen", Event: "sing", To: "kitchen"},
		{From: "street", Event: "call", To: "bed"},
		{From: "street", Event: "hum", To: "street", Same: true},
		{From: "street", Event: "ring", To: "bed"},
		{From: "street", Event: "sing", To: "street"},
	}
	if diff := cmp.Diff(want, m.Rows()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestSameIsNotReentry(t *testing.T) {
	t.Parallel()
	m := houseMachine()
	for _, c := range []struct {
		state, event string
		stays        bool
	}{
		{"bed", "wave", true},     // its own row
		{"bath", "hum", true},     // a row of Any
		{"grave", "hum", true},    // a final state may stay what it is
		{"bed", "ring", false},    // leaves and enters again
		{"bed", "sing", false},    // leads elsewhere
		{"bath", "wave", false},   // refused
		{"nowhere", "hum", false}, // no state of it
	} {
		if got := m.Stays(c.state, c.event); got != c.stays {
			t.Errorf("Stays(%q, %q) = %t; want %t", c.state, c.event, got, c.stays)
		}
	}
}

func TestLimitsAreInherited(t *testing.T) {
	t.Parallel()
	m := houseMachine()
	type limit struct {
		After time.Duration
		Then  string
		OK    bool
	}
	want := map[string]limit{
		"bath":    {time.Minute, "call", true}, // its own
		"bed":     {time.Hour, "ring", true},   // of the outer superstate
		"kitchen": {time.Hour, "ring", true},
		"grave":   {}, // what is final has none
		"street":  {},
		"home":    {}, // a superstate is nobody's state
		"nowhere": {},
	}
	got := map[string]limit{}
	for s := range want {
		var l limit
		l.After, l.Then, l.OK = m.Timeout(s)
		got[s] = l
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}

func TestMachineListsItsParts(t *testing.T) {
	t.Parallel()
	m := houseMachine()
	check := func(what string, got, want any) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("name", m.Name(), "house")
	check("states", m.States(), []string{"bath", "bed", "grave", "kitchen", "street"})
	check("events", m.Events(), []string{"call", "die", "hum", "ring", "sing", "wave"})
	check("initial", m.Initial(), "bed") // home, by way of upper
	check("starts", m.Starts(), []string{"bed", "street"})
	check("permitted in street", m.Permitted("street"), []string{"call", "hum", "ring", "sing"})
	check("permitted in home", m.Permitted("home"), []string(nil))
	check("sources of die", m.Sources("die"), []string{"bed", "kitchen"})
	check("sources of nothing", m.Sources("nothing"), []string(nil))
	check("superstates of bath", m.Superstates("bath"), []string{"upper", "home"})
	check("superstates of street", m.Superstates("street"), []string(nil))
	for s, want := range map[string]bool{"bed": true, "home": false, "nowhere": false, "": false, fsm.Any: false, fsm.Same: false} {
		check("has "+s, m.Has(s), want)
		_, ok := m.Mode(s)
		check("mode of "+s, ok, want)
	}
	mode, _ := m.Mode("kitchen")
	check("mode of kitchen", mode, fsm.Waiting)

	// The lists are copies.
	m.States()[0], m.Events()[0], m.Starts()[0], m.Superstates("bath")[0] = "x", "x", "x", "x"
	check("states", m.States()[0], "bath")
	check("events", m.Events()[0], "call")
	check("initial", m.Initial(), "bed")
	check("superstates", m.Superstates("bath")[0], "upper")
}

func TestStepExplains(t *testing.T) {
	t.Parallel()
	m := houseMachine()
	states := []string{"bath", "bed", "grave", "kitchen", "street"}
	events := []string{"call", "die", "hum", "ring", "sing", "wave"}
	for _, c := range []struct {
		state, event string
		sentinel     error
		permitted    []string
		hint         string
		says         string
	}{
		{"street", "die", fsm.ErrNotPermitted, []string{"call", "hum", "ring", "sing"}, "", `fsm: machine "house": event "die" is not permitted in state "street"; permitted: "call", "hum", "ring", "sing"`},
		{"grave", "ring", fsm.ErrNotPermitted, []string{"hum"}, "the state is final", `; permitted: "hum" (the state is final)`},
		{"street", "dye", fsm.ErrUnknownEvent, events, "", `fsm: machine "house": "dye" is no event of it; expected "call", "die", "hum", "ring", "sing", "wave"`},
		{"street", "", fsm.ErrUnknownEvent, events, "", `"" is no event`},
		{"street", fsm.Any, fsm.ErrUnknownEvent, events, "", `"*" is no event`},
		{"strait", "ring", fsm.ErrUnknownState, states, "", `fsm: machine "house": "strait" is no state of it; expected "bath", "bed", "grave", "kitchen", "street"`},
		{"strait", "dye", fsm.ErrUnknownState, states, "", `"strait" is no state`},
		{"", "ring", fsm.ErrUnknownState, states, "", `"" is no state`},
		{fsm.Any, "ring", fsm.ErrUnknownState, states, "", `"*" is no state`},
		{fsm.Same, "ring", fsm.ErrUnknownState, states, "", `"=" is no state`},
		{"home", "ring", fsm.ErrUnknownState, states, "it is a superstate; an entity is in one of its leaves", `(it is a superstate; an entity is in one of its leaves)`},
		{"finished", "start", fsm.ErrUnknownState, states, "", `"finished" is no state`}, // of another machine
	} {
		next, err := m.Step(c.state, c.event)
		refused, ok := errors.AsType[*fsm.TransitionError](err)
		if next != "" || !ok {
			t.Errorf("Step(%q, %q) = %q, %v; want a *TransitionError", c.state, c.event, next, err)
			continue
		}
		want := fsm.TransitionError{Machine: "house", State: c.state, Event: c.event, Permitted: c.permitted, Err: c.sentinel, Hint: c.hint}
		if diff := cmp.Diff(want, *refused, cmp.Comparer(func(a, b error) bool { return a == b })); diff != "" { //nolint:errorlint // the sentinel itself
			t.Errorf("Step(%q, %q) (-want +got):\n%s", c.state, c.event, diff)
		}
		if !errors.Is(err, c.sentinel) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("Step(%q, %q) says\n\t%v\nwant\n\t%s", c.state, c.event, err, c.says)
		}
	}
	if next, err := m.Step("street", "ring"); next != "bed" || err != nil {
		t.Errorf("Step(street, ring) = %q, %v; want bed", next, err)
	}
}

func TestStepSaysWhereNothingIsPermitted(t *testing.T) {
	t.Parallel()
	_, err := fsm.MustCompile(soundPlan()).Step("done", "begin")
	if want := `event "begin" is not permitted in state "done"; permitted: nothing (the state is final)`; !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("the error is\n\t%v\nwant in it\n\t%s", err, want)
	}
}

func TestStepListsNoMoreThanAScreenful(t *testing.T) {
	t.Parallel()
	d := soundPlan()
	for i := range 30 {
		s := fmt.Sprintf("room%02d", i)
		d.States[s] = planState{Mode: fsm.Resting}
		d.Table["idle"]["to "+s] = s
	}
	_, err := fsm.MustCompile(d).Step("idle", "end")
	if text := fmt.Sprint(err); !strings.Contains(text, `"to room18", and 11 more`) || strings.Contains(text, "room19") {
		t.Errorf("the error is\n\t%s\nwant 20 names and the number of the others", text)
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	m := fsm.MustCompile(originals.Introspection())
	for _, c := range []struct {
		from, to originals.State
		want     []originals.Event
		ok       bool
	}{
		{"finished", "waiting", []originals.Event{"start", "wait"}, true},
		{"finished", "aborting", []originals.Event{"start", "wait", "abort"}, true},
		{"starting", "error", []originals.Event{"error"}, true}, // timeout is as short, and later in the alphabet
		{"waiting", "waiting", []originals.Event{}, true},
		{"finished", "enrolling", nil, false},
		{"finished", "nowhere", nil, false},
		{"nowhere", "nowhere", nil, false},
	} {
		got, ok := m.Path(c.from, c.to)
		if diff := cmp.Diff(c.want, got); diff != "" || ok != c.ok {
			t.Errorf("Path(%q, %q) is %t; want %t (-want +got):\n%s", c.from, c.to, ok, c.ok, diff)
		}
	}
}

func TestNextDoesNotAllocate(t *testing.T) {
	m := fsm.MustCompile(lengthened(originals.Introspection(), "this-is-a-name-beyond-thirty-two-bytes/"))
	short := fsm.MustCompile(originals.Introspection())
	for name, run := range map[string]func(){
		"permitted":     func() { short.Next("starting", "wait") },
		"refused":       func() { short.Next("starting", "finish") },
		"unknown state": func() { short.Next("nowhere", "wait") },
		"unknown event": func() { short.Next("starting", "nothing") },
		"empty names":   func() { short.Next("", "") },
		"stays":         func() { short.Stays("starting", "wait") },
		"has":           func() { short.Has("starting") },
		"long permitted": func() {
			m.Next("this-is-a-name-beyond-thirty-two-bytes/starting", "this-is-a-name-beyond-thirty-two-bytes/wait")
		},
		"long refused": func() {
			m.Next("this-is-a-name-beyond-thirty-two-bytes/starting", "this-is-a-name-beyond-thirty-two-bytes/stop")
		},
		"step": func() { _, _ = short.Step("starting", "wait") },
	} {
		if n := testing.AllocsPerRun(100, run); n != 0 {
			t.Errorf("%s: %v allocations; want none", name, n)
		}
	}
}

// lengthened returns d with a prefix before every name.
func lengthened(d originals.Definition, prefix string) originals.Definition {
	state := func(s originals.State) originals.State {
		if s == "" || s == fsm.Any || s == fsm.Same {
			return s
		}
		return originals.State(prefix) + s
	}
	event := func(e originals.Event) originals.Event { return originals.Event(prefix) + e }

	long := originals.Definition{
		Name: d.Name, Initial: state(d.Initial),
		States: fsm.States[originals.State, originals.Event]{}, Table: fsm.Table[originals.State, originals.Event]{},
	}
	for _, s := range d.Starts {
		long.Starts = append(long.Starts, state(s))
	}
	for s, about := range d.States {
		if about.Then != "" {
			about.Then = event(about.Then)
		}
		long.States[state(s)] = about
	}
	for s, row := range d.Table {
		long.Table[state(s)] = map[originals.Event]originals.State{}
		for e, to := range row {
			long.Table[state(s)][event(e)] = state(to)
		}
	}
	return long
}

func TestMachineIsSharedAndNeverChanges(t *testing.T) {
	t.Parallel()
	m, fresh := houseMachine(), houseMachine()
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 500 {
				unknown := fmt.Sprintf("%d/%d", g, i)
				for _, s := range append(fresh.States(), unknown) {
					for _, e := range append(fresh.Events(), unknown) {
						next, ok := m.Next(s, e)
						if want, allowed := fresh.Next(s, e); next != want || ok != allowed {
							t.Errorf("Next(%q, %q) = %q, %t; want %q, %t", s, e, next, ok, want, allowed)
							return
						}
					}
					_, _ = m.Step(s, unknown)
					m.Path(s, "grave")
					m.Timeout(s)
					m.Definition()
				}
			}
		})
	}
	group.Wait()
	if !reflect.DeepEqual(m, fresh) {
		t.Errorf("after use the machine is\n\t%+v\nnot as it was compiled\n\t%+v", m, fresh)
	}
}
