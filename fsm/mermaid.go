package fsm

import (
	"fmt"
	"strconv"
	"strings"
)

// Mermaid returns m as a Mermaid state diagram. Superstates are composite states.
func (m *Machine[S, E]) Mermaid(show *Diagram[S]) string {
	d := m.draw(show)
	// The title is the one place where Mermaid knows no codes, and there it drops what looks like a tag.
	title := strings.NewReplacer("<", "‹", ">", "›").Replace(d.name)
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: %s\n---\nstateDiagram-v2\n", strconv.Quote(title))
	if d.doc != "" {
		fmt.Fprintf(&b, "\taccDescr: %s\n", mermaidText(d.doc))
	}
	d.mermaidStates(&b, nowhere, "\t")
	for i, n := range d.nodes {
		switch n.start {
		case initialStart:
			fmt.Fprintf(&b, "\t[*] --> s%d\n", i)
		case otherStart:
			fmt.Fprintf(&b, "\t[*] --> s%d : or here\n", i)
		}
	}
	for _, e := range d.edges {
		if d.inward(e) {
			continue
		}
		fmt.Fprintf(&b, "\ts%d --> s%d : %s\n", e.from, e.to, mermaidText(strings.Join(d.labels(e.events), ", ")))
	}
	for i, n := range d.nodes {
		if n.kind == stateNode && n.mode == Final {
			fmt.Fprintf(&b, "\ts%d --> [*]\n", i)
		}
	}
	if d.hasDagger() { // explained by a state without a border
		fmt.Fprintf(&b, "\tstate \"%s\" as legend\n\tclassDef legend fill:none,stroke:none\n\tclass legend legend\n", mermaidText(daggerNote))
	}
	d.mermaidClasses(&b)
	return b.String()
}

// mermaidStates writes what is directly in a superstate, or in none, with what is in that.
func (d *drawing) mermaidStates(b *strings.Builder, in int, indent string) {
	for i, n := range d.nodes {
		if n.in != in {
			continue
		}
		if n.kind == superNode {
			fmt.Fprintf(b, "%sstate \"%s\" as s%d {\n", indent, mermaidText(d.mermaidTitle(i)), i)
			d.mermaidStates(b, i, indent+"\t")
			b.WriteString(indent + "}\n")
			continue
		}
		lines := d.titled(n)
		if n.kind == anyNode {
			lines = append(lines, "every state that is not final")
		}
		fmt.Fprintf(b, "%sstate \"%s\" as s%d\n", indent, mermaidText(lines[0]), i)
		for _, line := range lines[1:] {
			fmt.Fprintf(b, "%ss%d : %s\n", indent, i, mermaidText(line))
		}
	}
}

// mermaidTitle returns all that there is to say about a superstate, for which Mermaid has one line.
func (d *drawing) mermaidTitle(i int) string {
	lines := d.titled(d.nodes[i])
	for _, e := range d.edges {
		if e.from == i && d.inward(e) {
			lines = append(lines, strings.Join(d.labels(e.events), ", ")+" → "+d.nodes[e.to].name)
		}
	}
	return strings.Join(lines, ", ")
}

// inward reports whether an arrow leads from a superstate to what is in it, which Mermaid cannot draw.
func (d *drawing) inward(e edge) bool { return e.from != e.to && d.within(e.to, e.from) }

// mermaidClasses colours the states by their modes and marks the current one.
func (d *drawing) mermaidClasses(b *strings.Builder) {
	for mode, c := range modeColors {
		fmt.Fprintf(b, "\tclassDef %s fill:%s,stroke:%s,color:%s\n", modeNames[mode], c.fill, c.line, inkColor)
	}
	fmt.Fprintf(b, "\tclassDef current stroke:%s,stroke-width:4px\n", currentColor)
	for i, n := range d.nodes {
		if n.kind == stateNode {
			fmt.Fprintf(b, "\tclass s%d %v\n", i, n.mode)
		}
		if n.current {
			fmt.Fprintf(b, "\tclass s%d current\n", i)
		}
	}
}

// mermaidText writes as a code each character that Mermaid could take for syntax, markup or a tag.
func mermaidText(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r >= 0x80, strings.ContainsRune(" ,()", r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, "#%d;", r)
		}
	}
	return b.String()
}
