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
	rows  []int32 // their numbers, in order; known before their ids are
	ints  []int64
	uuids [][16]byte
	other []storage.Value
}

func (c *created) len() int { return len(c.ints) + len(c.uuids) + len(c.other) }

func (c *created) add(id storage.Value) {
	uuid, isUUID := bitsOf(id)
	switch {
	case id.Kind() == storage.IntKind && len(c.ints) == c.len():
		if c.ints == nil {
			c.ints = make([]int64, 0, cap(c.rows))
		}
		c.ints = append(c.ints, id.Int())
	case isUUID && len(c.uuids) == c.len():
		c.uuids = append(c.uuids, uuid)
	default:
		if len(c.other) == 0 { // those before are of another kind
			before := *c
			*c = created{rows: c.rows}
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

// find returns where a row is among them.
func (c *created) find(row int32) (int, bool) { return slices.BinarySearch(c.rows, row) }

// idOf returns the id of a row, once it is known.
func (c *created) idOf(row int32) (id storage.Value, known bool) {
	at, there := c.find(row)
	if !there || at >= c.len() {
		return id, false
	}
	return c.at(at), true
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
	ids := created{rows: make([]int32, 0, of.Inserts)}
	to.inserted, to.late = make([]bool, of.Inserts), make([]bool, of.Inserts)
	changes := w.headsOf(Insert, n)
	if slices.Contains(of.Columns, of.ID) {
		changes = w.changesOf(Insert, n)
	}
	for c, err := range changes {
		if err != nil {
			return err
		}
		if n := len(ids.rows); n == of.Inserts || n > 0 && c.Row <= ids.rows[n-1] {
			return errDisorder
		}
		ids.rows = append(ids.rows, c.Row)
		if i := slices.IndexFunc(c.Columns, func(column ColumnChange) bool { return column.Column == of.ID }); i >= 0 {
			id, err := w.value(&c.Columns[i])
			if err != nil {
				return err
			}
			ids.add(id)
		}
	}
	own := ids.len() > 0 // the id is a field
	if len(ids.rows) != of.Inserts || own && ids.len() != of.Inserts {
		return errDisorder
	}
	if !own && of.ID != "" {
		reserved, err := w.tx.Reserve(ctx, of.Table, of.Inserts)
		if err != nil {
			return err
		}
		for _, id := range reserved {
			ids.add(id)
		}
	}
	of.created = ids
	return nil
}

var errDisorder = fmt.Errorf("%w: the plan does not create each row once and in order, all with ids of their own or none", storage.ErrInvalid)

// idOf returns the id of a row that the plan creates, once it is known.
func (p *Plan) idOf(row *RowRef) (id storage.Value, known bool) {
	for _, of := range p.Collections {
		if of.Name == row.Collection {
			return of.created.idOf(row.Row)
		}
	}
	return id, false
}

// identify says in a change which rows it points at, as far as those that are created are known.
func (p *Plan) identify(c *Change) {
	for i := range c.Columns {
		if of := &c.Columns[i]; of.NewRow != nil {
			of.New, _ = p.idOf(of.NewRow)
		}
	}
}
