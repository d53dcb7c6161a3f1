package refresh

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A cell is what a row has for a column, before references are found.
type cell struct {
	set   bool          // else the row says nothing about the column
	value storage.Value // what is known; of a cell with a promise what counts where nothing is found
	to    *promise      // the row that it points at, or that it has the value from
	from  int           // the field of that row that has the value, counted from 1; zero: it points at the row
}

// What a cell is written as: one of these, then what it needs.
const (
	unsetCell byte = iota
	nullCell
	falseCell
	trueCell
	intCell
	floatCell
	textCell
	bytesCell
	timeCell
	pointingCell
	borrowingCell
)

// appendCell writes a cell.
func appendCell(b []byte, c *cell) []byte {
	switch {
	case !c.set:
		return append(b, unsetCell)
	case c.to == nil:
		return appendValue(b, c.value)
	case c.from == 0:
		return binary.AppendUvarint(append(b, pointingCell), uint64(c.to.number)) //nolint:gosec // from 1 on
	default:
		b = binary.AppendUvarint(append(b, borrowingCell), uint64(c.to.number)) //nolint:gosec // from 1 on
		b = binary.AppendUvarint(b, uint64(c.from))                             //nolint:gosec // from 1 on
		return appendValue(b, c.value)
	}
}

// appendValue writes a value so that no two values are written alike, whatever stands behind them.
func appendValue(b []byte, v storage.Value) []byte {
	switch v.Kind() {
	case storage.BoolKind:
		if v.Bool() {
			return append(b, trueCell)
		}
		return append(b, falseCell)
	case storage.IntKind:
		return binary.AppendVarint(append(b, intCell), v.Int())
	case storage.FloatKind:
		return binary.BigEndian.AppendUint64(append(b, floatCell), math.Float64bits(v.Float()))
	case storage.TextKind:
		return appendText(append(b, textCell), v.Text())
	case storage.BytesKind:
		return appendText(append(b, bytesCell), v.Text())
	case storage.TimeKind:
		return binary.AppendVarint(append(b, timeCell), v.Time().UnixMicro())
	default:
		return append(b, nullCell)
	}
}

// appendValues writes values one after the other.
func appendValues(b []byte, values []storage.Value) []byte {
	for _, v := range values {
		b = appendValue(b, v)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

var errTorn = errors.New("refresh: what was written cannot be read")

// A reader reads what was written of cells: texts are parts of what it reads, and so cost nothing. After an error it
// reads zeros.
type reader struct {
	rest     string
	promises []*promise // by number
	err      error
}

func (r *reader) cell(c *cell) {
	*c = cell{set: true}
	switch kind := r.byte(); kind {
	case unsetCell:
		c.set = false
	case pointingCell:
		c.to = r.promise()
	case borrowingCell:
		c.to = r.promise()
		c.from = int(r.uvarint()) //nolint:gosec // as it was written
		c.value = r.value(r.byte())
	default:
		c.value = r.value(kind)
	}
}

// skip passes over a cell that holds a value; where the next one holds none it stays, and returns false.
func (r *reader) skip() bool {
	if r.rest == "" {
		return false
	}
	switch r.rest[0] {
	case nullCell, falseCell, trueCell:
		r.take(1)
	case intCell, timeCell:
		r.take(1)
		r.uvarint()
	case floatCell:
		r.take(1 + 8)
	case textCell, bytesCell:
		r.take(1)
		r.take(int(r.uvarint())) //nolint:gosec // checked by take
	default:
		return false
	}
	return true
}

func (r *reader) value(kind byte) storage.Value {
	switch kind {
	case nullCell:
		return storage.Value{}
	case falseCell, trueCell:
		return storage.BoolValue(kind == trueCell)
	case intCell:
		return storage.IntValue(r.varint())
	case floatCell:
		return storage.FloatValue(math.Float64frombits(binary.BigEndian.Uint64([]byte(r.take(8)))))
	case textCell:
		return storage.TextValue(r.take(int(r.uvarint()))) //nolint:gosec // checked by take
	case bytesCell:
		return storage.BytesValue([]byte(r.take(int(r.uvarint())))) //nolint:gosec // checked by take
	case timeCell:
		return storage.TimeValue(time.UnixMicro(r.varint()))
	default:
		r.fail(fmt.Errorf("%w: kind %d", errTorn, kind))
		return storage.Value{}
	}
}

func (r *reader) promise() *promise {
	n := r.uvarint()
	if n == 0 || n > uint64(len(r.promises)) {
		r.fail(errTorn)
		return nil
	}
	return r.promises[n-1]
}

func (r *reader) byte() byte { return r.take(1)[0] }

func (r *reader) take(n int) string {
	if n < 0 || n > len(r.rest) {
		r.fail(errTorn)
		return "\x00\x00\x00\x00\x00\x00\x00\x00" // enough for whoever needs a fixed number
	}
	out := r.rest[:n]
	r.rest = r.rest[n:]
	return out
}

func (r *reader) uvarint() (v uint64) {
	for i := range min(len(r.rest), binary.MaxVarintLen64) {
		b := r.rest[i]
		if v |= uint64(b&0x7f) << (7 * i); b < 0x80 {
			r.rest = r.rest[i+1:]
			return v
		}
	}
	r.fail(errTorn)
	return 0
}

func (r *reader) varint() int64 {
	v := r.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.rest = ""
}
