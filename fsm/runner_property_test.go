package fsm_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

// drawMachine compiles a random definition with superstates, wildcards, rows to Same and re-entries.
func drawMachine(t *rapid.T) *fsm.Machine[phase, signal] {
	leaves := []phase{"a", "b", "c", "d", "e"}[:rapid.IntRange(1, 5).Draw(t, "leaves")]
	outer := []phase{"p", "q", "r"}[:rapid.IntRange(0, 3).Draw(t, "superstates")]
	d := fsm.Definition[phase, signal]{Name: "random", States: fsm.States[phase, signal]{}, Table: fsm.Table[phase, signal]{}}

	// A state is in a later superstate or in none, so that there are no cycles.
	for i, s := range slices.Concat(leaves, outer) {
		above := append([]phase{""}, outer[max(0, i-len(leaves)+1):]...)
		if i < len(leaves) {
			above = append([]phase{""}, outer...)
		}
		mode := rapid.SampledFrom([]fsm.Mode{fsm.Resting, fsm.Resting, fsm.Final}).Draw(t, "mode")
		in := rapid.SampledFrom(above).Draw(t, "in")
		d.States[s] = fsm.State[phase, signal]{Mode: mode, In: in}
	}
	for _, s := range slices.Concat(leaves, outer) {
		in := d.States[s].In
		if top := d.States[in]; in != "" && (top.First == "" || rapid.Bool().Draw(t, "first")) {
			top.First = s
			d.States[in] = top
		}
	}
	isFinal := func(s phase) bool { return d.States[s].First == "" && d.States[s].Mode == fsm.Final }

	sources := slices.Concat(leaves, outer, []phase{fsm.Any})
	targets := slices.Concat(leaves, outer, []phase{fsm.Same})
	for range rapid.IntRange(0, 12).Draw(t, "rows") {
		from := rapid.SampledFrom(sources).Draw(t, "from")
		to := rapid.SampledFrom(targets).Draw(t, "to")
		e := rapid.SampledFrom([]signal{"x", "y", "z"}).Draw(t, "event")
		if isFinal(from) {
			to = fsm.Same
		}
		if d.Table[from] == nil {
			d.Table[from] = map[signal]phase{}
		}
		d.Table[from][e] = to
	}
	for _, s := range slices.Concat(leaves, outer) {
		if d.States[s].First == "" && !isFinal(s) {
			d.Starts = append(d.Starts, s)
		}
	}
	if len(d.Starts) == 0 {
		d.States["start"] = fsm.State[phase, signal]{Mode: fsm.Resting}
		d.Starts = []phase{"start"}
	}
	d.Initial = d.Starts[0]
	return compileWaived(t, d)
}

// compileWaived waives what may be waived: the properties hold for useless definitions, too.
func compileWaived(t *rapid.T, d fsm.Definition[phase, signal]) *fsm.Machine[phase, signal] {
	m, err := fsm.Compile(d)
	if bad, ok := errors.AsType[*fsm.DefinitionError](err); ok {
		for _, i := range bad.Issues {
			d.Waivers = append(d.Waivers, fsm.Waiver[phase, signal]{
				Code: i.Code, State: phase(i.State), Event: signal(i.Event), Reason: "any definition will do",
			})
		}
		m, err = fsm.Compile(d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A cell is a state and an event, which the machine may know or not.
type cell struct {
	s phase
	e signal
}

func cellsOf(m *fsm.Machine[phase, signal]) []cell {
	var out []cell
	for _, s := range append(m.States(), "p", "unknown") {
		for _, e := range append(m.Events(), "unknown") {
			out = append(out, cell{s, e})
		}
	}
	return out
}

// Wherever something runs around a row or nothing does, it leads to the same state, or to the same
// error.
func TestRunnerAgreesWithTable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMachine(t)
		table, err := fsm.NewRunner[journal](m, nil)
		if err != nil {
			t.Fatal(err)
		}
		stateless, err := fsm.NewRunner(m, func(b *behavior) { b.Clone(journal.clone); noteAll(m)(b) })
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range append(m.States(), "unknown") {
			if got, err := stateless.Permitted(context.Background(), s, &journal{}); err != nil || !slices.Equal(got, m.Permitted(s)) {
				t.Errorf("%s permits %v with error %v, want %v", s, got, err, m.Permitted(s))
			}
		}
		for _, c := range cellsOf(m) {
			var j journal
			want, wantErr := table.Fire(context.Background(), c.s, nil, c.e)
			got, gotErr := stateless.Fire(context.Background(), c.s, &j, c.e)
			if got != want || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
				t.Errorf("%s--%s: the table gives %q and %v, stateless %q and %v", c.s, c.e, want, wantErr, got, gotErr)
			}
			step, stepErr := m.Step(c.s, c.e)
			if fmt.Sprint(stepErr) != fmt.Sprint(gotErr) || stepErr == nil && step != got {
				t.Errorf("%s--%s: the machine gives %q and %v, the runner %q and %v", c.s, c.e, step, stepErr, got, gotErr)
			}
			if ran := len(j.Lines) > 0; ran != (gotErr == nil) {
				t.Errorf("%s--%s: with error %v there ran %v", c.s, c.e, gotErr, j.Lines)
			}
		}
	})
}

// Whatever part of the behaviour is there, exactly what is there runs, in the order that the rules of
// superstates demand.
func TestRunnerRunsExactlyWhatIsThere(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMachine(t)
		there := map[string]bool{}
		coin := rapid.IntRange(0, 2)
		r, err := fsm.NewRunner(m, func(b *behavior) {
			b.Clone(journal.clone)
			add := func(line string, to func(name string, do fsm.Action[journal, phase, signal])) {
				if there[line] = coin.Draw(t, line) == 0; there[line] {
					to(line, note(line))
				}
			}
			for _, s := range statesOf(m) {
				add("exit "+string(s), func(name string, do fsm.Action[journal, phase, signal]) { b.Exit(s, name, do) })
				add("entry "+string(s), func(name string, do fsm.Action[journal, phase, signal]) { b.Entry(s, name, do) })
			}
			for _, row := range m.Rows() {
				cell := fmt.Sprintf(" %s--%s", row.From, row.Event)
				add("guard"+cell, func(name string, do fsm.Action[journal, phase, signal]) { b.Guard(row.From, row.Event, name, do) })
				add("move"+cell, func(name string, do fsm.Action[journal, phase, signal]) { b.Move(row.From, row.Event, name, do) })
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range m.Rows() {
			var j journal
			to, err := r.Fire(context.Background(), row.From, &j, row.Event)
			if err != nil || to != row.To {
				t.Errorf("%v came to %q with error %v", row, to, err)
			}
			want := slices.DeleteFunc(expected(m, row), func(line string) bool { return !there[line] })
			if diff := cmp.Diff(want, append([]string{}, j.Lines...)); diff != "" {
				t.Errorf("%v: %s", row, diff)
			}
		}
	})
}

// expected lists what runs around a row if everything is there.
func expected(m *fsm.Machine[phase, signal], row fsm.Row[phase, signal]) []string {
	at := fmt.Sprintf(" %s--%s", row.From, row.Event)
	from, to := append([]phase{row.From}, m.Superstates(row.From)...), append([]phase{row.To}, m.Superstates(row.To)...)
	for len(from) > 0 && len(to) > 0 && from[len(from)-1] == to[len(to)-1] {
		from, to = from[:len(from)-1], to[:len(to)-1]
	}
	if row.From == row.To && !row.Same {
		from, to = []phase{row.From}, []phase{row.To}
	}
	out := []string{"guard" + at}
	for _, s := range from {
		out = append(out, "exit "+string(s))
	}
	out = append(out, "move"+at)
	for _, s := range slices.Backward(to) {
		out = append(out, "entry "+string(s))
	}
	return out
}

// Whichever guard or action of a Fire fails, with an error or a panic, state and subject are as they
// were; and if none does, all of it is there.
func TestRunnerIsAllOrNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMachine(t)
		nested := map[string][]signal{}
		ran, failAt, panics := 0, -1, false
		disturb := func(line string) fsm.Action[journal, phase, signal] {
			if _, drawn := nested[line]; !drawn && len(m.Events()) > 0 {
				nested[line] = rapid.SliceOfN(rapid.SampledFrom(m.Events()), 0, 1).Draw(t, "fired by "+line)
			}
			return func(ctx context.Context, step *step) error {
				step.Subject.Lines[0] = line // reaches the original if they share it
				step.Subject.Lines = append(step.Subject.Lines, line)
				step.Subject.Moves++
				if ran++; ran-1 == failAt {
					if panics {
						panic(errHost)
					}
					return errHost
				}
				if step.Subject.Moves < 10 && line[0] != 'g' {
					return fire(nested[line]...)(ctx, step)
				}
				return nil
			}
		}
		r, err := fsm.NewRunner(m, func(b *behavior) {
			b.Clone(journal.clone)
			for _, s := range statesOf(m) {
				b.Exit(s, "disturb", disturb("exit "+string(s)))
				b.Entry(s, "disturb", disturb("entry "+string(s)))
			}
			for _, e := range usedEvents(m) {
				b.Guard(fsm.Any, e, "disturb", disturb("guard "+string(e)))
				b.Move(fsm.Any, e, "disturb", disturb("move "+string(e)))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		fireOnce := func(c cell, j *journal) (to phase, err error) {
			ran = 0
			defer func() {
				if p := recover(); p != nil {
					to, err = c.s, p.(error)
				}
			}()
			return r.Fire(context.Background(), c.s, j, c.e)
		}
		for _, row := range m.Rows() {
			c := cell{row.From, row.Event}
			before := journal{Lines: []string{"before"}, Moves: 1}
			failAt = -1
			j := before.clone()
			_, err := fireOnce(c, &j)
			all := ran
			if err == nil && j.Moves != before.Moves+all {
				t.Fatalf("%v: %d guards and actions ran and left %d traces", c, all, j.Moves-before.Moves)
			}
			if err != nil && !cmp.Equal(before, j) {
				t.Fatalf("%v: after error %v the subject is %v", c, err, j)
			}
			for failAt = range all {
				for _, panics = range []bool{false, true} {
					j := before.clone()
					to, err := fireOnce(c, &j)
					if !errors.Is(err, errHost) || to != c.s || !cmp.Equal(before, j) {
						t.Fatalf("%v: number %d failed (panic: %t); came to %q with error %v and subject %v", c, failAt, panics, to, err, j)
					}
					if ran != failAt+1 {
						t.Fatalf("%v: number %d failed (panic: %t), and %d more ran", c, failAt, panics, ran-failAt-1)
					}
				}
			}
		}
	})
}
