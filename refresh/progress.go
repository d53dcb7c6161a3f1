package refresh

import (
	"fmt"
	"iter"
)

// A Progress is how far a refresh is, see [PersisterOptions.Progress].
type Progress struct {
	Manager string
	Phase   Phase
	// Collection is the one that the phase is at. Empty: the phase is over, and the counts are of all collections.
	Collection string
	// Rows is how many rows of the collection the phase has seen to.
	Rows int
	// Of is how many there are. Zero: nobody knows yet, as while parsers fill it and while its rows are read.
	Of int
}

// String returns it in one line.
func (p Progress) String() string {
	out := fmt.Sprintf("%s: %s", p.Manager, p.Phase)
	if p.Collection != "" {
		out += " " + p.Collection
	}
	if out += fmt.Sprintf(" %d", p.Rows); p.Of > 0 {
		out += fmt.Sprintf(" of %d", p.Of)
	}
	return out
}

// A Phase is a part of a refresh.
type Phase uint8

// The phases.
const (
	// Filling: parsers bring rows.
	Filling Phase = iota
	// Matching: the rows of the database are read, and those that were brought are found among them.
	Matching
	// Comparing: what was brought is compared with what the database has.
	Comparing
	// Writing: what is to be changed is written. It is true only when the save returns.
	Writing
)

// String returns filling, matching, comparing or writing.
func (p Phase) String() string {
	names := [...]string{"filling", "matching", "comparing", "writing"}
	if int(p) < len(names) {
		return names[p]
	}
	return fmt.Sprintf("phase %d", p)
}

// progressRows is after how many rows there is something to report.
const progressRows = 1000

// A tally counts the rows of a collection in a phase.
type tally struct {
	report func(Progress)
	at     Progress
}

func (t *tally) row() {
	if t.at.Rows++; t.report != nil && (t.at.Rows%progressRows == 0 || t.at.Rows == t.at.Of) {
		t.report(t.at)
	}
}

// end reports the end of the collection.
func (t *tally) end() {
	if t.report != nil && (t.at.Of == 0 || t.at.Rows != t.at.Of) {
		t.at.Of = t.at.Rows
		t.report(t.at)
	}
}

// tally returns one for a collection of which there are so many rows.
func (p *planner) tally(phase Phase, collection string, of int) tally {
	return tally{p.report, Progress{p.plan.Manager, phase, collection, 0, of}}
}

// over reports the end of a phase.
func (p *planner) over(phase Phase, rows int) {
	if p.report != nil {
		p.report(Progress{p.plan.Manager, phase, "", rows, rows})
	}
}

// reportFilled reports what was brought.
func (p *planner) reportFilled() {
	if p.report == nil {
		return
	}
	all := 0
	for _, c := range p.order {
		if c.joins == nil {
			p.report(Progress{p.plan.Manager, Filling, c.name, c.rows.len(), c.rows.len()})
			all += c.rows.len()
		}
	}
	p.over(Filling, all)
}

// counted yields the changes of a kind to a collection, and reports how many of its changes there were by now.
func (w *writer) counted(kind ChangeKind, n int) iter.Seq2[*Change, error] {
	return func(yield func(*Change, error) bool) {
		for c, err := range w.changesOf(kind, n) {
			if !yield(c, err) {
				return
			}
			w.of[n].tally.row()
		}
	}
}

// reportAll reports the end of the writing.
func (w *writer) reportAll() {
	if w.report == nil {
		return
	}
	all := 0
	for _, of := range w.Collections {
		all += of.changes()
	}
	w.report(Progress{w.Manager, Writing, "", all, all})
}
