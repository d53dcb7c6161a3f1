package fsm

import (
	"cmp"
	"slices"
)

const (
	rankRoom  = 18 // pixels between two ranks, at least
	slopeRoom = 30 // what a flat link may add to them
)

// placeDown finds the y of everything. The further a link goes sideways, the more room it gets.
func (l *layout) placeDown() {
	slope := make([]int, len(l.ranks))
	for _, k := range l.links {
		for i := range k.chain[1:] {
			from, to := l.vertices[k.chain[i]], l.vertices[k.chain[i+1]]
			slope[from.rank] = max(slope[from.rank], from.x-to.x, to.x-from.x)
		}
	}
	y := 0
	for r, rank := range l.ranks {
		height := 0
		for _, v := range rank {
			height = max(height, l.vertices[v].height)
		}
		for _, v := range rank {
			l.vertices[v].y = y + height/2
		}
		l.tops, l.bottoms = append(l.tops, y), append(l.bottoms, y+height)
		l.height = y + height
		y += height + rankRoom + min(slope[r]/8, slopeRoom)
	}
}

// placePorts says where each link leaves its upper end and comes to its lower one: side by side, and
// right above or beneath where it comes from, if there is room.
func (l *layout) placePorts() {
	type port struct{ link, toward int }
	for end := range 2 {
		ports := make([][]port, len(l.vertices))
		for i, k := range l.links {
			if k.edge == nowhere {
				continue
			}
			at, next := k.chain[0], k.chain[1]
			if end == 1 {
				last := len(k.chain) - 1
				at, next = k.chain[last], k.chain[last-1]
			}
			ports[at] = append(ports[at], port{i, l.vertices[next].x})
		}
		for v, here := range ports {
			slices.SortStableFunc(here, func(a, b port) int { return cmp.Compare(a.toward, b.toward) })
			left, right := l.reach(v, len(here))
			for i, p := range here {
				// From the left there is room for those before, and to the right for those to come.
				x := min(max(p.toward, left), right-(len(here)-1-i)*portApart)
				l.links[p.link].ports[end] = x
				left = x + portApart
			}
		}
	}
}

// reach returns between which x a number of links may leave a vertex or come to it.
func (l *layout) reach(v, links int) (left, right int) {
	half := links * portApart / 2
	if v < len(l.nodes) {
		half = l.shapes[v].width/2 - l.shapes[v].round
	}
	return l.vertices[v].x - half, l.vertices[v].x + half
}
