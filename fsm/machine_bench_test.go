package fsm_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/internal/originals"
)

type stateAndEvent struct {
	state originals.State
	event originals.Event
}

// BenchmarkNext asks for random cells, three in four permitted, by strings that share no memory with
// the machine's, as they come out of a database; and the same of a Go map.
func BenchmarkNext(b *testing.B) {
	for _, c := range []struct {
		names      string
		definition originals.Definition
	}{
		{"short", originals.Introspection()},
		{"long", lengthened(originals.Introspection(), "introspection-of-a-node/")},
		{"many", manyNames()},
	} {
		m := fsm.MustCompile(c.definition)
		table := map[stateAndEvent]originals.State{}
		for _, row := range m.Rows() {
			table[stateAndEvent{row.From, row.Event}] = row.To
		}
		asked := randomCells(m)
		b.Run("names="+c.names+"/by=map", func(b *testing.B) {
			benchmarkCells(b, asked, func(s originals.State, e originals.Event) (originals.State, bool) {
				to, ok := table[stateAndEvent{s, e}]
				return to, ok
			})
		})
		b.Run("names="+c.names+"/by=Next", func(b *testing.B) { benchmarkCells(b, asked, m.Next) })
	}
}

// benchmarkCells picks the cells by a small generator, so that no branch predictor learns their
// order.
func benchmarkCells(b *testing.B, asked *[4096]stateAndEvent, next func(originals.State, originals.Event) (originals.State, bool)) {
	b.ReportAllocs()
	sum, pick := 0, uint64(1)
	for b.Loop() {
		pick = pick*6364136223846793005 + 1442695040888963407
		cell := &asked[pick>>52]
		if to, ok := next(cell.state, cell.event); ok {
			sum += len(to)
		}
	}
	if sum == 0 {
		b.Error("nothing was permitted")
	}
}

func randomCells(m *fsm.Machine[originals.State, originals.Event]) *[4096]stateAndEvent {
	random := rand.New(rand.NewPCG(1, 2))
	rows, states, events := m.Rows(), m.States(), m.Events()
	var cells [4096]stateAndEvent
	for i := range cells {
		s, e := states[random.IntN(len(states))], events[random.IntN(len(events))]
		if random.IntN(4) > 0 {
			row := rows[random.IntN(len(rows))]
			s, e = row.From, row.Event
		}
		cells[i] = stateAndEvent{
			originals.State(strings.Clone(string(s))),
			originals.Event(strings.Clone(string(e))),
		}
	}
	return &cells
}

// manyNames has 60 states and 40 events, half of its cells permitted.
func manyNames() originals.Definition {
	d := originals.Definition{
		Name: "many", Initial: "state0",
		States: fsm.States[originals.State, originals.Event]{}, Table: fsm.Table[originals.State, originals.Event]{},
	}
	for i := range 60 {
		s := originals.State(fmt.Sprint("state", i))
		d.States[s] = fsm.State[originals.State, originals.Event]{Mode: fsm.Resting}
		d.Table[s] = map[originals.Event]originals.State{}
		for j := range 20 {
			d.Table[s][originals.Event(fmt.Sprint("event-", (i+2*j)%40))] = originals.State(fmt.Sprint("state", (i+j+1)%60))
		}
	}
	return d
}

func BenchmarkCompile(b *testing.B) {
	d := originals.Introspection()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := fsm.Compile(d); err != nil {
			b.Fatal(err)
		}
	}
}
