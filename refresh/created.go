package refresh

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/reeve-go/reeve/storage"
)

// created are the ids of the rows of a collection that a plan creates, in the order of the rows: integers and UUIDs,
// which databases give, in the room of their bits; what a host has as ids as it is.
type created struct {
	ints  []int64
	uuids [][16]byte
	other []storage.Value
}

func (c *created) len() int { return len(c.ints) + len(c.uuids) + len(c.other) }

func (c *created) add(id storage.Value) {
	uuid, isUUID := bitsOf(id)
	switch {
	case id.Kind() == storage.IntKind && len(c.ints) == c.len():
		c.ints = append(c.ints, id.Int())
	case isUUID && len(c.uuids) == c.len():
		c.uuids = append(c.uuids, uuid)
	default:
		if len(c.other) == 0 { // those before are of another kind
			before := *c
			*c = created{}
			for i := range before.len() {
				c.other = append(c.other, before.at(i))
			}
		}
		c.other = append(c.other, id)
	}
}

func (c *created) at(i int) storage.Value {
	switch {
	case i < len(c.ints):
		return storage.IntValue(c.ints[i])
	case i < len(c.uuids):
		return storage.TextValue(textOf(c.uuids[i]))
	default:
		return c.other[i]
	}
}

// bitsOf returns what a UUID is in bits. It is false for everything that textOf would not return.
func bitsOf(id storage.Value) (bits [16]byte, ok bool) {
	text := id.Text()
	if id.Kind() != storage.TextKind || len(text) != 36 {
		return bits, false
	}
	digits := text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
	if _, err := hex.Decode(bits[:], []byte(digits)); err != nil {
		return bits, false
	}
	return bits, textOf(bits) == text
}

// textOf returns a UUID as databases write it.
func textOf(bits [16]byte) string {
	h := hex.EncodeToString(bits[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// reserve gives ids to the rows that are created.
func (w *writer) reserve(ctx context.Context, n int) error {
	of, to := w.Collections[n], w.of[n]
	of.created = created{}
	if of.Inserts == 0 {
		return nil
	}
	to.rows, to.inserted, to.late = make([]int32, 0, of.Inserts), make([]bool, of.Inserts), make([]bool, of.Inserts)
	var own created // where the id is a field
	changes := w.headsOf(Insert, n)
	if slices.Contains(of.Columns, of.ID) {
		changes = w.changesOf(Insert, n)
	}
	for c, err := range changes {
		if err != nil {
			return err
		}
		if n := len(to.rows); n == of.Inserts || n > 0 && c.Row <= to.rows[n-1] {
			return errDisorder
		}
		to.rows = append(to.rows, c.Row)
		if i := slices.IndexFunc(c.Columns, func(column ColumnChange) bool { return column.Column == of.ID }); i >= 0 {
			id, err := w.value(&c.Columns[i])
			if err != nil {
				return err
			}
			own.add(id)
		}
	}
	switch {
	case len(to.rows) != of.Inserts || own.len() > 0 && own.len() != of.Inserts:
		return errDisorder
	case of.ID == "":
		return nil
	case own.len() > 0:
		of.created = own
		return nil
	}
	ids, err := w.tx.Reserve(ctx, of.Table, of.Inserts)
	for _, id := range ids {
		of.created.add(id)
	}
	return err
}

var errDisorder = fmt.Errorf("%w: the plan does not create each row once and in order, all with ids of their own or none", storage.ErrInvalid)

// idOf returns the id of a row that the plan creates.
func (w *writer) idOf(of *RowRef) (id storage.Value, there bool) {
	n, known := w.places[of.Collection]
	if !known {
		return id, false
	}
	at, there := w.of[n].find(of.Row)
	if !there || at >= w.Collections[n].created.len() {
		return id, false
	}
	return w.Collections[n].created.at(at), true
}

// find returns where a row that is created is among those of its collection.
func (w *written) find(row int32) (int, bool) { return slices.BinarySearch(w.rows, row) }
