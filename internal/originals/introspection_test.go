package originals_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
	"github.com/reeve-go/reeve/internal/tabletest"
)

func TestIntrospectionCells(t *testing.T) {
	t.Parallel()
	m := fsm.MustCompile(originals.Introspection())
	if n := len(m.Rows()); n != 26 {
		t.Errorf("there are %d rows; want 26", n)
	}
	checkCells(t, m, `
	          	abort   	abort_end	error	finish  	process   	reapply   	start   	timeout	wait
	aborting  	-       	error    	-    	-       	-         	-         	-       	error  	-
	enrolling 	-       	-        	error	-       	processing	-         	-       	error  	-
	error     	error   	-        	error	-       	-         	reapplying	starting	-      	-
	finished  	-       	-        	-    	finished	-         	reapplying	starting	-      	-
	processing	-       	-        	error	finished	-         	-         	-       	error  	-
	reapplying	-       	-        	error	finished	-         	reapplying	-       	error  	-
	starting  	-       	-        	error	-       	-         	-         	-       	error  	waiting
	waiting   	aborting	-        	-    	-       	processing	-         	starting	error  	-`)
}

func TestIntrospectionRefusesErrorInThreeStates(t *testing.T) {
	t.Parallel()
	d := originals.Introspection()
	d.Rules = []fsm.Rule[originals.State, originals.Event]{{Accept: "error", Doc: "anything can go wrong anywhere"}}
	want := []fsm.Issue{
		{Code: fsm.BrokenRule, State: "aborting", Event: "error"},
		{Code: fsm.BrokenRule, State: "finished", Event: "error"},
		{Code: fsm.BrokenRule, State: "waiting", Event: "error"},
	}
	if diff := cmp.Diff(want, tabletest.Issues(t, d)); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
	d.Rules[0].Except = []originals.State{"aborting", "finished", "waiting"}
	if diff := cmp.Diff([]fsm.Issue(nil), tabletest.Issues(t, d)); diff != "" {
		t.Errorf("issues with the exceptions (-want +got):\n%s", diff)
	}
}

// Of the four repairs Compile would have asked for the two that gave a state its way out of time.
// The other two corrected what a table means, which only a reader of the difference can judge.
func TestIntrospectionHistory(t *testing.T) {
	t.Parallel()
	type version struct {
		Name    string
		Issues  []fsm.Issue
		Repairs []string // the rows that the next version changed
	}
	noTime := func(states ...string) (issues []fsm.Issue) {
		for _, s := range states {
			issues = append(issues, fsm.Issue{Code: fsm.BadTimeout, State: s, Event: "timeout"})
		}
		return issues
	}
	want := []version{
		{
			Name: "introspection-before-aborting",
			Repairs: []string{
				"row added: aborting --abort_end--> error",
				"row added: aborting --timeout--> error",
				"row changed: waiting --abort--> aborting (was error)",
			},
		},
		{
			Name:    "introspection-before-starting-once",
			Repairs: []string{"row removed: starting --start--> starting"},
		},
		{
			Name:   "introspection-before-timeouts",
			Issues: noTime("enrolling", "processing", "reapplying"),
			Repairs: []string{
				"row added: enrolling --timeout--> error",
				"row added: processing --timeout--> error",
				"row added: reapplying --timeout--> error",
			},
		},
		{
			Name:    "introspection-before-starting-timeout",
			Issues:  noTime("enrolling", "processing", "reapplying", "starting"),
			Repairs: []string{"row added: starting --timeout--> error"},
		},
	}

	var got []version
	next := originals.Introspection()
	for _, before := range originals.IntrospectionHistory() {
		v := version{Name: before.Name, Issues: tabletest.Issues(t, before)}
		for _, change := range fsm.Diff(before, next) {
			if line := change.String(); strings.HasPrefix(line, "row ") {
				v.Repairs = append(v.Repairs, line)
			}
		}
		got, next = append(got, v), before
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("history (-want +got):\n%s", diff)
	}
}
