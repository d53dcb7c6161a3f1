package connector

import (
	"slices"
	"testing"

	"github.com/reeve-go/reeve/examples/transfer/edc"
	"github.com/reeve-go/reeve/fsm"
)

// The processors are those of the original in its order, and those of the states that the repairs have somebody look at.
func TestProcessors(t *testing.T) {
	t.Parallel()
	for _, role := range []edc.Role{edc.Consumer, edc.Provider} {
		original := edc.Processors(role)
		machine := fsm.MustCompile(edc.Repaired(role))
		var states, known []edc.State
		for _, p := range processors {
			if p.only != "" && p.only != role {
				continue
			}
			states = append(states, p.state)
			if slices.Contains(original, p.state) {
				known = append(known, p.state)
			}
		}
		if !slices.Equal(known, original) {
			t.Errorf("%s: of the original's states these are worked on: %v; %v is right", role, known, original)
		}
		for _, s := range machine.States() {
			if mode, _ := machine.Mode(s); mode == fsm.Active && !slices.Contains(states, s) {
				t.Errorf("%s: nobody works on %s", role, s)
			}
		}
	}
}
