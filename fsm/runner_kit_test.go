package fsm_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/fsm"
)

type (
	phase  string
	signal string

	behavior = fsm.Behavior[journal, phase, signal]
	step     = fsm.Step[journal, phase, signal]
)

// A journal is a subject that actions write in. It holds a reference, so it needs a clone.
type journal struct {
	Lines []string
	Moves int
}

func (j journal) clone() journal {
	j.Lines = slices.Clone(j.Lines)
	return j
}

// note returns an action that writes line.
func note(line string) fsm.Action[journal, phase, signal] {
	return func(_ context.Context, step *step) error {
		step.Subject.Lines = append(step.Subject.Lines, line)
		return nil
	}
}

func fail(err error) fsm.Action[journal, phase, signal] {
	return func(context.Context, *step) error { return err }
}

// fire returns an action that queues events.
func fire(events ...signal) fsm.Action[journal, phase, signal] {
	return func(_ context.Context, step *step) error {
		for _, e := range events {
			step.Fire(e)
		}
		return nil
	}
}

// machineOf compiles a table whose states are all resting and all starts. Superstates are given as
// "outer: inner inner", the first of which is entered.
func machineOf(tb testing.TB, table fsm.Table[phase, signal], superstates ...string) *fsm.Machine[phase, signal] {
	tb.Helper()
	d := fsm.Definition[phase, signal]{Name: "m", States: fsm.States[phase, signal]{}, Table: table}
	for from, row := range table {
		for _, s := range append(slices.Collect(maps.Values(row)), from) {
			if s != fsm.Any && s != fsm.Same {
				d.States[s] = fsm.State[phase, signal]{Mode: fsm.Resting}
			}
		}
	}
	for _, line := range superstates {
		outer, inner, _ := strings.Cut(line, ": ")
		for s := range strings.FieldsSeq(inner) {
			state := d.States[phase(s)]
			state.Mode, state.In = fsm.Resting, phase(outer)
			d.States[phase(s)] = state
		}
		state := d.States[phase(outer)]
		state.First = phase(strings.Fields(inner)[0])
		d.States[phase(outer)] = state
	}
	d.Starts = slices.Sorted(maps.Keys(d.States))
	d.Starts = slices.DeleteFunc(d.Starts, func(s phase) bool { return d.States[s].First != "" })
	d.Initial = d.Starts[0]
	m, err := fsm.Compile(d)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

func runnerOf(tb testing.TB, m *fsm.Machine[phase, signal], describe func(*behavior)) *fsm.Runner[journal, phase, signal] {
	tb.Helper()
	r, err := fsm.NewRunner(m, func(b *behavior) {
		b.Clone(journal.clone)
		describe(b)
	})
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// noteAll writes down every exit and entry, and every row by its event.
func noteAll(m *fsm.Machine[phase, signal]) func(*behavior) {
	return func(b *behavior) {
		for _, s := range statesOf(m) {
			b.Exit(s, "note", note("exit "+string(s)))
			b.Entry(s, "note", note("entry "+string(s)))
		}
		for _, e := range usedEvents(m) {
			b.Guard(fsm.Any, e, "note", note("guard "+string(e)))
			b.Move(fsm.Any, e, "note", note("move "+string(e)))
		}
	}
}

// statesOf returns the states of m and its superstates.
func statesOf(m *fsm.Machine[phase, signal]) []phase {
	return slices.Sorted(maps.Keys(m.Definition().States))
}

// usedEvents returns the events of m that a state accepts.
func usedEvents(m *fsm.Machine[phase, signal]) []signal {
	return slices.DeleteFunc(m.Events(), func(e signal) bool { return len(m.Sources(e)) == 0 })
}
