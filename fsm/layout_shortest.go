package fsm

import "slices"

// searchBudget bounds how long the search for the best goes on. What it has found by then is good, and no
// machine that one would look at needs as much.
const searchBudget = 1 << 25

// An arc demands that what it leads to stands at least its length after what it leads from. Its
// weight says how much each further step costs.
type arc struct{ from, to, length, weight int }

// shortest places n things on a line of whole numbers from zero on, so that every arc is long enough
// and what their lengths cost is the least. The arcs form no cycle. It is the network simplex: a
// spanning tree of arcs that are as short as allowed says where everything stands, and one arc of it
// is exchanged for another as long as that makes the whole cheaper.
func shortest(n int, arcs []arc) []int {
	s := &simplex{arcs: slices.Clone(arcs), tree: make([][]int, n+1)}
	for i := range n { // everything hangs on a root
		s.arcs = append(s.arcs, arc{from: n, to: i})
	}
	s.start(n)
	for budget := searchBudget; budget > 0; budget -= n + len(arcs) {
		s.survey(n)
		leaving := s.costly()
		if leaving < 0 {
			break
		}
		s.exchange(leaving)
	}
	return s.normal(n)
}

type simplex struct {
	arcs []arc
	tree [][]int // the arcs of the tree at each node
	at   []int

	// What a survey of the tree found.
	order []int // its nodes, each before those beneath it
	place []int // of each node in order
	size  []int // how many nodes a node and those beneath it are
	above []int // the arc to the node above
	pull  []int // the weight of arcs that come into a node and those beneath it, less that of those that go out
}

// start puts everything as far to the front as the arcs allow. Of the arcs that stopped each node one
// is in the tree.
func (s *simplex) start(root int) {
	n := len(s.tree)
	s.at, s.order, s.place = make([]int, n), make([]int, 0, n), make([]int, n)
	s.size, s.above, s.pull = make([]int, n), make([]int, n), make([]int, n)
	out, waits := make([][]int, n), make([]int, n)
	for i, a := range s.arcs {
		out[a.from] = append(out[a.from], i)
		waits[a.to]++
	}
	stopped := make([]int, n)
	for queue := []int{root}; len(queue) > 0; queue = queue[1:] {
		node := queue[0]
		if node != root {
			s.join(stopped[node])
		}
		for _, i := range out[node] {
			a := s.arcs[i]
			if earliest := s.at[node] + a.length; earliest >= s.at[a.to] {
				s.at[a.to], stopped[a.to] = earliest, i
			}
			if waits[a.to]--; waits[a.to] == 0 {
				queue = append(queue, a.to)
			}
		}
	}
}

func (s *simplex) join(i int) {
	for _, end := range []int{s.arcs[i].from, s.arcs[i].to} {
		s.tree[end] = append(s.tree[end], i)
	}
}

func (s *simplex) part(i int) {
	for _, end := range []int{s.arcs[i].from, s.arcs[i].to} {
		at := slices.Index(s.tree[end], i)
		s.tree[end] = slices.Delete(s.tree[end], at, at+1)
	}
}

// survey walks the tree from the root and weighs what hangs on each arc.
func (s *simplex) survey(root int) {
	s.order = s.order[:0]
	s.above[root] = -1
	for stack := []int{root}; len(stack) > 0; {
		node := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		s.place[node] = len(s.order)
		s.order = append(s.order, node)
		s.size[node], s.pull[node] = 1, 0
		for _, i := range s.tree[node] {
			if i != s.above[node] {
				beneath := s.arcs[i].from + s.arcs[i].to - node
				s.above[beneath] = i
				stack = append(stack, beneath)
			}
		}
	}
	for _, a := range s.arcs {
		s.pull[a.to] += a.weight
		s.pull[a.from] -= a.weight
	}
	for _, node := range slices.Backward(s.order[1:]) {
		a := s.arcs[s.above[node]]
		up := a.from + a.to - node
		s.size[up] += s.size[node]
		s.pull[up] += s.pull[node]
	}
}

// costly returns the node whose arc to the tree above it costs most by being as short as it is.
func (s *simplex) costly() int {
	worst, gain := -1, 0
	for _, node := range s.order[1:] {
		weight := s.pull[node]
		if s.arcs[s.above[node]].to != node {
			weight = -weight
		}
		if weight < gain {
			worst, gain = node, weight
		}
	}
	return worst
}

// exchange lengthens the arc above a node until another arc between the two parts of the tree is as
// short as allowed, which takes its place.
func (s *simplex) exchange(node int) {
	leaving := s.above[node]
	down := s.arcs[leaving].to == node // what hangs on the arc moves on, or else back
	beneath := func(i int) bool {
		return s.place[i] >= s.place[node] && s.place[i] < s.place[node]+s.size[node]
	}
	entering, slack := -1, 0
	for i, a := range s.arcs {
		in, out := beneath(a.from), beneath(a.to)
		if in == out || in != down {
			continue
		}
		if room := s.at[a.to] - s.at[a.from] - a.length; entering < 0 || room < slack {
			entering, slack = i, room
		}
	}
	s.part(leaving)
	s.join(entering)
	if !down {
		slack = -slack
	}
	for _, i := range s.order[s.place[node] : s.place[node]+s.size[node]] {
		s.at[i] += slack
	}
}

func (s *simplex) normal(n int) []int {
	at := s.at[:n]
	first := 0
	if n > 0 {
		first = slices.Min(at)
	}
	for i := range at {
		at[i] -= first
	}
	return at
}
