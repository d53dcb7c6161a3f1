package fsm

import (
	"fmt"
	"testing"
	"time"
)

type (
	pictured     = Definition[string, string]
	pictureState = State[string, string]
	pictureShow  = Diagram[string]
)

// The machines whose pictures are kept in testdata/diagrams.
var pictures = map[string]struct {
	def  pictured
	show *pictureShow
}{
	"switch": {def: pictured{
		Name: "switch", Initial: "off",
		States: States[string, string]{"off": {Mode: Resting}, "on": {Mode: Resting}},
		Table:  Table[string, string]{"off": {"press": "on"}, "on": {"press": "off"}},
	}},
	"introspection": {
		def:  pictureIntrospection,
		show: &pictureShow{Current: "waiting", Counts: map[string]int{"waiting": 12, "finished": 4031, "error": 0}},
	},
	"scan":   {def: pictureScan},
	"server": {def: pictureServer, show: &pictureShow{Counts: map[string]int{"online": 77}}},
	"line":   {def: pictureLine(30)},
	"odd":    {def: pictureOdd, show: &pictureShow{Current: "end"}},
}

// Of ironic-inspector.
var pictureIntrospection = func() pictured {
	within := func(limit time.Duration, mode Mode, doc string) pictureState {
		return pictureState{Doc: doc, Mode: mode, After: limit, Then: "timeout"}
	}
	return pictured{
		Name: "introspection", Doc: "Finds out what hardware a node has.",
		Initial: "finished", Starts: []string{"starting", "enrolling", "waiting"},
		States: States[string, string]{
			"aborting":   within(time.Hour, Active, "The node is being switched off, because someone asked to abort."),
			"enrolling":  within(time.Hour, Active, "Data came from a node that nobody knew."),
			"error":      {Doc: "The last introspection failed.", Mode: Resting},
			"finished":   {Doc: "Nothing is going on.", Mode: Resting},
			"processing": within(time.Hour, Active, "What the node sent is being processed."),
			"reapplying": within(time.Hour, Active, "What was stored is being processed again."),
			"starting":   within(10*time.Minute, Active, "The node is being told to boot the ramdisk."),
			"waiting":    within(time.Hour, Waiting, "The ramdisk runs on the node and will send its data."),
		},
		Events: Events[string]{
			"abort":     {Doc: "Someone asked to stop."},
			"abort_end": {Doc: "The node is off.", By: Supervisor},
			"error":     {Doc: "Something failed.", By: Supervisor},
			"finish":    {By: Supervisor},
			"process":   {Doc: "The ramdisk sent its data."},
			"reapply":   {Doc: "Someone asked to process the stored data again."},
			"start":     {Doc: "Someone asked to introspect the node."},
			"timeout":   {Doc: "The limit of the state is over.", By: Supervisor},
			"wait":      {By: Supervisor},
		},
		Table: Table[string, string]{
			"aborting":   {"abort_end": "error", "timeout": "error"},
			"enrolling":  {"error": "error", "process": "processing", "timeout": "error"},
			"error":      {"abort": "error", "error": "error", "reapply": "reapplying", "start": "starting"},
			"finished":   {"finish": "finished", "reapply": "reapplying", "start": "starting"},
			"processing": {"error": "error", "finish": "finished", "timeout": "error"},
			"reapplying": {"error": "error", "finish": "finished", "reapply": "reapplying", "timeout": "error"},
			"starting":   {"error": "error", "wait": "waiting", "timeout": "error"},
			"waiting":    {"abort": "aborting", "process": "processing", "start": "starting", "timeout": "error"},
		},
	}
}()

// Of ManageIQ, with an end that is final.
var pictureScan = func() pictured {
	active := pictureState{After: 50 * time.Minute, Then: "abort_job"}
	waiting := pictureState{Mode: Waiting, After: 50 * time.Minute, Then: "abort_job"}
	return pictured{
		Name: "scan", Doc: "Looks into a virtual machine.", Initial: "initialize",
		States: States[string, string]{
			"initialize": active, "waiting_to_start": waiting, "checking_policy": waiting, "before_scan": active,
			"scanning": waiting, "after_scan": active, "synchronizing": waiting,
			"aborting": active, "canceling": active, "finished": {Mode: Final},
		},
		Table: Table[string, string]{
			"initialize":       {"initializing": "waiting_to_start"},
			"waiting_to_start": {"start": "checking_policy"},
			"checking_policy":  {"before_scan": "before_scan"},
			"before_scan":      {"start_scan": "scanning"},
			"scanning":         {"after_scan": "after_scan", "data": Same, "scan_retry": "scanning", "abort_retry": "scanning"},
			"after_scan":       {"synchronize": "synchronizing"},
			"synchronizing":    {"finish": "finished", "data": Same},
			"aborting":         {"finish": "finished"},
			"canceling":        {"finish": "finished"},
			"finished":         {"data": Same},
			Any:                {"abort_job": "aborting", "cancel": "canceling", "error": Same},
		},
	}
}()

// With superstates in each other, their own rows and limits, and arrows into and out of them.
var pictureServer = pictured{
	Name: "server", Doc: "A server from the day it is ordered to the day it is scrapped.",
	Initial: "ordered", Starts: []string{"offline"},
	States: States[string, string]{
		"ordered":  {Mode: Waiting, After: 720 * time.Hour, Then: "lost"},
		"setup":    {Doc: "It is being made ready.", First: "racking", After: 48 * time.Hour, Then: "fail"},
		"racking":  {In: "setup", Mode: Waiting},
		"imaging":  {In: "setup", Doc: "Its disk is being written."},
		"checking": {In: "setup", First: "burning"},
		"burning":  {In: "checking", Mode: Waiting, After: 90 * time.Minute, Then: "fail"},
		"bench":    {In: "checking"},
		"service":  {Doc: "It does its work.", First: "online"},
		"online":   {In: "service", Mode: Resting},
		"offline":  {In: "service", Mode: Resting},
		"broken":   {Mode: Resting},
		"scrapped": {Mode: Final},
	},
	Events: Events[string]{
		"arrive": {}, "racked": {}, "restart": {}, "break": {}, "ping": {}, "stop": {}, "start": {}, "repair": {},
		"scrap": {Doc: "It is thrown away."}, "lost": {By: Supervisor}, "fail": {By: Supervisor}, "imaged": {By: Supervisor}, "passed": {By: Supervisor},
	},
	Table: Table[string, string]{
		"ordered": {"arrive": "setup", "lost": "scrapped"},
		"setup":   {"fail": "broken", "restart": "setup"},
		"racking": {"racked": "imaging"},
		"imaging": {"imaged": "checking", "fail": "racking"},
		"burning": {"passed": "bench"},
		"bench":   {"passed": "service"},
		"service": {"break": "broken", "ping": Same},
		"online":  {"stop": "offline"},
		"offline": {"start": "online"},
		"broken":  {"repair": "setup"},
		Any:       {"scrap": "scrapped"},
	},
}

// A long one.
func pictureLine(n int) pictured {
	name := func(i int) string { return fmt.Sprintf("stage%02d", i) }
	d := pictured{
		Name: "line", Initial: name(0),
		States: States[string, string]{name(n - 1): {Mode: Final}},
		Table:  Table[string, string]{},
	}
	for i := range n - 1 {
		row := map[string]string{"next": name(i + 1)}
		state := pictureState{Mode: Mode(i % 3)}
		if state.Mode != Resting {
			state.After, state.Then = time.Duration(i+1)*time.Minute, "timeout"
			row["timeout"] = name(min(n-2, i/10*10+9))
		}
		if i%4 == 1 {
			row["skip"] = name(min(n-1, i+3))
		}
		if i%7 == 3 {
			row["back"] = name(i - 3)
		}
		if i%11 == 5 {
			row["again"] = name(i)
		}
		d.States[name(i)], d.Table[name(i)] = state, row
	}
	return d
}

// With names that mean something in a format, or cannot be printed.
var pictureOdd = pictured{
	Name: `<odd> & "names" \N --> end`, Doc: "Escapes </desc> what\nneeds it.", Initial: "end",
	States: States[string, string]{
		"end":             {Mode: Resting, Doc: `Ends nothing; "really".`},
		"note\nleft":      {Mode: Resting},
		`state "x" as y`:  {Mode: Resting, In: "<b>bold</b>"},
		`&lt; \l \\ #35;`: {Mode: Resting, In: "<b>bold</b>"},
		"<b>bold</b>":     {First: "&lt; \\l \\\\ #35;", Doc: "{ } [*] %% ::"},
		"雪 état é":        {Mode: Final},
	},
	Table: Table[string, string]{
		"end":             {"a: b --> c": "note\nleft", "]]>": "end", "--": Same},
		"note\nleft":      {"go;on": "<b>bold</b>", "**x** _y_ `z` $$": "end"},
		`&lt; \l \\ #35;`: {"\x00\u202e": `state "x" as y`},
		`state "x" as y`:  {" ": `&lt; \l \\ #35;`},
		"<b>bold</b>":     {"fini ✓": "雪 état é"},
	},
}

func compilePicture(t testing.TB, name string) *Machine[string, string] {
	t.Helper()
	m, err := Compile(pictures[name].def)
	if err != nil {
		t.Fatal(err)
	}
	return m
}
