package fsm

// The layout of an SVG is in layers, from top to bottom. The nodes are put into a reading order, so
// that few arrows point up (layout_read.go). Each gets a rank; arrows over several ranks bend in those
// between, and their labels stand in one of them (layout_rank.go). The ranks are sorted, so that few
// arrows cross (layout_order.go), and everything gets its place (layout_across.go, layout_down.go).
// A superstate is a box: it has a title in a rank above what is in it, and a floor in a rank beneath,
// which its own arrows leave. All is in whole pixels, so that every processor comes to the same picture.

// A layout is a drawing on its way to the page.
type layout struct {
	*drawing
	shapes   []shape  // of each node
	vertices []vertex // first one for each node (of a superstate, its title), then floors, labels and bends
	floors   []int    // of each node its floor, which is the node itself where it is no superstate
	links    []link

	ranks         [][]int  // the vertices of each rank, from left to right
	tops, bottoms []int    // of each rank
	sides         [][2]int // of each superstate: left and right
	width, height int
}

// A vertex is something that has a place of its own.
type vertex struct {
	left, right, height int // its room: to both sides of its middle, and in all
	in                  int // the superstate that it is in, or nowhere; titles and floors are in their own
	rank                int
	x, y                int // its middle
}

// A link runs from a vertex down to another.
type link struct {
	edge  int    // what it draws, or nowhere: it draws nothing and reserves a place for its box in each rank
	up    bool   // its arrow points up
	chain []int  // the vertices that it runs along
	label int    // the one of them that is its label, or nowhere
	ports [2]int // the x at which it leaves its upper end and comes to its lower one
}

// arrange lays out d.
func arrange(d *drawing) *layout {
	l := &layout{drawing: d}
	for _, n := range d.nodes {
		l.add(vertex{in: n.in})
	}
	for i, n := range d.nodes {
		floor := i
		if n.kind == superNode {
			l.vertices[i].in = i
			floor = l.add(vertex{in: i})
		}
		l.floors = append(l.floors, floor)
	}
	l.connect(l.readingOrder())
	l.measure()
	l.rank()
	l.bend()
	l.order()
	l.placeAcross()
	l.placeDown()
	l.placePorts()
	return l
}

func (l *layout) add(v vertex) int {
	l.vertices = append(l.vertices, v)
	return len(l.vertices) - 1
}

// measure gives the nodes their shapes, wide enough for the links that come and leave side by side.
func (l *layout) measure() {
	leave, come := make([]int, len(l.vertices)), make([]int, len(l.vertices))
	for _, k := range l.links {
		if k.edge != nowhere {
			leave[k.chain[0]]++
			come[k.chain[1]]++
		}
	}
	for i := range l.nodes {
		s := l.shape(i, max(leave[i], come[i]))
		v := &l.vertices[i]
		v.left, v.right, v.height = l.room(i, s)
		l.shapes = append(l.shapes, s)
	}
}

// within reports whether node i is a superstate or in it, however deep. Everything is in nowhere.
func (d *drawing) within(i, super int) bool {
	for i != nowhere && i != super {
		i = d.nodes[i].in
	}
	return i == super
}
