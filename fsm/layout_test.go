package fsm

import (
	"testing"

	"pgregory.net/rapid"
)

// A tile is something that is drawn and must not be drawn over.
type tile struct {
	what                     string
	left, top, right, bottom int
	in                       int
}

func (a tile) overlaps(b tile) bool {
	return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

func (a tile) inside(b tile) bool {
	return a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom
}

// tiles returns the borders of states, the titles of boxes and the labels; and the boxes by their superstates.
func tiles(l *layout) (out []tile, boxes map[int]tile) {
	boxes = map[int]tile{}
	for i, n := range l.nodes {
		v, s := l.vertices[i], l.shapes[i]
		out = append(out, tile{n.name, v.x - s.width/2, l.over(i), v.x + s.width/2, l.under(i), v.in})
		if n.kind == superNode {
			boxes[i] = tile{"box " + n.name, l.sides[i][0], l.over(i), l.sides[i][1], l.vertices[l.floors[i]].y, n.in}
		}
	}
	for _, k := range l.links {
		if k.label != nowhere {
			v := l.vertices[k.label]
			out = append(out, tile{"label", v.x - v.left + 2, v.y - v.height/2, v.x + v.right - 2, v.y + v.height/2, v.in})
		}
	}
	return out, boxes
}

func TestLayoutKeepsThingsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := oddMachine(t, oddName())
		l := arrange(m.draw(oddShow(t, m)))
		things, boxes := tiles(l)
		page := tile{"page", 0, 0, l.width, l.height, nowhere}
		for i, a := range things {
			if !a.inside(page) {
				t.Errorf("%v is not on the page %v", a, page)
			}
			for _, b := range things[:i] {
				if a.overlaps(b) {
					t.Errorf("%v overlaps %v", a, b)
				}
			}
			for super, box := range boxes {
				switch {
				case l.within(a.in, super) && !a.inside(box):
					t.Errorf("%v is not inside %v", a, box)
				case !l.within(a.in, super) && a.overlaps(box):
					t.Errorf("%v overlaps %v", a, box)
				}
			}
		}
		for i, a := range boxes {
			for j, b := range boxes {
				if l.within(i, j) && !a.inside(b) || !l.within(i, j) && !l.within(j, i) && a.overlaps(b) {
					t.Errorf("%v and %v should be in each other or apart as their states are", a, b)
				}
			}
		}
	})
}

// A link goes down from the border of one of its nodes to that of the other, and past everything else.
func TestLayoutLinks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := oddMachine(t, oddName())
		l := arrange(m.draw(nil))
		drawn := map[int]bool{}
		for _, k := range l.links {
			if k.edge == nowhere {
				continue
			}
			drawn[k.edge] = true
			e := l.edges[k.edge]
			upper, lower := k.chain[0], k.chain[len(k.chain)-1]
			from, to := upper, lower
			if k.up {
				from, to = lower, upper
			}
			if to != e.to || from != e.from && from != l.floors[e.from] {
				t.Errorf("link %v does not join the ends of %v", k, e)
			}
			for end, v := range []int{upper, lower} {
				if v < len(l.nodes) && 2*max(k.ports[end]-l.vertices[v].x, l.vertices[v].x-k.ports[end]) > l.shapes[v].width {
					t.Errorf("link %v misses node %q at %d", k, l.nodes[v].name, l.vertices[v].x)
				}
			}
			for i, v := range k.chain[1:] {
				if l.vertices[v].rank != l.vertices[k.chain[i]].rank+1 {
					t.Errorf("link %v leaves out a rank", k)
				}
			}
			if k.label == nowhere {
				t.Errorf("link %v has no label", k)
			}
		}
		for i, e := range l.edges {
			if drawn[i] == (e.from == e.to) {
				t.Errorf("edge %v: loop or link, one of the two", e)
			}
		}
		for _, rank := range l.ranks {
			for i, v := range rank[1:] {
				a, b := l.vertices[rank[i]], l.vertices[v]
				if a.x+a.right > b.x-b.left {
					t.Errorf("%v has no room beside %v", b, a)
				}
			}
		}
	})
}

// With so few arcs every placement can be tried.
func TestShortestIsTheShortest(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(t, "n")
		var arcs []arc
		for range rapid.IntRange(0, 12).Draw(t, "arcs") {
			from := rapid.IntRange(0, n-1).Draw(t, "from")
			if from == n-1 {
				continue
			}
			to := rapid.IntRange(from+1, n-1).Draw(t, "to")
			arcs = append(arcs, arc{from, to, rapid.IntRange(0, 2).Draw(t, "length"), rapid.IntRange(0, 3).Draw(t, "weight")})
		}
		got := shortest(n, arcs)
		cost, ok := costOf(arcs, got)
		if !ok {
			t.Fatalf("%v breaks an arc of %v", got, arcs)
		}
		least := -1
		var try func(at []int)
		try = func(at []int) {
			if len(at) == n {
				if c, ok := costOf(arcs, at); ok && (least < 0 || c < least) {
					least = c
				}
				return
			}
			for x := range 2*(n-1) + 1 {
				try(append(at, x))
			}
		}
		try(nil)
		if cost != least {
			t.Errorf("%v costs %d, but %d is possible with %v", got, cost, least, arcs)
		}
	})
}

func costOf(arcs []arc, at []int) (cost int, ok bool) {
	for _, a := range arcs {
		length := at[a.to] - at[a.from]
		if length < a.length {
			return 0, false
		}
		cost += a.weight * length
	}
	return cost, true
}
