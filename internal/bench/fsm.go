package main

import (
	"context"
	"math/rand/v2"
	"runtime"
	"strings"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
)

type (
	state   = originals.State
	event   = originals.Event
	machine = fsm.Machine[state, event]
)

// fsmRows are about [fsm.Machine.Next], on the table of ironic-inspector: 8 states, 9 events, 26 rows.
func fsmRows() []row {
	const goMap = "a Go map of {state, event}"
	return []row{
		{"fsm/next/short", goMap, cpu, ratioAtMost(0.7), nextAndMap("")},
		{"fsm/next/to-32-bytes", goMap, cpu, ratioAtMost(1), nextAndMap("introspection/")},
		{"fsm/next/longer", goMap, cpu, ratioAtMost(1), nextAndMap("baremetal.introspection.example/")},
		{"fsm/next/allocs", "", allocations, atMost(0), nextAlone(permitted)},
		{"fsm/next/rejected-allocs", "", allocations, atMost(0), nextAlone(rejected)},
		{"fsm/walk/stateless", "stateless, as its README uses it", cpu, ratioAtMost(0.1), walkAndStateless},
		{"fsm/walk/looplab", "looplab/fsm, as its README uses it", cpu, ratioAtMost(0.1), walkAndLooplab},
	}
}

func introspection() *machine { return fsm.MustCompile(originals.Introspection()) }

type pair struct {
	state state
	event event
}

// nextAndMap looks random pairs up, three of four permitted, in strings that share no memory with the
// machine's, as if they had been read from somewhere.
func nextAndMap(prefix string) func(context.Context, *setup) (sides, error) {
	return func(context.Context, *setup) (sides, error) {
		m := fsm.MustCompile(renamed(originals.Introspection(), prefix))
		table := map[pair]state{}
		for _, r := range m.Rows() {
			table[pair{r.From, r.Event}] = r.To
		}
		pairs := append(pairsOf(m, permitted, pairsDrawn*3/4), pairsOf(m, rejected, pairsDrawn/4)...)
		byMap := func(n int) error {
			length := 0
			for i := range inDisorder(n) {
				p := pairs[i]
				if to, ok := table[p]; ok {
					length += len(to)
				}
			}
			runtime.KeepAlive(length) // so that it has to be computed
			return nil
		}
		return sides{ours: nextOn(m, pairs), peer: byMap}, nil
	}
}

func nextAlone(which func(*machine, pair) bool) func(context.Context, *setup) (sides, error) {
	return func(context.Context, *setup) (sides, error) {
		m := introspection()
		return sides{ours: nextOn(m, pairsOf(m, which, pairsDrawn))}, nil
	}
}

func nextOn(m *machine, pairs []pair) func(n int) error {
	return func(n int) error {
		length := 0
		for i := range inDisorder(n) {
			p := pairs[i]
			if to, ok := m.Next(p.state, p.event); ok {
				length += len(to)
			}
		}
		runtime.KeepAlive(length) // so that it has to be computed
		return nil
	}
}

const pairsDrawn = 4096

// inDisorder yields n numbers below 4096 in an order that the processor's branch prediction cannot
// learn, as it learns a list of a few thousand that is passed through again and again.
func inDisorder(n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		x := rand.Uint64()
		for range n {
			x = x*6364136223846793005 + 1442695040888963407 // Knuth's MMIX generator
			if !yield(int(x >> 52)) {
				return
			}
		}
	}
}

func permitted(m *machine, p pair) bool {
	_, ok := m.Next(p.state, p.event)
	return ok
}

// rejected are known names for the most part: the dearer way to be refused.
func rejected(m *machine, p pair) bool { return !permitted(m, p) }

// pairsOf draws pairs until there are n of the wanted.
func pairsOf(m *machine, wanted func(*machine, pair) bool, n int) []pair {
	states, events := append(m.States(), "unknown"), append(m.Events(), "unknown")
	var out []pair
	for len(out) < n {
		p := pair{states[rand.IntN(len(states))], events[rand.IntN(len(events))]}
		if wanted(m, p) {
			out = append(out, pair{state(strings.Clone(string(p.state))), event(strings.Clone(string(p.event)))})
		}
	}
	return out
}

// renamed returns the table of d with a prefix to all its names.
func renamed(d originals.Definition, prefix string) originals.Definition {
	out := originals.Definition{
		Name: d.Name, Initial: state(prefix) + d.Initial,
		States: fsm.States[state, event]{}, Table: fsm.Table[state, event]{},
	}
	for _, s := range d.Starts {
		out.Starts = append(out.Starts, state(prefix)+s)
	}
	for name, s := range d.States {
		if s.Then != "" {
			s.Then = event(prefix) + s.Then
		}
		out.States[state(prefix)+name] = s
	}
	for from, cells := range d.Table {
		out.Table[state(prefix)+from] = map[event]state{}
		for e, to := range cells {
			out.Table[state(prefix)+from][event(prefix)+e] = state(prefix) + to
		}
	}
	return out
}
