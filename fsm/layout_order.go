package fsm

import (
	"cmp"
	"iter"
	"slices"
)

// order sorts each rank so that few links cross. It sweeps down and up, putting each vertex where its
// neighbours are on average, and keeps the best order that it saw. What is in a superstate stays
// together, and superstates stand in the same order in every rank, so that each fits in a box.
func (l *layout) order() {
	above, below := make([][]int, len(l.vertices)), make([][]int, len(l.vertices))
	for _, k := range l.links {
		for i := range k.chain[1:] {
			from, to := k.chain[i], k.chain[i+1]
			below[from] = append(below[from], to)
			above[to] = append(above[to], from)
		}
	}
	o := &ordering{layout: l, above: above, below: below, place: make([]int, len(l.vertices)), key: make([]int, len(l.vertices))}
	o.sweep(slices.All(l.ranks), make([][]int, len(l.vertices)))
	best, fewest := cloneRanks(l.ranks), o.crossings()
	for round := range 24 {
		o.sweep(slices.All(l.ranks), above)
		o.sweep(slices.Backward(l.ranks), below)
		o.swap(round%2 > 0)
		if crossings := o.crossings(); crossings < fewest {
			best, fewest = cloneRanks(l.ranks), crossings
		}
	}
	l.ranks = best
}

func cloneRanks(ranks [][]int) [][]int {
	out := make([][]int, len(ranks))
	for i, rank := range ranks {
		out[i] = slices.Clone(rank)
	}
	return out
}

type ordering struct {
	*layout
	above, below [][]int // the neighbours of each vertex

	place []int // of each vertex in its rank
	key   []int // where it wants to be, in thousandths of a place
	boxes []int // of each superstate: where it wants to be among all, in thousandths of a rank
}

// sweep sorts rank after rank by the places of the neighbours.
func (o *ordering) sweep(ranks iter.Seq2[int, []int], neighbours [][]int) {
	for _, rank := range o.ranks {
		for place, v := range rank {
			o.place[v] = place
		}
	}
	o.boxes = o.middles()
	for r, rank := range ranks {
		for _, v := range rank {
			o.key[v] = 1000 * o.place[v]
			if near := neighbours[v]; len(near) > 0 {
				sum := 0
				for _, u := range near {
					sum += 1000 * o.place[u]
				}
				o.key[v] = sum / len(near)
			}
		}
		o.ranks[r] = o.sorted(rank, nowhere)
		for place, v := range o.ranks[r] {
			o.place[v] = place
		}
	}
}

// middles returns for each superstate where what is in it is on average.
func (o *ordering) middles() []int {
	sum, count := make([]int, len(o.nodes)), make([]int, len(o.nodes))
	for _, rank := range o.ranks {
		for place, v := range rank {
			for in := o.vertices[v].in; in != nowhere; in = o.nodes[in].in {
				sum[in] += 1000 * place / len(rank)
				count[in]++
			}
		}
	}
	for i := range sum {
		sum[i] /= max(count[i], 1)
	}
	return sum
}

// A cluster is a vertex, or all of a rank that is in the same superstate.
type cluster struct {
	super, key int
	vertices   []int
}

// sorted sorts vertices of a rank that are in a superstate, or in nowhere.
func (o *ordering) sorted(vertices []int, super int) []int {
	var clusters, boxes []cluster
	for _, v := range vertices {
		in := o.childAround(v, super)
		i := slices.IndexFunc(clusters, func(c cluster) bool { return in != nowhere && c.super == in })
		if i < 0 {
			i = len(clusters)
			clusters = append(clusters, cluster{super: in})
		}
		clusters[i].vertices = append(clusters[i].vertices, v)
	}
	for i, c := range clusters {
		for _, v := range c.vertices {
			clusters[i].key += o.key[v]
		}
		clusters[i].key /= len(c.vertices)
		if c.super != nowhere {
			clusters[i].vertices = o.sorted(c.vertices, c.super)
			boxes = append(boxes, clusters[i])
		}
	}
	slices.SortStableFunc(clusters, func(a, b cluster) int { return cmp.Compare(a.key, b.key) })
	slices.SortFunc(boxes, func(a, b cluster) int {
		return cmp.Or(cmp.Compare(o.boxes[a.super], o.boxes[b.super]), cmp.Compare(a.super, b.super))
	})
	var out []int
	for _, c := range clusters {
		if c.super != nowhere { // the places of boxes are taken in the order of boxes
			c, boxes = boxes[0], boxes[1:]
		}
		out = append(out, c.vertices...)
	}
	return out
}

// childAround returns the superstate directly in super that has the vertex in it, or nowhere.
func (l *layout) childAround(v, super int) int {
	in := l.vertices[v].in
	if in == super {
		return nowhere
	}
	for l.nodes[in].in != super {
		in = l.nodes[in].in
	}
	return in
}

// swap exchanges neighbours in a rank where that spares crossings. Where it makes no difference they
// are exchanged if ties is set, which may open a way to what does.
func (o *ordering) swap(ties bool) {
	for range 4 {
		for _, rank := range o.ranks {
			for i := range rank[1:] {
				v, w := rank[i], rank[i+1]
				if o.vertices[v].in != o.vertices[w].in {
					continue
				}
				if now, then := o.crossed(v, w), o.crossed(w, v); now > then || ties && now == then && now > 0 {
					rank[i], rank[i+1] = w, v
					o.place[v], o.place[w] = i+1, i
				}
			}
		}
	}
}

// crossed counts how often the links of v cross those of w if v is at the left.
func (o *ordering) crossed(v, w int) int {
	n := 0
	for _, near := range [][][]int{o.above, o.below} {
		for _, a := range near[v] {
			for _, b := range near[w] {
				if o.place[a] > o.place[b] {
					n++
				}
			}
		}
	}
	return n
}

// crossings counts how often links cross between ranks.
func (o *ordering) crossings() int {
	count := 0
	for _, rank := range o.ranks {
		var seen []int // the places below of the links so far, sorted
		for _, v := range rank {
			for _, u := range o.below[v] {
				after, _ := slices.BinarySearch(seen, o.place[u]+1)
				count += len(seen) - after
			}
			for _, u := range o.below[v] {
				at, _ := slices.BinarySearch(seen, o.place[u])
				seen = slices.Insert(seen, at, o.place[u])
			}
		}
	}
	return count
}
