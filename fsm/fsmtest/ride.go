package fsmtest

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

// A ride compares an entity with its machine, event by event.
type ride[S, E ~string] struct {
	t       rapid.TB
	machine *fsm.Machine[S, E]
	entity  Entity[S, E]
	at      S
	story   strings.Builder // what happened so far, an event a line
}

func startRide[S, E ~string](t rapid.TB, m *fsm.Machine[S, E], create func(start S) Entity[S, E], start S) *ride[S, E] {
	t.Helper()
	r := &ride[S, E]{t: t, machine: m, entity: create(start), at: start}
	r.tell("created in %q", start)
	if got := r.entity.State(); got != start {
		r.fail("a new entity is in %q; want %q", got, start)
	}
	return r
}

// fire gives the entity an event and stops the test where it does not do as the machine says.
func (r *ride[S, E]) fire(event E) {
	r.t.Helper()
	want, permitted := r.machine.Next(r.at, event)
	err := r.entity.Fire(event)
	got := r.entity.State()
	switch {
	case permitted && err != nil:
		r.fail("refuses %q in %q; want it to come to %q. Its error: %v", event, r.at, want, err)
	case permitted && got != want:
		r.fail("comes from %q by %q to %q; want %q", r.at, event, got, want)
	case !permitted && err == nil:
		r.fail("accepts %q in %q and is in %q then; want an error, because it permits %q", event, r.at, got, r.machine.Permitted(r.at))
	case !permitted && got != r.at:
		r.fail("refuses %q in %q, as it must, but is in %q then; want it to stay", event, r.at, got)
	case permitted:
		r.tell("%q leads to %q", event, want)
		r.at = want
	default:
		r.tell("%q is refused", event)
	}
}

func (r *ride[S, E]) tell(format string, args ...any) {
	r.story.WriteString("\n\t" + fmt.Sprintf(format, args...))
}

func (r *ride[S, E]) fail(format string, args ...any) {
	r.t.Helper()
	r.t.Fatalf("fsmtest: machine %q: the entity %s. It was%s", r.machine.Name(), fmt.Sprintf(format, args...), r.story.String())
}
