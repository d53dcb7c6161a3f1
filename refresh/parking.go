package refresh

import (
	"crypto/rand"
	"math"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A lot has values for the rows of a table that are parked, by one column: null, or values that no other row has in
// practice, and that fit into narrow columns: texts of few characters, numbers of few digits, dates.
type lot struct {
	column *storage.Column
	taken  int
	of     map[storage.Value]storage.Value
}

// lot returns that of a column, which all collections of a table share.
func (w *writer) lot(n int, c *storage.Column) *lot {
	at := [2]string{w.Collections[n].Table, c.Name}
	if w.lots[at] == nil {
		if w.lots == nil {
			w.lots = map[[2]string]*lot{}
		}
		w.lots[at] = &lot{column: c, of: map[storage.Value]storage.Value{}}
	}
	return w.lots[at]
}

// instead returns the value for the rows that have some other one. Those that have the same one are told apart by other
// columns, so they can have the same one again: then a column has room for all wherever it had room for what they have.
func (l *lot) instead(old storage.Value) storage.Value {
	v, there := l.of[old]
	if !there {
		v = l.next()
		l.of[old] = v
	}
	return v
}

// next returns another value than ever before.
func (l *lot) next() storage.Value {
	n := l.taken
	l.taken++
	switch {
	case l.column.Null:
		return storage.Value{}
	case l.column.Type == storage.TextType:
		return storage.TextValue(privateText(n))
	case l.column.Type == storage.BytesType:
		return storage.BytesValue([]byte(privateText(n)))
	case l.column.Type == storage.UUIDType:
		var b [16]byte
		_, _ = rand.Read(b[:]) // it never fails
		return storage.TextValue(textOf(b))
	case l.column.Type == storage.TimeType: // midnights before 1970, as not every column has times of the day
		return storage.TimeValue(time.Date(1970, 1, -n, 0, 0, 0, 0, time.UTC))
	case l.column.Type == storage.IntType && n < -math.MinInt16: // first those of 16 bits that are used least
		return storage.IntValue(int64(math.MinInt16 + n))
	default:
		return storage.IntValue(int64(-1 - n))
	}
}

// privateText returns a text of as few characters as can be, of those that Unicode leaves to programs.
func privateText(n int) string {
	const first, characters = 0x100000, 0xfffe
	var text []rune
	for more := true; more; more = n > 0 {
		text = append(text, rune(first+n%characters))
		n /= characters
	}
	return string(text)
}

// parksBetter reports whether rows can be parked by a column, and better than by another one, which may be nil.
func parksBetter(c, than *storage.Column) bool {
	if than != nil {
		return c.Null && !than.Null
	}
	switch c.Type {
	case storage.TextType, storage.BytesType, storage.UUIDType, storage.TimeType, storage.IntType, storage.FloatType, storage.NumericType:
		return true
	default:
		return c.Null
	}
}
