package refresh

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/reeve-go/reeve/storage"
)

// A targeted save notes which rows it was about, each by its collection and its key as the database has it. A refresh
// that was begun before, so that its reading of the world may be older, leaves them as they are.

// touchedRows are the keys of the rows that saves were about, by collection.
type touchedRows map[string]keySet

// A keySet is keys of rows.
type keySet map[string]struct{}

// has reports whether a key is among them.
func (s keySet) has(key string) bool {
	if len(s) == 0 {
		return false
	}
	_, there := s[touchKey(key)]
	return there
}

// touchedSince returns the rows that saves were about that were committed after a refresh began.
func touchedSince(ctx context.Context, tx storage.InventoryTx, since uint64) (touchedRows, error) {
	if tx.Number() <= since+1 { // none was committed
		return nil, nil
	}
	rows := touchedRows{}
	for row, err := range tx.Touched(ctx, since) {
		if errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("refresh: so much was saved since the refresh began that it is too old: %w", err)
		}
		if err != nil {
			return nil, err
		}
		if rows[row.Table] == nil {
			rows[row.Table] = keySet{}
		}
		rows[row.Table][row.Key] = struct{}{}
	}
	return rows, nil
}

// leaveAbsent leaves the rows alone that are not in the database because a newer refresh found that they are gone.
func (s *state) leaveAbsent() {
	if len(s.touched) == 0 {
		return
	}
	for key, at := range s.keys.all() {
		if s.ids.at(at).IsNull() && s.touched.has(string(key)) {
			if s.absent == nil {
				s.absent = map[int32]bool{}
			}
			s.absent[at], s.refused[at] = true, true
			s.newer++
		}
	}
}

// hashed begins the keys that are too long to be kept as they are.
const hashed = 0xfe

// touchKey returns a key as it is noted.
func touchKey(key string) string {
	if len(key) <= storage.MaxTouchedKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return string(append([]byte{hashed}, sum[:]...))
}

// touch notes in the plan of a targeted refresh which rows of a collection it is about, besides those that it
// creates.
func (p *planner) touch(s *state) error {
	if p.targets == nil {
		return nil
	}
	note := func(key []storage.Value) error { return p.plan.add(&Change{Kind: touch, key: key}) }
	for _, values := range s.seenRows() {
		if err := note(s.keyValues(values)); err != nil {
			return err
		}
	}
	for _, gone := range s.gone {
		if err := note(gone.key); err != nil {
			return err
		}
	}
	for _, key := range s.asked {
		if at, brought := s.keys.row([]byte(key)); brought && !s.ids.at(at).IsNull() {
			continue // it was seen
		}
		if values, ok := tupleOf(key, len(s.columnsOf(s.shape.primary))); ok && !s.touched.has(key) {
			if err := note(values); err != nil {
				return err
			}
		}
	}
	return nil
}

// touch tells the store which rows the plan is about.
func (w *writer) touch(ctx context.Context) (err error) {
	if !w.Targeted {
		return nil
	}
	var broken error
	err = w.tx.Touch(ctx, func(yield func(storage.Touched) bool) {
		for n, of := range w.Collections {
			for _, kind := range []ChangeKind{touch, Insert} {
				for c, err := range w.changesOf(kind, n) {
					var key string
					if err == nil {
						key, err = w.keyOf(n, c)
					}
					if broken = err; err != nil || !yield(storage.Touched{Table: of.Name, Key: touchKey(key)}) {
						return
					}
				}
			}
		}
	})
	return errors.Join(broken, err)
}

// keyOf returns the key of a changed row as the database has it.
func (w *writer) keyOf(n int, c *Change) (string, error) {
	of := w.Collections[n]
	if c.Kind != Insert {
		return string(appendValues(nil, c.key)), nil
	}
	key := make([]byte, 0, 64)
	for _, column := range of.Columns[:of.Keys] {
		for i := range c.Columns {
			if c.Columns[i].Column != column {
				continue
			}
			v, err := w.value(&c.Columns[i])
			if err != nil {
				return "", err
			}
			key = appendValue(key, v)
		}
	}
	return string(key), nil
}

// current refuses a plan that is about rows that a newer refresh was about.
func (w *writer) current(ctx context.Context) error {
	newer, err := touchedSince(ctx, w.tx, w.Since)
	if err != nil || len(newer) == 0 {
		return err
	}
	for n, of := range w.Collections {
		for kind := range ChangeKind(kinds) {
			for c, err := range w.changesOf(kind, n) {
				if err != nil {
					return err
				}
				key, err := w.keyOf(n, c)
				if err != nil {
					return err
				}
				if newer[of.Name].has(key) {
					return conflictf("refresh: a refresh that began later was about row %s of collection %q; collect again", of.readable(c), of.Name)
				}
			}
		}
	}
	return nil
}
