package fsm

import (
	"fmt"
	"slices"
	"strings"
)

// DOT returns m as a graph for Graphviz. Superstates are clusters; their arrows start at a point in
// them. What states and events mean is in tooltips.
func (m *Machine[S, E]) DOT(show *Diagram[S]) string {
	d := m.draw(show)
	caption := slices.Concat([]string{d.name}, wrap(strings.Fields(d.doc), " ", textWidth), d.legend())
	var b strings.Builder
	fmt.Fprintf(&b, "digraph %s {\n", dotText(d.name))
	fmt.Fprintf(&b, "\tgraph [label=%s, labelloc=b, labeljust=l, fontname=\"sans-serif\", fontsize=10]\n", dotLeft(caption))
	b.WriteString("\tnode [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", fontsize=11]\n")
	b.WriteString("\tedge [fontname=\"sans-serif\", fontsize=10]\n")
	d.dotNodes(&b, nowhere, "\t")
	for i, n := range d.nodes {
		switch n.start {
		case initialStart:
			fmt.Fprintf(&b, "\tstart%d [shape=point, width=0.15]\n\tstart%d -> n%d\n", i, i, i)
		case otherStart:
			fmt.Fprintf(&b, "\tstart%d [shape=circle, label=\"\", width=0.12, fillcolor=white]\n\tstart%d -> n%d\n", i, i, i)
		}
	}
	for _, e := range d.edges {
		fmt.Fprintf(&b, "\tn%d -> n%d [label=%s, tooltip=%s", e.from, e.to, dotText(d.labels(e.events)...), dotText(d.tellEvents(e.events)...))
		if d.supervised(e) {
			b.WriteString(", style=dashed")
		}
		b.WriteString("]\n")
	}
	b.WriteString("}\n")
	return b.String()
}

// dotNodes writes what is directly in a superstate, or in none, with what is in that.
func (d *drawing) dotNodes(b *strings.Builder, in int, indent string) {
	for i, n := range d.nodes {
		if n.in != in {
			continue
		}
		texts := fmt.Sprintf("label=%s, tooltip=%s", dotText(d.titled(n)...), dotText(d.tellNode(n)...))
		switch n.kind {
		case anyNode:
			fmt.Fprintf(b, "%sn%d [%s, shape=plaintext, style=\"\"]\n", indent, i, texts)
		case superNode:
			fmt.Fprintf(b, "%ssubgraph cluster%d {\n%s\tgraph [%s, labelloc=t, labeljust=c, style=rounded]\n", indent, i, indent, texts)
			if slices.ContainsFunc(d.edges, func(e edge) bool { return e.from == i }) {
				fmt.Fprintf(b, "%s\tn%d [shape=point, width=0.06]\n", indent, i)
			}
			d.dotNodes(b, i, indent+"\t")
			fmt.Fprintf(b, "%s}\n", indent)
		case stateNode:
			line, more := modeColors[n.mode].line, ""
			if n.current {
				line, more = currentColor, ", penwidth=4"
			}
			if n.mode == Final {
				more += ", peripheries=2"
			}
			fmt.Fprintf(b, "%sn%d [%s, fillcolor=%q, color=%q%s]\n", indent, i, texts, modeColors[n.mode].fill, line, more)
		}
	}
}

// titled returns the name of a node, with its count, and what stands beneath it.
func (d *drawing) titled(n node) []string {
	title := n.name
	if n.count != "" {
		title += " (" + n.count + ")"
	}
	return append([]string{title}, d.lines(n)...)
}

// dotText quotes lines for a label, in which escapes and entities count.
func dotText(lines ...string) string { return `"` + dotJoin(lines, `\n`) + `"` }

// dotLeft is dotText with its lines at the left and not in the middle.
func dotLeft(lines []string) string { return `"` + dotJoin(lines, `\l`) + `\l"` }

func dotJoin(lines []string, newline string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "&", "&amp;")
	escaped := make([]string, len(lines))
	for i, line := range lines {
		escaped[i] = escape.Replace(line)
	}
	return strings.Join(escaped, newline)
}
