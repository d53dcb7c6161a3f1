package fsm

import (
	"fmt"
	"strings"
)

// graph draws boxes, over them arrows, and over those labels and nodes.
func (p *svgPage) graph() {
	for i, n := range p.nodes {
		if n.kind == superNode {
			p.box(i)
		}
	}
	for _, k := range p.links {
		if k.edge != nowhere {
			p.arrow(k)
		}
	}
	for _, k := range p.links {
		if k.label != nowhere {
			p.label(k)
		}
	}
	for i, n := range p.nodes {
		if n.kind != superNode {
			p.node(i)
		}
	}
}

// box draws a superstate around what is in it.
func (p *svgPage) box(i int) {
	top, floor := p.over(i), p.vertices[p.floors[i]].y
	p.group("super", p.tellNode(p.nodes[i]), func() {
		p.rect("box", p.sides[i][0], top, p.sides[i][1]-p.sides[i][0], floor-top, p.shapes[i].round)
		p.inside(i)
	})
}

// node draws a state or the wildcard, with its loop and the sign of a start.
func (p *svgPage) node(i int) {
	n, s, v := p.nodes[i], p.shapes[i], p.vertices[i]
	left, top := v.x-s.width/2, v.y-s.height/2
	class := n.modeName()
	if n.kind == anyNode {
		class = "any"
	}
	p.group(class, p.tellNode(n), func() {
		if n.current {
			p.rect("current", left-4, top-4, s.width+8, s.height+8, s.round+4)
		}
		p.rect("node", left, top, s.width, s.height, s.round)
		if n.kind == stateNode && n.mode == Final {
			p.rect("ring", left+3, top+3, s.width-6, s.height-6, s.round-2)
		}
		p.inside(i)
	})
	switch n.start {
	case initialStart:
		p.start("start", left-4, v.y)
	case otherStart:
		p.start("start other", left-4, v.y)
	}
	p.loop(i, left+s.width, v.y)
}

// inside writes the name of a node with its count, and what stands beneath.
func (p *svgPage) inside(i int) {
	n, s, v := p.nodes[i], p.shapes[i], p.vertices[i]
	top := v.y - (nameLine+len(s.lines)*smallLine)/2
	p.text("state", v.x-s.badge/2, top+13, n.name)
	if n.count != "" {
		width := s.badge - badgeApart
		left := v.x + (s.name-s.badge)/2 + badgeApart
		p.rect("badge", left, top, width, nameLine-1, nameLine/2)
		p.text("count", left+width/2, top+12, n.count)
	}
	p.lines("detail", v.x, top+nameLine, s.lines, smallLine)
}

// start draws the sign of a start, up to a point.
func (p *svgPage) start(class string, x, y int) {
	p.write(`<circle class="%s" cx="%d" cy="%d" r="5"/>`, class, x-21, y)
	p.write(`<path class="arrow" d="M%d %dh8"/>`, x-16, y)
	p.head(x, y, 1, 0)
}

// loop draws the arrow of a node to itself, if it has one, from a point at its right.
func (p *svgPage) loop(i, x, y int) {
	for _, e := range p.edges {
		if e.from != i || e.to != i {
			continue
		}
		p.group("label", p.tellEvents(e.events), func() {
			p.write(`<path class="%s" d="M%d %dc26 -4 26 18 7 14"/>`, p.arrowClass(e), x, y-7)
			p.head(x, y+7, -1, 0)
			p.lines("event loop", x+loopRoom-4, y-len(e.events)*smallLine/2, p.labels(e.events), smallLine)
		})
	}
}

// label writes the label of a link onto it.
func (p *svgPage) label(k link) {
	v, events := p.vertices[k.label], p.edges[k.edge].events
	p.group("label", p.tellEvents(events), func() {
		p.rect("under", v.x-v.left+2, v.y-v.height/2, v.left+v.right-4, v.height, 3)
		p.lines("event", v.x, v.y-len(events)*smallLine/2, p.labels(events), smallLine)
	})
}

// arrow draws a link. One of a superstate starts with a dot on its box.
func (p *svgPage) arrow(k link) {
	e := p.edges[k.edge]
	x, y := k.ports[0], p.under(k.chain[0])
	endX, endY := k.ports[1], p.over(k.chain[len(k.chain)-1])
	p.write(`<path class="%s" d="%s"/>`, p.arrowClass(e), p.course(k, x, y, endX, endY))
	toward := 1
	if k.up {
		x, y, endX, endY, toward = endX, endY, x, y, -1
	}
	p.head(endX, endY, 0, toward)
	if p.nodes[e.from].kind == superNode {
		p.write(`<circle class="head" cx="%d" cy="%d" r="3"/>`, x, y)
	}
}

// course returns the path of a link: straight down through ranks and in a curve between them.
func (p *svgPage) course(k link, x, y, endX, endY int) string {
	var path strings.Builder
	fmt.Fprintf(&path, "M%d %d", x, y)
	for i, v := range k.chain[1:] {
		from, to := p.vertices[k.chain[i]].rank, p.vertices[v].rank
		next := p.vertices[v].x
		if i+1 == len(k.chain)-1 {
			next = endX
		}
		if next != x {
			top, bottom := p.bottoms[from], p.tops[to]
			middle := (top + bottom) / 2
			fmt.Fprintf(&path, "V%dC%d %d %d %d %d %d", top, x, middle, next, middle, next, bottom)
			x = next
		}
	}
	fmt.Fprintf(&path, "V%d", endY)
	return path.String()
}

func (p *svgPage) arrowClass(e edge) string {
	if p.supervised(e) {
		return "arrow supervised"
	}
	return "arrow"
}

// head draws the head of an arrow that comes to a point in a direction.
func (p *svgPage) head(x, y, dx, dy int) {
	p.write(`<path class="head" d="M%d %dL%d %dL%d %dz"/>`, x, y, x-8*dx-4*dy, y-8*dy-4*dx, x-8*dx+4*dy, y-8*dy+4*dx)
}

// under returns the y at which links leave a vertex, over the one at which they come to it.
func (l *layout) under(v int) int { return l.vertices[v].y + l.halfHeight(v) }
func (l *layout) over(v int) int  { return l.vertices[v].y - l.halfHeight(v) }

func (l *layout) halfHeight(v int) int {
	if v < len(l.nodes) {
		return l.shapes[v].height / 2
	}
	return 0
}
