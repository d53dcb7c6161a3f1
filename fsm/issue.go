package fsm

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Code names a class of issue, so that a single issue can be waived and tested for.
type Code string

const (
	// NoName: the definition has no name.
	NoName Code = "no-name"
	// BadName: a state or an event has an empty or a reserved name.
	BadName Code = "bad-name"
	// UndeclaredState: a state is used but not declared.
	UndeclaredState Code = "undeclared-state"
	// UndeclaredEvent: an event is used, the definition declares events, and this is none of them.
	UndeclaredEvent Code = "undeclared-event"
	// UnusedEvent: an event is declared, but no row accepts it.
	UnusedEvent Code = "unused-event"
	// BadMode: a state's mode is none of the four.
	BadMode Code = "bad-mode"
	// BadOrigin: an event's origin is neither of the two.
	BadOrigin Code = "bad-origin"
	// BadStart: the initial state or a start is missing or final.
	BadStart Code = "bad-start"
	// BadFirst: a superstate that is entered has no first child, or names one that is not its own.
	BadFirst Code = "bad-first"
	// SuperstateCycle: a state is, by way of its superstates, inside itself.
	SuperstateCycle Code = "superstate-cycle"
	// FinalExit: a row leads out of a final state.
	FinalExit Code = "final-exit"
	// BadTimeout: a limit that is half declared, negative, on a final state, or whose event the
	// state refuses.
	BadTimeout Code = "bad-timeout"
	// NoTimeout: an active or waiting state has no limit, so an entity could stay there for ever.
	NoTimeout Code = "no-timeout"
	// Unreachable: no path leads to the state from the initial state or a start.
	Unreachable Code = "unreachable"
	// Trap: no path leads from an active or waiting state to a resting or final one.
	Trap Code = "trap"
	// BrokenRule: a state refuses an event that a rule demands.
	BrokenRule Code = "broken-rule"
	// BadWaiver: a waiver has no reason, or there is no such issue.
	BadWaiver Code = "bad-waiver"
)

// waivable are the codes that are matters of judgement. The others leave no machine to run.
var waivable = []Code{UnusedEvent, NoTimeout, Unreachable, Trap, BrokenRule}

// An Issue is one thing that is wrong with a definition.
type Issue struct {
	// Code is the class of the issue.
	Code Code
	// State and Event are what it is about, empty where it is about neither.
	State, Event string
	// Text says what is wrong and what would be right.
	Text string
}

// String returns the code and the text.
func (i Issue) String() string { return string(i.Code) + ": " + i.Text }

func compareIssues(a, b Issue) int {
	return cmp.Or(
		cmp.Compare(a.Code, b.Code), cmp.Compare(a.State, b.State),
		cmp.Compare(a.Event, b.Event), cmp.Compare(a.Text, b.Text))
}

// A DefinitionError lists everything that [Compile] found wrong with a definition, in a fixed order.
type DefinitionError struct {
	// Name is the name of the definition.
	Name string
	// Issues are the issues that no waiver accepts. There is at least one.
	Issues []Issue
}

// Error lists the issues, one a line.
func (e *DefinitionError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "fsm: definition %q is not sound", e.Name)
	for _, issue := range e.Issues {
		b.WriteString("\n\t" + issue.String())
	}
	return b.String()
}

// waive removes the issues that waivers accept and adds one for each waiver that is no good.
func waive[S, E ~string](issues []Issue, waivers []Waiver[S, E]) []Issue {
	for _, w := range waivers {
		same := func(i Issue) bool {
			return i.Code == w.Code && i.State == string(w.State) && i.Event == string(w.Event)
		}
		var complaint string
		switch {
		case !slices.Contains(waivable, w.Code):
			complaint = fmt.Sprintf("%q cannot be waived; these can: %s", w.Code, quoteList(waivable))
		case strings.TrimSpace(w.Reason) == "":
			complaint = fmt.Sprintf("the waiver of %q gives no reason; say why it is acceptable", w.Code)
		case !slices.ContainsFunc(issues, same):
			complaint = fmt.Sprintf("there is no issue %q for state %q and event %q to waive; remove the waiver", w.Code, w.State, w.Event)
		default:
			issues = slices.DeleteFunc(issues, same)
			continue
		}
		issues = append(issues, Issue{BadWaiver, string(w.State), string(w.Event), complaint})
	}
	return issues
}
