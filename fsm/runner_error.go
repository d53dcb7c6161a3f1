package fsm

import (
	"errors"
	"fmt"
)

// ErrGuard is what an [*ActionError] is if a guard refused, for [errors.Is].
var ErrGuard = errors.New("guard refused")

// An ActionError says which guard refused or which action failed. It wraps the host's error.
type ActionError struct {
	// Machine names the machine, State and Event the row that was under way.
	Machine, State, Event string
	// Op says what failed, in the words of [Behavior]: "guard", "exit", "move" or "entry".
	Op string
	// Name is the name that the host gave the guard or action.
	Name string
	// Err is the host's error.
	Err error
}

// Is reports whether target is [ErrGuard] and a guard refused.
func (e *ActionError) Is(target error) bool { return e.Op == "guard" && target == ErrGuard }

// Unwrap returns the host's error.
func (e *ActionError) Unwrap() error { return e.Err }

// Error names the machine, the state, the event, the guard or action, and what it said.
func (e *ActionError) Error() string {
	if e.Op == "guard" {
		return fmt.Sprintf("fsm: machine %q: guard %q refuses event %q in state %q: %v", e.Machine, e.Name, e.Event, e.State, e.Err)
	}
	return fmt.Sprintf("fsm: machine %q: %s action %q of event %q in state %q: %v", e.Machine, e.Op, e.Name, e.Event, e.State, e.Err)
}
