package fsm

import (
	"fmt"
	"strings"
)

// The colours of the pictures that are not SVG, which are those of an SVG on a light screen.
const (
	inkColor     = "#1b1f24"
	currentColor = "#d6336c"
)

// A modeColor is what states of a mode are filled and bordered with.
type modeColor struct{ fill, line string }

var modeColors = [...]modeColor{
	Active:  {"#dbe8fd", "#2f6fde"},
	Waiting: {"#fdf0c4", "#b7791f"},
	Resting: {"#edf0f3", "#6b7785"},
	Final:   {"#dff3e4", "#2f855a"},
}

// A palette is the colours of an SVG.
type palette struct {
	page, ink, soft, line, current string
	modes                          [len(modeNames)]modeColor
}

var lightPalette = palette{
	page: "#ffffff", ink: inkColor, soft: "#57606a", line: "#6e7781", current: currentColor,
	modes: modeColors,
}

var darkPalette = palette{
	page: "#0f1419", ink: "#e6edf3", soft: "#a9b3bd", line: "#8b949e", current: "#ff79a8",
	modes: [...]modeColor{
		Active:  {"#12294d", "#5b93f0"},
		Waiting: {"#3b2c08", "#d9a441"},
		Resting: {"#21262d", "#8b949e"},
		Final:   {"#10301d", "#56b377"},
	},
}

// svgStyle returns the style sheet. Each rule names the class of the picture, because a style sheet in
// a page applies to all of it.
func svgStyle() string {
	return `
.fsm{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace}
.fsm text{white-space:pre}
.fsm .name,.fsm .note{font-family:system-ui,sans-serif}
.fsm .name{font-size:16px;font-weight:600}
.fsm .note{font-size:12px}
.fsm .state{font-size:13px;font-weight:600}
.fsm .detail,.fsm .event,.fsm .count{font-size:11px}
.fsm .state,.fsm .detail,.fsm .event,.fsm .count{text-anchor:middle}
.fsm .loop{text-anchor:start}
.fsm .node,.fsm .ring,.fsm .start{stroke-width:1.5}
.fsm .ring,.fsm .box,.fsm .current,.fsm .arrow,.fsm .any .node{fill:none}
.fsm .current{stroke-width:3}
.fsm .arrow{stroke-width:1.3}
.fsm .supervised{stroke-dasharray:5 3}
.fsm .any .node{stroke-dasharray:2 2}
` + lightPalette.rules() + "@media(prefers-color-scheme:dark){\n" + darkPalette.rules() + "}\n"
}

func (c palette) rules() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".fsm .page,.fsm .under,.fsm .other,.fsm .count{fill:%s}\n", c.page)
	fmt.Fprintf(&b, ".fsm .name,.fsm .state,.fsm .event,.fsm .badge{fill:%s}\n", c.ink)
	fmt.Fprintf(&b, ".fsm .note,.fsm .detail{fill:%s}\n", c.soft)
	fmt.Fprintf(&b, ".fsm .arrow,.fsm .box,.fsm .start,.fsm .any .node{stroke:%s}\n", c.line)
	fmt.Fprintf(&b, ".fsm .head,.fsm .start:not(.other){fill:%s}\n", c.line)
	fmt.Fprintf(&b, ".fsm .current{stroke:%s}\n", c.current)
	for i, m := range c.modes {
		fmt.Fprintf(&b, ".fsm .%[1]s .node{fill:%[2]s}.fsm .%[1]s .node,.fsm .%[1]s .ring{stroke:%[3]s}\n", modeNames[i], m.fill, m.line)
	}
	return b.String()
}
