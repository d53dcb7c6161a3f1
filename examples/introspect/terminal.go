package main

import (
	"io"
	"os"
)

// pipedWidth is the width of what goes into a file or another program.
const pipedWidth = 100

// newPage returns a page as wide as the terminal that w is, in colour if the user wants colours.
func newPage(w io.Writer) *page {
	p := &page{width: pipedWidth}
	file, ok := w.(*os.File)
	if !ok {
		return p
	}
	if columns := terminalColumns(file); columns > 0 {
		p.width = max(columns, 40)
		p.colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return p
}

func (p *page) bold(s string) string { return p.styled("1", s) }

// state writes a state in the colour of how well it stands.
func (p *page) state(s State) string {
	switch s {
	case Finished:
		return p.styled("32", string(s))
	case Failed:
		return p.styled("31", string(s))
	default:
		return p.styled("33", string(s))
	}
}

func (p *page) styled(code, s string) string {
	if !p.colour {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
