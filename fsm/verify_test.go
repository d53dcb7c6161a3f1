package fsm_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

func TestRulesCoverStates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule   planRule
		broken []string
	}{
		"all but final":            {planRule{Accept: "wave"}, []string{"bath", "kitchen", "street"}},
		"of a mode":                {planRule{Accept: "wave", Modes: []fsm.Mode{fsm.Waiting}}, []string{"kitchen"}},
		"of two modes":             {planRule{Accept: "wave", Modes: []fsm.Mode{fsm.Final, fsm.Waiting}}, []string{"grave", "kitchen"}},
		"but for a leaf":           {planRule{Accept: "wave", Except: []string{"street"}}, []string{"bath", "kitchen"}},
		"but for a superstate":     {planRule{Accept: "wave", Except: []string{"upper"}}, []string{"kitchen", "street"}},
		"but for the outer one":    {planRule{Accept: "wave", Except: []string{"home"}}, []string{"street"}},
		"inherited rows count":     {planRule{Accept: "sing"}, nil},
		"an event that nobody has": {planRule{Accept: "fly", Modes: []fsm.Mode{fsm.Waiting}}, []string{"kitchen"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := houseMachine().Definition()
			d.Rules = []planRule{c.rule}
			var broken []string
			for _, i := range planIssues(t, d) {
				if i.Code != fsm.BrokenRule || i.Event != c.rule.Accept {
					t.Errorf("unexpected issue %v", i)
				}
				broken = append(broken, i.State)
			}
			if diff := cmp.Diff(c.broken, broken); diff != "" {
				t.Errorf("states that break the rule (-want +got):\n%s", diff)
			}
		})
	}
}

// A state with half a limit of its own inherits none, so that what is missing shows.
func TestHalfALimitIsNotCompleted(t *testing.T) {
	t.Parallel()
	for _, half := range []planState{{After: time.Second}, {Then: "call"}} {
		d := houseMachine().Definition()
		half.In, half.Mode = "home", fsm.Waiting
		d.States["kitchen"] = half
		issues := planIssues(t, d)
		if len(issues) != 1 || issues[0].Code != fsm.BadTimeout || issues[0].State != "kitchen" {
			t.Errorf("Compile finds %v; want what is missing of kitchen's limit", issues)
		}
	}
}

// What an inherited limit fires must be accepted by each leaf that inherits it.
func TestInheritedLimitIsCheckedForEachLeaf(t *testing.T) {
	t.Parallel()
	d := houseMachine().Definition()
	home := d.States["home"]
	home.Then = "wave"
	d.States["home"] = home
	issues := planIssues(t, d)
	var got []string
	for _, i := range issues {
		got = append(got, fmt.Sprint(i.Code, " ", i.State, " ", i.Event))
	}
	// Bed accepts it and stays, which leaves its time up; the kitchen refuses it.
	if diff := cmp.Diff([]string{"bad-timeout bed wave", "bad-timeout kitchen wave"}, got); diff != "" {
		t.Errorf("issues (-want +got):\n%s", diff)
	}
}

func TestReachLikeTransitiveClosure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := drawPlan(t)
		m := fsm.MustCompile(d)
		d.Waivers = nil
		var got []string
		for _, i := range planIssues(t, d) {
			if i.Code == fsm.Unreachable || i.Code == fsm.Trap {
				got = append(got, string(i.Code)+" "+i.State)
			}
		}

		path := map[[2]string]bool{}
		for _, s := range m.States() {
			path[[2]string{s, s}] = true
			for _, e := range m.Events() {
				if row, ok := readCell(d, s, e); ok {
					path[[2]string{s, row.To}] = true
				}
			}
		}
		for _, via := range m.States() {
			for _, a := range m.States() {
				for _, b := range m.States() {
					if path[[2]string{a, via}] && path[[2]string{via, b}] {
						path[[2]string{a, b}] = true
					}
				}
			}
		}
		var want []string
		for _, s := range m.States() {
			ends := func(to string) bool {
				mode := d.States[to].Mode
				return path[[2]string{s, to}] && (mode == fsm.Resting || mode == fsm.Final)
			}
			if !slices.ContainsFunc(m.States(), ends) {
				want = append(want, "trap "+s)
			}
			starts := func(from string) bool { return path[[2]string{from, s}] }
			if !slices.ContainsFunc(m.Starts(), starts) {
				want = append(want, "unreachable "+s)
			}
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("issues (-want +got):\n%s", diff)
		}
	})
}
