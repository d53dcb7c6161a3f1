package bolt

import (
	"github.com/reeve-go/reeve/storage"
)

// A line is a row of the table of lines.
type line struct {
	indexed
	storage.Line

	Of  storage.Key
	Old bool // it is not the newest of a record that exists, so that it may be pruned
}

func (l *line) key() string {
	return name(l.Of) + number(l.Version) + number(uint64(l.N)) //nolint:gosec // it counts from zero
}

func (l *line) place() place { return place{lines, l.key()} }

func (l *line) entries() []entry {
	if !l.Old {
		return nil
	}
	return []entry{{oldLines, moment(l.At) + l.key()}}
}

// linesAt returns the lines that were found.
func (t *tx) linesAt(hits []hit) []*line {
	return read(t, lines, hits, func() *line { return &line{} })
}

// newestLine returns the line with which the history of a record ends; nil if there is none.
func (t *tx) newestLine(of storage.Key) *line {
	for _, l := range t.linesAt(t.last(string(lines), name(of), inTable)) {
		return l
	}
	return nil
}

// write adds lines to the history of a record.
func (t *tx) write(of storage.Key, version uint64, written []storage.Line) {
	if len(written) == 0 {
		return
	}
	t.retire(of)
	for i, l := range written {
		l.Version, l.N, l.At, l.Inputs = version, i, t.now, own(l.Inputs)
		t.save(&line{Of: of, Line: l, Old: i < len(written)-1})
	}
}

// retire lets the newest line of a record be pruned.
func (t *tx) retire(of storage.Key) {
	if newest := t.newestLine(of); newest != nil {
		newest.Old = true
		t.save(newest)
	}
}
