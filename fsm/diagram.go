package fsm

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
)

// A Diagram says what a picture of a machine shows besides the machine. Nil shows the machine alone.
//
// The four pictures ([Machine.Text], [Machine.SVG], [Machine.DOT] and [Machine.Mermaid]) show the
// same: the rows as they were declared, so that a row of [Any] or of a superstate is one arrow and not
// one for each state. As in the table the nearest row counts. Events with the same source and the same
// target share an arrow; a row to [Same] has none and is listed with its state, while a row that
// leads to where it starts is a loop. A dagger marks the events that the supervisor alone fires.
//
// Names may hold anything: each picture escapes them, and what cannot be printed is spelled out as in
// a Go string. The same machine with the same diagram always gives the same picture.
type Diagram[S ~string] struct {
	// Current is the state to mark, such as that of the entity that a page is about. Empty: none.
	Current S
	// Counts is how many entities are in each state. A state that is not in it shows no number.
	// Here, as in Current, what is not a state of the machine shows nowhere.
	Counts map[S]int
	// Width is how many columns the table of [Machine.Text] may have, where the names allow it. Zero
	// or less: 100.
	Width int
	// Brief leaves out of that table what states and events mean.
	Brief bool
}

// A drawing is what every picture shows, before it has a format. Its names are printable.
type drawing struct {
	name, doc string
	nodes     []node // the wildcard, then states and superstates, each before what is in it
	edges     []edge // by source and target
	events    []drawnEvent
}

// A node is a state, a superstate or the wildcard.
type node struct {
	kind      nodeKind
	name, doc string
	in        int // the number of its superstate, or nowhere
	depth     int // how many superstates it is in
	mode      Mode
	limit     string
	stays     []int // the numbers of the events that keep an entity here
	start     startKind
	current   bool
	count     string
}

type nodeKind uint8

const (
	stateNode nodeKind = iota
	superNode
	anyNode
)

// nowhere is the number of nothing.
const nowhere = -1

type startKind uint8

const (
	noStart startKind = iota
	initialStart
	otherStart
)

// An edge is an arrow from a node to a node. Its events are numbers.
type edge struct {
	from, to int
	events   []int
}

type drawnEvent struct {
	name, doc string
	by        Origin
}

// draw collects what the pictures of m show.
func (m *Machine[S, E]) draw(show *Diagram[S]) *drawing {
	if show == nil {
		show = &Diagram[S]{}
	}
	d := &drawing{name: printable(m.def.Name), doc: sentence(m.def.Doc)}
	for _, e := range m.events {
		event := m.def.Events[e]
		d.events = append(d.events, drawnEvent{printable(string(e)), sentence(event.Doc), event.By})
	}
	rows := m.declaredRows()
	numbers := map[S]int{}
	if slices.ContainsFunc(rows, func(r Row[S, E]) bool { return r.From == Any }) {
		numbers[Any] = len(d.nodes)
		d.nodes = append(d.nodes, node{kind: anyNode, name: Any, in: nowhere})
	}
	m.drawStates(d, numbers, "", show)
	m.drawRows(d, numbers, rows)
	return d
}

// drawStates adds the states that are directly in a superstate, or in none, with what is in them.
func (m *Machine[S, E]) drawStates(d *drawing, numbers map[S]int, in S, show *Diagram[S]) {
	for _, s := range slices.Sorted(maps.Keys(m.def.States)) {
		state := m.def.States[s]
		if state.In != in {
			continue
		}
		n := node{name: printable(string(s)), doc: sentence(state.Doc), in: nowhere}
		if in != "" {
			n.in = numbers[in]
			n.depth = d.nodes[n.in].depth + 1
		}
		if state.After > 0 {
			then, _ := m.eventIndex.find(string(state.Then))
			n.limit = duration(state.After) + " → " + d.events[then].label()
		}
		numbers[s] = len(d.nodes)
		leaf, ok := m.leaves[s]
		if !ok {
			n.kind = superNode
			d.nodes = append(d.nodes, n)
			m.drawStates(d, numbers, s, show)
			continue
		}
		n.mode, n.start, n.current = leaf.mode, m.startOf(s), s == show.Current
		if count, ok := show.Counts[s]; ok {
			n.count = strconv.Itoa(count)
		}
		d.nodes = append(d.nodes, n)
	}
}

func (m *Machine[S, E]) startOf(s S) startKind {
	switch slices.Index(m.starts, s) {
	case nowhere:
		return noStart
	case 0:
		return initialStart
	}
	return otherStart
}

// drawRows adds the rows: arrows, and events that keep an entity where it is.
func (m *Machine[S, E]) drawRows(d *drawing, numbers map[S]int, rows []Row[S, E]) {
	edges := map[[2]int][]int{}
	for _, row := range rows {
		event, _ := m.eventIndex.find(string(row.Event))
		from, to := numbers[row.From], numbers[row.To]
		if row.Same {
			d.nodes[from].stays = append(d.nodes[from].stays, int(event))
		} else {
			edges[[2]int{from, to}] = append(edges[[2]int{from, to}], int(event))
		}
	}
	for ends, events := range edges {
		d.edges = append(d.edges, edge{ends[0], ends[1], events})
	}
	slices.SortFunc(d.edges, func(a, b edge) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
}

// declaredRows returns the rows that some state takes, from where they are declared and with their
// targets resolved.
func (m *Machine[S, E]) declaredRows() []Row[S, E] {
	seen := map[Row[S, E]]bool{}
	for _, row := range m.Rows() {
		row.From = m.declaredAt(row.From, row.Event)
		if row.Same {
			row.To = row.From
		}
		seen[row] = true
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b Row[S, E]) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Event, b.Event))
	})
}

// declaredAt returns where the row is declared that s takes on e: at s, at a superstate or at [Any].
func (m *Machine[S, E]) declaredAt(s S, e E) S {
	for _, from := range append([]S{s}, m.leaves[s].path...) {
		if _, ok := m.def.Table[from][e]; ok {
			return from
		}
	}
	return Any
}
