package fsm

import "slices"

// The room around things, in pixels.
const (
	pageMargin = 16 // of the page
	rankApart  = 4  // between neighbours in a rank, besides the room that each keeps
	bendRoom   = 5  // to each side of a link that passes
	boxRoom    = 8  // to each side of the side of a box
)

// placeAcross finds the x of everything: nothing overlaps, and links are as straight as that allows.
func (l *layout) placeAcross() {
	arcs := l.neighbours()
	places := len(l.vertices) + 2*len(l.nodes)
	for i, n := range l.nodes {
		if n.kind == superNode {
			arcs = append(arcs, arc{l.side(i, 0), l.side(i, 1), 0, 2})
		}
	}
	separate := arcs
	for _, k := range l.links {
		if k.edge == nowhere {
			continue
		}
		for i := range k.chain[1:] {
			// A place before both ends comes as near to them as they are to each other.
			from, to := k.chain[i], k.chain[i+1]
			weight := l.stiffness(from, to)
			arcs = append(arcs, arc{places, from, 0, weight}, arc{places, to, 0, weight})
			places++
		}
	}
	at := shortest(places, arcs)
	l.center(at, separate)
	l.settle(at)
}

// side returns the number of the place of a side of a box, after those of the vertices.
func (l *layout) side(super, right int) int { return len(l.vertices) + 2*super + right }

// neighbours returns what keeps the vertices of a rank, and the sides of boxes between them, apart.
func (l *layout) neighbours() []arc {
	var arcs []arc
	for _, rank := range l.ranks {
		last, room, in := nowhere, 0, nowhere
		put := func(place, left, right int) {
			if last != nowhere {
				arcs = append(arcs, arc{last, place, room + rankApart + left, 0})
			}
			last, room = place, right
		}
		enter := func(super int) { // leaves and enters boxes until it is in that one
			for ; !l.within(super, in); in = l.nodes[in].in {
				put(l.side(in, 1), boxRoom, boxRoom)
			}
			var boxes []int
			for box := super; box != in; box = l.nodes[box].in {
				boxes = append(boxes, box)
			}
			for _, box := range slices.Backward(boxes) {
				put(l.side(box, 0), boxRoom, boxRoom)
			}
			in = super
		}
		for _, v := range rank {
			enter(l.vertices[v].in)
			put(v, l.vertices[v].left, l.vertices[v].right)
		}
		enter(nowhere)
	}
	return arcs
}

// stiffness is what it costs that a part of a link is not straight: most between bends, because the eye
// follows a long arrow.
func (l *layout) stiffness(from, to int) int {
	cost := [...]int{1, 2, 8}
	bends := 0
	for _, v := range []int{from, to} {
		if v >= len(l.nodes) {
			bends++
		}
	}
	return cost[bends]
}

// center moves each node that stands as well anywhere between two of its neighbours to the middle of
// them, as far as there is room.
func (l *layout) center(at []int, separate []arc) {
	near := make([][]int, len(l.vertices))
	for _, k := range l.links {
		if k.edge != nowhere {
			last := len(k.chain) - 1
			near[k.chain[0]] = append(near[k.chain[0]], k.chain[1])
			near[k.chain[last]] = append(near[k.chain[last]], k.chain[last-1])
		}
	}
	for v, others := range near {
		if len(others) == 0 || len(others)%2 > 0 {
			continue
		}
		places := make([]int, len(others))
		for i, u := range others {
			places[i] = at[u]
		}
		slices.Sort(places)
		half := len(places) / 2
		middle := (places[half-1] + places[half]) / 2
		for _, a := range separate {
			if a.to == v {
				middle = max(middle, at[a.from]+a.length)
			}
		}
		for _, a := range separate {
			if a.from == v {
				middle = min(middle, at[a.to]-a.length)
			}
		}
		at[v] = middle
	}
}

// settle moves everything to within the margins.
func (l *layout) settle(at []int) {
	first, last := at[0], at[0]
	for i, v := range l.vertices {
		first, last = min(first, at[i]-v.left), max(last, at[i]+v.right)
	}
	for i, n := range l.nodes {
		if n.kind == superNode {
			first, last = min(first, at[l.side(i, 0)]), max(last, at[l.side(i, 1)])
		}
	}
	for i := range l.vertices {
		l.vertices[i].x = at[i] - first + pageMargin
	}
	for i := range l.nodes {
		l.sides = append(l.sides, [2]int{at[l.side(i, 0)] - first + pageMargin, at[l.side(i, 1)] - first + pageMargin})
	}
	l.width = last - first + 2*pageMargin
}
