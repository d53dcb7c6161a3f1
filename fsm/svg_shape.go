package fsm

// Sizes in pixels. The graph is set in a monospaced face, so that widths are known wherever the
// picture is looked at: a cell is what a letter takes, rounded up.
const (
	nameCell, nameLine   = 8, 17  // the name of a node, 13px
	smallCell, smallLine = 7, 15  // what stands beneath it, labels and counts, 11px
	noteCell, noteLine   = 7, 17  // the sentences around the graph, 12px and proportional
	titleCell, titleLine = 10, 36 // the name of the machine, 16px and proportional
	noteWidth            = 90     // columns of sentences

	nodePad    = 10 // between the border of a node and its text
	nodeApart  = 10 // around a node
	badgeApart = 7  // between a name and its count
	badgePad   = 7  // around the digits of a count
	startRoom  = 30 // for the sign of a start
	loopRoom   = 28 // for a loop, besides its label
	portApart  = 12 // between arrows that come to a node side by side
)

// A shape is what is drawn of a node: a border around its name, its count and its lines.
type shape struct {
	width, height, round int // the border, and how round its corners are
	name, badge          int // how wide the name is, and the count with what is before it
	lines                []string
}

// shape returns the shape of a node that a number of links come to side by side.
func (d *drawing) shape(i, links int) shape {
	n := d.nodes[i]
	s := shape{name: cells(n.name) * nameCell, lines: d.lines(n)}
	if n.count != "" {
		s.badge = badgeApart + cells(n.count)*smallCell + badgePad
	}
	s.height = nameLine + len(s.lines)*smallLine + nodePad
	switch {
	case n.kind == superNode:
		s.round = 10
	case n.kind == anyNode:
		s.round = s.height / 2
	case n.mode == Resting:
		s.round = 16
	default:
		s.round = 6
	}
	text := max(s.name+s.badge, widest(s.lines)*smallCell)
	s.width = max(text+2*nodePad, links*portApart+2*s.round)
	return s
}

// room returns the room of a node with what hangs on it: to both sides of its middle, and in all.
func (d *drawing) room(i int, s shape) (left, right, height int) {
	left, right, height = s.width/2+nodeApart, s.width/2+nodeApart, s.height
	if d.nodes[i].start != noStart {
		left += startRoom
	}
	for _, e := range d.edges {
		if e.from == i && e.to == i {
			right += loopRoom + widest(d.labels(e.events))*smallCell
			height = max(height, len(e.events)*smallLine)
		}
	}
	return left, right, height
}

// labelRoom returns the room of the label of a link.
func labelRoom(lines []string) vertex {
	half := widest(lines)*smallCell/2 + bendRoom
	return vertex{left: half, right: half, height: len(lines)*smallLine + 2}
}
