package fsm

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// What a [TransitionError] can be, for [errors.Is].
var (
	// ErrNotPermitted: state and event are the machine's, but the event is not permitted there.
	ErrNotPermitted = errors.New("event not permitted")
	// ErrUnknownState: the state is none that an entity of this machine can be in.
	ErrUnknownState = errors.New("unknown state")
	// ErrUnknownEvent: the event is none of this machine's.
	ErrUnknownEvent = errors.New("unknown event")
)

// A TransitionError says why an event did not move an entity.
type TransitionError struct {
	// Machine, State and Event are what was asked.
	Machine, State, Event string
	// Permitted are the names that would have been right: of states where Err is
	// [ErrUnknownState], of the machine's events where it is [ErrUnknownEvent], and otherwise of
	// the events that the state accepts.
	Permitted []string
	// Err is the sentinel.
	Err error
	// Hint says more, where there is more to say.
	Hint string
}

// Unwrap returns the sentinel.
func (e *TransitionError) Unwrap() error { return e.Err }

// Error names the machine, the state and the event, and what was permitted.
func (e *TransitionError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fsm: machine %q: ", e.Machine)
	switch {
	case errors.Is(e.Err, ErrUnknownState):
		fmt.Fprintf(&b, "%q is no state of it; expected %s", e.State, orNothing(e.Permitted))
	case errors.Is(e.Err, ErrUnknownEvent):
		fmt.Fprintf(&b, "%q is no event of it; expected %s", e.Event, orNothing(e.Permitted))
	default:
		fmt.Fprintf(&b, "event %q is not permitted in state %q; permitted: %s", e.Event, e.State, orNothing(e.Permitted))
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return quoteList(names)
}

// quoteList quotes names for an error and stops after a screenful.
func quoteList[T ~string](names []T) string {
	const most = 20
	var b strings.Builder
	for i, name := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == most {
			fmt.Fprintf(&b, "and %d more", len(names)-most)
			break
		}
		b.WriteString(strconv.Quote(string(name)))
	}
	return b.String()
}

func stringsOf[T ~string](names []T) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = string(name)
	}
	return out
}
