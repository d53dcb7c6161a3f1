package fsm

import (
	"fmt"
	"slices"
	"strings"
)

// Derive returns a variant of d: a copy named name, changed by the edits that f makes. d stays as it
// is and shares nothing with the variant. Without edits, or without f, the variant is d renamed.
//
// An edit that does not apply is refused: one that adds what is there already, changes or removes what
// is not there, removes what is still used, or changes nothing. So a variant notices when its base
// moves under it. Every refusal is in the one error, and the variant is then empty.
//
// Derive does not compile. Compile the variant: edits that all apply can still leave, for example, a
// state that no path leads out of.
func (d Definition[S, E]) Derive(name string, f func(e *Edit[S, E])) (Definition[S, E], error) {
	e := &Edit[S, E]{def: d.Clone()}
	e.def.Name = name
	if name == d.Name {
		e.refuse("the variant has the name of its base; give it one of its own")
	}
	if f != nil {
		f(e)
	}
	if len(e.refusals) > 0 {
		return Definition[S, E]{}, fmt.Errorf("fsm: definition %q cannot be derived from %q:\n\t%s",
			name, d.Name, strings.Join(e.refusals, "\n\t"))
	}
	return e.def, nil
}

// An Edit changes the copy that becomes a variant, see [Definition.Derive]. The edits take effect in
// the order in which they are made. An Edit is of use until the function that got it returns, and by
// one goroutine at a time.
type Edit[S, E ~string] struct {
	def      Definition[S, E]
	refusals []string
}

func (e *Edit[S, E]) refuse(format string, args ...any) {
	e.refusals = append(e.refusals, fmt.Sprintf(format, args...))
}

// SetDoc replaces the sentence that says what the machine is about.
func (e *Edit[S, E]) SetDoc(doc string) {
	if e.def.Doc == doc {
		e.refuse("SetDoc(%q): that is the doc already; remove the edit", doc)
		return
	}
	e.def.Doc = doc
}

// SetInitial makes s the initial state.
func (e *Edit[S, E]) SetInitial(s S) {
	if e.def.Initial == s {
		e.refuse("SetInitial(%q): it is the initial state already; remove the edit", s)
		return
	}
	e.def.Initial = s
}

// AddStart lets entities be created in s too.
func (e *Edit[S, E]) AddStart(s S) {
	if slices.Contains(e.def.Starts, s) {
		e.refuse("AddStart(%q): it is a start already; remove the edit", s)
		return
	}
	e.def.Starts = append(e.def.Starts, s)
}

// RemoveStart takes s out of the starts.
func (e *Edit[S, E]) RemoveStart(s S) {
	if !slices.Contains(e.def.Starts, s) {
		e.refuse("RemoveStart(%q): it is no start; the starts are %s", s, orNothing(stringsOf(e.def.Starts)))
		return
	}
	e.def.Starts = slices.DeleteFunc(e.def.Starts, func(start S) bool { return start == s })
}

// AddRule adds a demand.
func (e *Edit[S, E]) AddRule(rule Rule[S, E]) {
	same := func(r Rule[S, E]) bool { return r.Accept == rule.Accept && ruleText(r) == ruleText(rule) }
	if slices.ContainsFunc(e.def.Rules, same) {
		e.refuse("AddRule: there is a rule that %q is %s already; remove the edit", rule.Accept, ruleText(rule))
		return
	}
	rule.Modes, rule.Except = slices.Clone(rule.Modes), slices.Clone(rule.Except)
	e.def.Rules = append(e.def.Rules, rule)
}

// RemoveRules removes every demand that event accept be accepted.
func (e *Edit[S, E]) RemoveRules(accept E) {
	about := func(r Rule[S, E]) bool { return r.Accept == accept }
	if !slices.ContainsFunc(e.def.Rules, about) {
		e.refuse("RemoveRules(%q): no rule demands that event; remove the edit", accept)
		return
	}
	e.def.Rules = slices.DeleteFunc(e.def.Rules, about)
}

// Waive accepts the issue that has this code, state and event, empty where it has none.
func (e *Edit[S, E]) Waive(code Code, s S, event E, reason string) {
	if e.waived(code, s, event) >= 0 {
		e.refuse("Waive(%q, %q, %q): it is waived already; remove the edit", code, s, event)
		return
	}
	e.def.Waivers = append(e.def.Waivers, Waiver[S, E]{code, s, event, reason})
}

// Unwaive takes back a waiver, for a variant that has not got the issue.
func (e *Edit[S, E]) Unwaive(code Code, s S, event E) {
	at := e.waived(code, s, event)
	if at < 0 {
		e.refuse("Unwaive(%q, %q, %q): it is not waived; remove the edit", code, s, event)
		return
	}
	e.def.Waivers = slices.Delete(e.def.Waivers, at, at+1)
}

func (e *Edit[S, E]) waived(code Code, s S, event E) int {
	return slices.IndexFunc(e.def.Waivers, func(w Waiver[S, E]) bool {
		return w.Code == code && w.State == s && w.Event == event
	})
}
