package supervision

import (
	"cmp"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// tally counts the elements as the turn has made them by now.
func (p *parts) tally() Tally {
	for _, row := range p.rows {
		in, counts := row.place(), !row.gone
		if row.counted == counts && row.in == in {
			continue
		}
		if row.counted {
			p.add(row.in, -1)
		}
		if counts {
			p.add(in, +1)
		}
		row.counted, row.in = counts, in
	}
	return Tally{p.counts}
}

func (p *parts) add(to group, n int) {
	if p.counts[to] += n; p.counts[to] == 0 {
		delete(p.counts, to)
	}
}

// expire sees to the elements whose time has come and that the decider left alone.
func (p *parts) expire(o *core) {
	for _, row := range p.due(o.now) {
		if typed := p.typed(o, row); typed != nil {
			typed.expire(o)
		}
	}
}

// flush returns what is to be written: the elements that differ from what is stored, and the names of
// those that are gone.
func (p *parts) flush(o *core) (changed []storage.Element, gone []string, err error) {
	if err := p.checkNew(o); err != nil {
		return nil, nil, err
	}
	for _, row := range p.sorted(func(row *part) bool { return row.typed != nil }) {
		if row.gone {
			if row.stored {
				gone = append(gone, row.was.Name)
			}
			continue
		}
		e, err := row.typed.row()
		if err != nil {
			return nil, nil, fmt.Errorf("element %q: %w", row.was.Name, err)
		}
		if !row.stored || differs(&row.was, &e) {
			changed = append(changed, e)
		}
	}
	return changed, gone, nil
}

// checkNew refuses new elements whose names are taken.
func (p *parts) checkNew(o *core) error {
	var names []string
	for _, row := range p.sorted(func(row *part) bool { return !row.stored && !row.gone }) {
		names = append(names, row.was.Name)
	}
	if len(names) == 0 || p.complete(anywhere) {
		return nil
	}
	return refuseTaken(o, names)
}

// refuseTaken reads all names together. It stands apart because its frame is large, and every turn would grow
// its stack for it.
func refuseTaken(o *core, names []string) error {
	for e, err := range o.store.Elements(o.ctx, o.key, storage.ElementQuery{Names: names}) {
		return cmp.Or(err, fmt.Errorf("element %q: %w", e.Name, storage.ErrExists))
	}
	return nil
}

func differs(a, b *storage.Element) bool {
	return a.State != b.State || a.Group != b.Group || !a.Since.Equal(b.Since) || !a.Due.Equal(b.Due) || string(a.Data) != string(b.Data)
}
