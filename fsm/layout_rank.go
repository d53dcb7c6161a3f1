package fsm

// connect turns each arrow into a link that runs down in the reading order. A loop is drawn with its
// node and has none.
func (l *layout) connect(at []int) {
	for i, n := range l.nodes {
		if n.kind == superNode {
			l.links = append(l.links, link{edge: nowhere, chain: []int{i, l.floors[i]}, label: nowhere})
		}
	}
	for i, e := range l.edges {
		if e.from == e.to {
			continue
		}
		k := link{edge: i, chain: []int{e.from, e.to}, label: nowhere}
		switch first, last := l.span(e.from, at); {
		case at[e.to] > last:
			k.chain[0] = l.floors[e.from]
		case at[e.to] < first:
			k.chain[0], k.chain[1], k.up = e.to, e.from, true
		}
		l.links = append(l.links, k)
	}
}

// span returns the first and the last place of a node, or of what is in it.
func (l *layout) span(node int, at []int) (first, last int) {
	first, last = len(at), nowhere
	for i, n := range l.nodes {
		if n.kind != superNode && l.within(i, node) {
			first, last = min(first, at[i]), max(last, at[i])
		}
	}
	return first, last
}

// rank gives each vertex its rank, so that links are short and yet have room for their labels, and
// titles and floors stand above and beneath what is in their boxes.
func (l *layout) rank() {
	var arcs []arc
	for i, n := range l.nodes {
		if n.in != nowhere {
			arcs = append(arcs, arc{n.in, i, 1, 0}, arc{l.floors[i], l.floors[n.in], 1, 0})
		}
	}
	for _, k := range l.links {
		length := 1
		if k.edge != nowhere {
			length = 2 + l.borders(k.chain[0], k.chain[1])
		}
		arcs = append(arcs, arc{k.chain[0], k.chain[1], length, 1})
	}
	for i, rank := range shortest(len(l.vertices), arcs) {
		l.vertices[i].rank = rank
	}
}

// borders returns how many boxes a link leaves and enters. In a rank of each there may be a title or
// a floor where the label would be.
func (l *layout) borders(from, to int) int {
	outside, inside := l.vertices[from].in, l.vertices[to].in
	n := 0
	for in := outside; !l.within(inside, in); in = l.nodes[in].in {
		n++
	}
	for in := inside; !l.within(outside, in); in = l.nodes[in].in {
		n++
	}
	return n
}

// bend adds to each link its bends and its label.
func (l *layout) bend() {
	for i := range l.links {
		k := &l.links[i]
		from, to := k.chain[0], k.chain[1]
		chosen := l.labelRank(k)
		k.chain = []int{from}
		for rank := l.vertices[from].rank + 1; rank < l.vertices[to].rank; rank++ {
			v := vertex{left: bendRoom, right: bendRoom}
			if rank == chosen {
				v = labelRoom(l.labels(l.edges[k.edge].events))
				k.label = len(l.vertices)
			}
			v.rank, v.in = rank, l.around(from, to, rank)
			k.chain = append(k.chain, l.add(v))
		}
		k.chain = append(k.chain, to)
	}
	for i, v := range l.vertices {
		for len(l.ranks) <= v.rank {
			l.ranks = append(l.ranks, nil)
		}
		l.ranks[v.rank] = append(l.ranks[v.rank], i)
	}
}

// labelRank returns the rank for the label of a link that has no bends yet: near its middle, and not
// on the border of a box.
func (l *layout) labelRank(k *link) int {
	if k.edge == nowhere {
		return nowhere
	}
	from, to := k.chain[0], k.chain[1]
	top, bottom := l.vertices[from].rank, l.vertices[to].rank
	best := nowhere
	for rank := top + 1; rank < bottom; rank++ {
		in := l.around(from, to, rank)
		if in != nowhere && (rank == l.vertices[in].rank || rank == l.vertices[l.floors[in]].rank) {
			continue
		}
		if best == nowhere || rank <= (top+bottom)/2 {
			best = rank
		}
	}
	return best
}

// around returns the innermost superstate that a link passes in a rank, or nowhere. A link leaves
// boxes through the floor and enters them through the title, if its rank is beyond them.
func (l *layout) around(from, to, rank int) int {
	out, target := l.vertices[from].in, l.vertices[to].in
	for !l.within(target, out) && l.vertices[l.floors[out]].rank < rank {
		out = l.nodes[out].in
	}
	if !l.within(target, out) {
		return out
	}
	for in := target; in != out; in = l.nodes[in].in {
		if l.vertices[in].rank <= rank {
			return in
		}
	}
	return out
}
