package fsm

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// label returns the event's name, with a dagger where the supervisor alone fires it.
func (e drawnEvent) label() string {
	if e.by == Supervisor {
		return e.name + "†"
	}
	return e.name
}

func (d *drawing) labels(events []int) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = d.events[e].label()
	}
	return out
}

// stayWidth is how many columns the events that keep an entity in a state may take beneath its name.
const stayWidth = 30

// lines is what stands beneath the name of a node: mode and limit, and the events that keep an entity there.
func (d *drawing) lines(n node) []string {
	var detail []string
	if n.kind == stateNode {
		detail = append(detail, n.mode.String())
	}
	if n.limit != "" {
		detail = append(detail, n.limit)
	}
	var out []string
	if len(detail) > 0 {
		out = append(out, strings.Join(detail, ", "))
	}
	if len(n.stays) > 0 {
		stays := wrap(d.labels(n.stays), ", ", stayWidth)
		stays[0] = "stays: " + stays[0]
		out = append(out, stays...)
	}
	return out
}

// supervised reports whether the supervisor alone takes the arrow.
func (d *drawing) supervised(e edge) bool {
	return !slices.ContainsFunc(e.events, func(event int) bool { return d.events[event].by != Supervisor })
}

// tellEvents is what a reader is told who points at an arrow: a line an event.
func (d *drawing) tellEvents(events []int) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = withDoc(d.events[e].label(), d.events[e].doc)
	}
	return out
}

// tellNode is what a reader is told who points at a node.
func (d *drawing) tellNode(n node) []string {
	return append([]string{withDoc(n.name, n.doc)}, d.tellEvents(n.stays)...)
}

func withDoc(name, doc string) string {
	if doc == "" {
		return name
	}
	return name + ": " + doc
}

// legend explains the signs that the drawing uses, one a line.
func (d *drawing) legend() []string {
	var out []string
	explain := func(line string, used func(node) bool) {
		if slices.ContainsFunc(d.nodes, used) {
			out = append(out, line)
		}
	}
	explain("● starts here, unless its creator says otherwise", func(n node) bool { return n.start == initialStart })
	explain("○ may start here", func(n node) bool { return n.start == otherStart })
	explain("* every state that is not final and has no row of its own for the event", func(n node) bool { return n.kind == anyNode })
	explain("superstate: its rows and limit count for every state in it that is not final and has none of its own", func(n node) bool { return n.kind == superNode })
	explain("stays: the event is accepted, nothing is left or entered, and clocks go on", func(n node) bool { return len(n.stays) > 0 })
	if d.hasDagger() {
		out = append(out, daggerNote)
	}
	return out
}

const daggerNote = "† by the supervisor alone"

func (d *drawing) hasDagger() bool {
	return slices.ContainsFunc(d.events, func(e drawnEvent) bool { return e.by == Supervisor })
}

// printable spells out what cannot be printed, as in a Go string.
func printable(name string) string {
	var b strings.Builder
	for _, r := range name {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteRune(r)
			b.WriteString(quoted[1 : len(quoted)-1])
		}
	}
	return b.String()
}

// sentence puts a text that may have been broken into lines on one.
func sentence(doc string) string { return printable(strings.Join(strings.Fields(doc), " ")) }

// duration writes d without the zeros that [time.Duration.String] ends with.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// cells returns how many columns a text takes where all letters are equally wide.
func cells(text string) int {
	n := 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Mn, r): // stands over the letter before it
		case r >= 0x2e80: // ideographs and emoji
			n += 2
		default:
			n++
		}
	}
	return n
}

func widest(lines []string) int {
	n := 0
	for _, line := range lines {
		n = max(n, cells(line))
	}
	return n
}

// wrap joins words with the separator and breaks after it where a line would be wider than width
// columns. A word that is wider has a line of its own.
func wrap(words []string, separator string, width int) []string {
	var lines []string
	line := ""
	for i, word := range words {
		if i > 0 && cells(line+separator+word) > width {
			lines = append(lines, strings.TrimRight(line+separator, " "))
			line = ""
		} else if i > 0 {
			line += separator
		}
		line += word
	}
	if len(words) > 0 {
		lines = append(lines, line)
	}
	return lines
}
