package fsm

import (
	"slices"
	"strings"
)

// textWidth is how wide text is at most, unless names are long or somebody wants it otherwise.
const textWidth = 100

// Text returns m as a table for a terminal: for each state its mode, its limit and where each event
// leads, what is in a superstate beneath it, and at the end what states and events mean.
func (m *Machine[S, E]) Text(show *Diagram[S]) string {
	d, width, brief := m.draw(show), textWidth, false
	if show != nil {
		brief = show.Brief
		if show.Width > 0 {
			width = show.Width
		}
	}
	t := textTable{{"", "STATE", "COUNT", "MODE", "LIMIT"}}
	for _, n := range d.nodes {
		t = append(t, textRow{n.marks(), strings.Repeat("  ", n.depth) + n.name, n.count, n.modeName(), n.limit})
	}

	var b strings.Builder
	b.WriteString(withDoc(d.name, d.doc) + "\n\n")
	widths := t.widths()
	for i, row := range t {
		moves := []string{"EVENT → STATE"}
		if i > 0 {
			moves = d.moves(i - 1)
		}
		row.write(&b, widths, moves, width)
	}
	legend := d.legend()
	if slices.ContainsFunc(d.nodes, func(n node) bool { return n.current }) {
		legend = append([]string{"> is here now"}, legend...)
	}
	writeBlock(&b, "", legend)
	if !brief {
		writeBlock(&b, "States\n", glossary(d.nodes, width, func(n node) (name, doc string) { return n.name, n.doc }))
		writeBlock(&b, "Events\n", glossary(d.events, width, func(e drawnEvent) (name, doc string) { return e.label(), e.doc }))
	}
	return b.String()
}

// marks shows whether the state is the current one and whether an entity may start in it.
func (n node) marks() string {
	start := [...]string{noStart: " ", initialStart: "●", otherStart: "○"}[n.start]
	if n.current {
		return ">" + start
	}
	return " " + start
}

func (n node) modeName() string {
	if n.kind != stateNode {
		return ""
	}
	return n.mode.String()
}

// moves lists where each event leads from node i, in the order of events.
func (d *drawing) moves(i int) []string {
	moves := make([]string, len(d.events))
	for _, event := range d.nodes[i].stays {
		moves[event] = d.events[event].label() + " (stays)"
	}
	for _, e := range d.edges {
		if e.from != i {
			continue
		}
		for _, event := range e.events {
			moves[event] = d.events[event].label() + " → " + d.nodes[e.to].name
		}
	}
	return slices.DeleteFunc(moves, func(move string) bool { return move == "" })
}

// A textRow is marks, name, count, mode and limit.
type textRow [5]string

const countColumn = 2

// A textTable begins with the headings.
type textTable []textRow

// widths returns how wide each column is: zero where only its heading would stand in it.
func (t textTable) widths() (widths [5]int) {
	for i, heading := range t[0] {
		for _, row := range t[1:] {
			widths[i] = max(widths[i], cells(row[i]))
		}
		if widths[i] > 0 {
			widths[i] = max(widths[i], cells(heading))
		}
	}
	return widths
}

func (r textRow) write(b *strings.Builder, widths [5]int, moves []string, width int) {
	var line strings.Builder
	for i, text := range r {
		if widths[i] == 0 {
			continue
		}
		padding := strings.Repeat(" ", widths[i]-cells(text))
		if i == countColumn {
			text, padding = padding+text, ""
		}
		line.WriteString(text + padding + "  ")
	}
	indent := cells(line.String())
	for i, part := range wrap(moves, ", ", max(width-indent, 30)) {
		if i > 0 {
			line.WriteString("\n" + strings.Repeat(" ", indent))
		}
		line.WriteString(part)
	}
	b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
}

// glossary returns a line for each thing that has a sentence, and more where the sentence is long.
func glossary[T any](things []T, width int, entry func(T) (name, doc string)) []string {
	names := 0
	for _, thing := range things {
		if name, doc := entry(thing); doc != "" {
			names = max(names, cells(name))
		}
	}
	var out []string
	for _, thing := range things {
		name, doc := entry(thing)
		for _, line := range wrap(strings.Fields(doc), " ", max(width-names-4, 30)) {
			out = append(out, "  "+name+strings.Repeat(" ", names-cells(name)+2)+line)
			name = ""
		}
	}
	return out
}

func writeBlock(b *strings.Builder, heading string, lines []string) {
	if len(lines) > 0 {
		b.WriteString("\n" + heading + strings.Join(lines, "\n") + "\n")
	}
}
