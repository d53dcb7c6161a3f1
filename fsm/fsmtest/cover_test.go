package fsmtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/fsm"
)

func TestCoverCatches(t *testing.T) {
	t.Parallel()
	m := introspection()
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var wrong []string
			for _, s := range m.States() {
				for _, e := range m.Events() {
					r := record(t, func(tb testing.TB) { cover(tb, m, nodes(m, f.fault), s, e) })
					if r.failed {
						wrong = append(wrong, string(s+"--")+string(e))
					}
				}
			}
			if diff := cmp.Diff(f.cells, wrong); diff != "" {
				t.Errorf("cells found wrong (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoverGoesOverEachCellOnce(t *testing.T) {
	t.Parallel()
	m := introspection()
	starts, cells := map[state]int{}, map[[2]string]int{}
	t.Run("cover", func(t *testing.T) {
		Cover(t, m, func(start state) Entity[state, event] {
			starts[start]++
			return nodes(m, func(n *node, e event) (bool, error) {
				cells[[2]string{string(n.state), string(e)}]++
				return false, nil
			})(start)
		})
	})
	// A subtest for each of 26 rows and 8 states, from the start that is nearest.
	if diff := cmp.Diff(map[state]int{"finished": 9, "starting": 9, "enrolling": 8, "waiting": 8}, starts); diff != "" {
		t.Errorf("entities created (-want +got):\n%s", diff)
	}
	if len(cells) != 72 {
		t.Errorf("%d cells were covered; want all 72", len(cells))
	}
}

func TestCoverSkipsWhatNothingLeadsTo(t *testing.T) {
	t.Parallel()
	m := fsm.MustCompile(fsm.Definition[state, event]{
		Name:    "house",
		Initial: "street",
		States:  fsm.States[state, event]{"street": {Mode: fsm.Resting}, "attic": {Mode: fsm.Resting}},
		Table:   fsm.Table[state, event]{"attic": {"fall": "street"}},
		Waivers: []fsm.Waiver[state, event]{{Code: fsm.Unreachable, State: "attic", Reason: "the ladder comes later"}},
	})
	r := record(t, func(tb testing.TB) { cover(tb, m, nodes(m, nil), "attic", "fall") })
	if r.failed || !r.skipped {
		t.Errorf("failed %t, skipped %t; want it skipped", r.failed, r.skipped)
	}
	if want := "fsmtest: machine \"house\": no path leads to \"attic\", so its cells cannot be covered\n"; r.text.String() != want {
		t.Errorf("the reason is %q; want %q", r.text.String(), want)
	}
}
