package fsm

import "slices"

// readingOrder returns the place of each node if the machine is read in the order in which things
// happen: from its starts on, and then changed until no node can move and save an upward arrow.
// Superstates have no place.
func (l *layout) readingOrder() []int {
	next := make([][]int, len(l.nodes))
	for _, e := range l.edges {
		if l.within(e.to, e.from) {
			continue // a loop, or an arrow from the title of a box to what is in it
		}
		for i, n := range l.nodes {
			if n.kind != superNode && l.within(i, e.from) {
				next[i] = append(next[i], e.to)
			}
		}
	}
	order := l.reached(next)
	saveUpward(order, next)
	at := make([]int, len(l.nodes))
	for place, i := range order {
		at[i] = place
	}
	return at
}

// reached returns the nodes in the order in which they are reached: from the initial state, then from
// the other starts, then what is reached from neither.
func (l *layout) reached(next [][]int) []int {
	var order []int
	seen := make([]bool, len(l.nodes))
	reach := func(i int) {
		if !seen[i] {
			seen[i] = true
			order = append(order, i)
		}
	}
	done := 0
	from := func(is func(node) bool) {
		for i, n := range l.nodes {
			if n.kind == superNode || !is(n) {
				continue
			}
			reach(i)
			for ; done < len(order); done++ {
				for _, to := range next[order[done]] {
					reach(to)
				}
			}
		}
	}
	from(func(n node) bool { return n.start == initialStart })
	from(func(n node) bool { return n.start == otherStart })
	from(func(node) bool { return true })
	return order
}

// saveUpward moves each node but the first to where the fewest arrows point up, as long as that helps.
func saveUpward(order []int, next [][]int) {
	arrows := make(map[[2]int]int)
	for from, targets := range next {
		for _, to := range targets {
			arrows[[2]int{from, to}] = 1
		}
	}
	for moved := true; moved; { // ends, because each move saves an arrow
		moved = false
		for _, node := range slices.Clone(order[1:]) {
			at := slices.Index(order, node)
			best, place, cost := 0, at, 0
			pass := func(j, step int) { // what it costs to move past order[j]
				other := order[j]
				cost += step * (arrows[[2]int{other, node}] - arrows[[2]int{node, other}])
				if cost < best {
					best, place = cost, j
				}
			}
			for j := at - 1; j >= 1; j-- {
				pass(j, 1)
			}
			cost = 0
			for j := at + 1; j < len(order); j++ {
				pass(j, -1)
			}
			if place != at {
				order = slices.Insert(slices.Delete(order, at, at+1), place, node)
				moved = true
			}
		}
	}
}
