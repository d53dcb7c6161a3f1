package fsm

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

// SVG returns m as a picture that stands alone: no program lays it out, and it has no script and no
// reference to anything outside. It suits a light and a dark screen, says in words what it shows to
// those who cannot see it, and tells what a state or an event means to those who point at one. It may
// stand in a page: its styles apply to nothing else.
func (m *Machine[S, E]) SVG(show *Diagram[S]) string {
	d := m.draw(show)
	l := arrange(d)
	above, below := wrap(strings.Fields(d.doc), " ", noteWidth), d.legend()
	width := max(l.width, cells(d.name)*titleCell+2*pageMargin, widest(slices.Concat(above, below))*noteCell+2*pageMargin)
	top := titleLine + len(above)*noteLine + pageMargin
	bottom := top + l.height + pageMargin
	height := bottom + len(below)*noteLine + pageMargin

	p := &svgPage{layout: l}
	p.write(`<svg xmlns="http://www.w3.org/2000/svg" class="fsm" role="img" width="%d" height="%d" viewBox="0 0 %d %d">`, width, height, width, height)
	p.write("<title>%s</title>\n<desc>%s</desc>", esc(d.name), esc(d.summary()))
	p.write("<style>%s</style>", svgStyle())
	p.rect("page", 0, 0, width, height, 8)
	p.text("name", pageMargin, 28, d.name)
	p.lines("note", pageMargin, titleLine, above, noteLine)
	p.write(`<g transform="translate(%d %d)">`, (width-l.width)/2, top)
	p.graph()
	p.write("</g>")
	p.lines("note", pageMargin, bottom, below, noteLine)
	p.write("</svg>")
	return p.out.String()
}

// summary says in words what the picture shows.
func (d *drawing) summary() string {
	states := 0
	starts, current := "", ""
	for _, n := range d.nodes {
		if n.kind == stateNode {
			states++
		}
		if n.start == initialStart {
			starts = n.name
		}
		if n.current {
			current = " It is in " + n.name + "."
		}
	}
	text := fmt.Sprintf("A state machine with %d states and %d events that starts in %s.%s", states, len(d.events), starts, current)
	return strings.TrimSpace(d.doc + " " + text)
}

// An svgPage is the SVG of a layout that is being written, an element a line.
type svgPage struct {
	*layout
	out strings.Builder
}

func (p *svgPage) write(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

func (p *svgPage) rect(class string, x, y, width, height, round int) {
	p.write(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="%d"/>`, class, x, y, width, height, round)
}

func (p *svgPage) text(class string, x, y int, text string) {
	p.write(`<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, esc(text))
}

// lines writes lines beneath a height.
func (p *svgPage) lines(class string, x, top int, lines []string, height int) {
	for i, line := range lines {
		p.text(class, x, top+(i+1)*height-4, line)
	}
}

// group writes what shows some lines where one points at it.
func (p *svgPage) group(class string, told []string, content func()) {
	p.write(`<g class="%s"><title>%s</title>`, class, esc(strings.Join(told, "\n")))
	content()
	p.write("</g>")
}

// esc writes a text so that it stands for itself in an element and in a quoted attribute.
func esc(text string) string { return html.EscapeString(text) }
