package storage

import (
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"time"
)

// A Value is a value of a column: null, a boolean, an integer, a float, a text, bytes or a time. Values of
// one column can be compared with ==, and null is equal to null. The zero Value is null.
type Value struct {
	kind ValueKind
	num  uint64 // of booleans, integers, floats and times (microseconds)
	text string // of texts and bytes
}

// A ValueKind is what kind of value a [Value] is.
type ValueKind uint8

// The kinds.
const (
	NullKind ValueKind = iota
	BoolKind
	IntKind
	FloatKind
	TextKind
	BytesKind
	TimeKind
)

// BoolValue returns a boolean.
func BoolValue(b bool) Value {
	if b {
		return Value{kind: BoolKind, num: 1}
	}
	return Value{kind: BoolKind}
}

// IntValue returns an integer.
func IntValue(i int64) Value { return Value{kind: IntKind, num: uint64(i)} } //nolint:gosec // the same bits

// FloatValue returns a float. Minus zero is zero, and one NaN is as good as another, so that == compares what
// a database does.
func FloatValue(f float64) Value {
	switch {
	case f == 0:
		f = math.Abs(f)
	case math.IsNaN(f):
		f = math.NaN()
	}
	return Value{kind: FloatKind, num: math.Float64bits(f)}
}

// TextValue returns a text.
func TextValue(s string) Value { return Value{kind: TextKind, text: s} }

// BytesValue returns bytes.
func BytesValue(b []byte) Value { return Value{kind: BytesKind, text: string(b)} }

// TimeValue returns a time, to the microsecond.
func TimeValue(t time.Time) Value {
	return Value{kind: TimeKind, num: uint64(t.UnixMicro())}
}

// Kind returns what kind of value it is.
func (v Value) Kind() ValueKind { return v.kind }

// IsNull reports whether it is null.
func (v Value) IsNull() bool { return v.kind == NullKind }

// Bool returns a boolean. It is false for any other kind.
func (v Value) Bool() bool { return v.kind == BoolKind && v.num == 1 }

// Int returns an integer. It is zero for any other kind.
func (v Value) Int() int64 {
	if v.kind != IntKind {
		return 0
	}
	return int64(v.num) //nolint:gosec // the same bits
}

// Float returns a float. It is zero for any other kind.
func (v Value) Float() float64 {
	if v.kind != FloatKind {
		return 0
	}
	return math.Float64frombits(v.num)
}

// Text returns a text, or bytes as they are. It is empty for any other kind.
func (v Value) Text() string { return v.text }

// Time returns a time, in UTC. It is zero for any other kind.
func (v Value) Time() time.Time {
	if v.kind != TimeKind {
		return time.Time{}
	}
	return time.UnixMicro(int64(v.num)).UTC() //nolint:gosec // the same bits
}

// Any returns it as Go has it: nil, bool, int64, float64, string, []byte or [time.Time].
func (v Value) Any() any {
	switch v.kind {
	case BoolKind:
		return v.Bool()
	case IntKind:
		return v.Int()
	case FloatKind:
		return v.Float()
	case TextKind:
		return v.text
	case BytesKind:
		return []byte(v.text)
	case TimeKind:
		return v.Time()
	default:
		return nil
	}
}

// String returns it for people: texts quoted, bytes in hexadecimal.
func (v Value) String() string {
	switch v.kind {
	case NullKind:
		return "null"
	case BoolKind:
		return strconv.FormatBool(v.Bool())
	case IntKind:
		return strconv.FormatInt(v.Int(), 10)
	case FloatKind:
		return strconv.FormatFloat(v.Float(), 'g', -1, 64)
	case TextKind:
		return strconv.Quote(v.text)
	case BytesKind:
		return `\x` + hex.EncodeToString([]byte(v.text))
	case TimeKind:
		return v.Time().Format(time.RFC3339Nano)
	default:
		return fmt.Sprintf("kind %d", v.kind)
	}
}

// A ColumnType is what values a column has.
type ColumnType uint8

// The types, with the kind of their values.
const (
	AnyType     ColumnType = iota // whatever the database gives
	BoolType                      // BoolKind
	IntType                       // IntKind: 64 bits
	FloatType                     // FloatKind: 64 bits
	TextType                      // TextKind
	BytesType                     // BytesKind
	TimeType                      // TimeKind
	JSONType                      // TextKind: compact, the names in order
	NumericType                   // TextKind: decimal digits, without trailing zeros
	UUIDType                      // TextKind: in lower case, with hyphens
)
