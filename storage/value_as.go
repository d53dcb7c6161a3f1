package storage

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// As returns the value as a column of type t has it: of t's kind and in its form. It never loses anything,
// and what would is an error. Null is null in every type, and [AnyType] leaves a value as it is.
//
//   - A boolean is also the integer 0 or 1.
//   - An integer, a float and a decimal are each other where they stand for the same number.
//   - A time is also an integer, of microseconds since 1970, and a text as RFC 3339 has it.
//   - A text is also any other value that is written so, and bytes that are UTF-8.
func (v Value) As(t ColumnType) (Value, error) {
	if v.kind == NullKind || t == AnyType {
		return v, nil
	}
	as := v
	var ok bool
	var err error
	switch t {
	case BoolType:
		as, ok = v.asBool()
	case IntType:
		as, ok = v.asInt()
	case FloatType:
		as, ok = v.asFloat()
	case TextType:
		as, ok = v.asText()
	case BytesType:
		as, ok = BytesValue([]byte(v.text)), v.kind == BytesKind || v.kind == TextKind
	case TimeType:
		as, ok = v.asTime()
	case JSONType:
		as, err = v.asJSON()
		ok = err == nil
	case NumericType:
		as, ok = v.asNumeric()
	case UUIDType:
		as, ok = v.asUUID()
	}
	switch {
	case ok:
		return as, nil
	case err != nil:
		return Value{}, fmt.Errorf("storage: %s is not %s: %w", v.brief(), t, err)
	default:
		return Value{}, fmt.Errorf("storage: %s is not %s", v.brief(), t)
	}
}

// brief is String for errors, in which nobody reads the whole of a long text.
func (v Value) brief() string {
	const most = 100
	if s := v.String(); len(s) > most {
		return s[:most] + "…"
	} else {
		return s
	}
}

// String returns the name of the type with its article, as errors have it.
func (t ColumnType) String() string {
	names := [...]string{"anything", "a boolean", "an integer", "a float", "a text", "bytes", "a time", "JSON", "a decimal", "a UUID"}
	if int(t) < len(names) {
		return names[t]
	}
	return fmt.Sprintf("type %d", t)
}

func (v Value) asBool() (Value, bool) {
	switch v.kind {
	case BoolKind:
		return v, true
	case IntKind:
		return BoolValue(v.num == 1), v.num <= 1
	case TextKind:
		b, err := strconv.ParseBool(v.text)
		return BoolValue(b), err == nil
	default:
		return v, false
	}
}

func (v Value) asInt() (Value, bool) {
	switch v.kind {
	case IntKind:
		return v, true
	case BoolKind, TimeKind:
		return Value{kind: IntKind, num: v.num}, true
	case FloatKind:
		f := v.Float()
		return IntValue(int64(f)), f == math.Trunc(f) && f >= -1<<63 && f < 1<<63
	case TextKind:
		i, err := strconv.ParseInt(v.text, 10, 64)
		return IntValue(i), err == nil
	default:
		return v, false
	}
}

func (v Value) asFloat() (Value, bool) {
	switch v.kind {
	case FloatKind:
		return v, true
	case IntKind:
		f := float64(v.Int())
		return FloatValue(f), f < 1<<63 && int64(f) == v.Int()
	case TextKind:
		f, err := strconv.ParseFloat(v.text, 64)
		return FloatValue(f), err == nil
	default:
		return v, false
	}
}

func (v Value) asText() (Value, bool) {
	switch v.kind {
	case TextKind:
		return v, true
	case BytesKind:
		return TextValue(v.text), utf8.ValidString(v.text)
	case TimeKind:
		return TextValue(v.Time().Format(timeText)), true
	default:
		return TextValue(v.String()), true
	}
}

// timeText is how a time is written as a text: of the same length whatever the time, so that texts are in
// the order of their times.
const timeText = "2006-01-02T15:04:05.000000Z07:00"

// timeTexts are the texts that are read as times: RFC 3339, and what databases and Go write in its place.
var timeTexts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", time.DateOnly,
	"2006-01-02 15:04", "2006-01-02 15:04:05 -0700 MST",
}

func (v Value) asTime() (Value, bool) {
	switch v.kind {
	case TimeKind:
		return v, true
	case IntKind:
		return Value{kind: TimeKind, num: v.num}, true
	case TextKind:
		text, _, _ := strings.Cut(v.text, " m=") // a reading of Go's monotonic clock
		for _, layout := range timeTexts {
			if t, err := time.Parse(layout, text); err == nil {
				return TimeValue(t), true
			}
		}
	}
	return v, false
}

func (v Value) asUUID() (Value, bool) {
	digits := v.text
	switch {
	case v.kind == BytesKind && len(v.text) == 16:
		digits = fmt.Sprintf("%x", v.text)
	case len(digits) == 36 && digits[8] == '-' && digits[13] == '-' && digits[18] == '-' && digits[23] == '-':
		if v.kind == TextKind && isHex(digits) {
			return v, true
		}
		digits = strings.ToLower(digits[:8] + digits[9:13] + digits[14:18] + digits[19:23] + digits[24:])
	}
	if len(digits) != 32 {
		return v, false
	}
	d := strings.ToLower(digits)
	return TextValue(d[:8] + "-" + d[8:12] + "-" + d[12:16] + "-" + d[16:20] + "-" + d[20:]), isHex(d)
}

// isHex reports whether a text is hexadecimal digits in lower case, and hyphens at the places that a UUID
// has them.
func isHex(s string) bool {
	for i := range len(s) {
		hyphen := s[i] == '-' && len(s) == 36 && (i == 8 || i == 13 || i == 18 || i == 23)
		if c := s[i]; !hyphen && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// CheckStorable says why no [Inventory] takes the value: databases differ in whether they have it.
func (v Value) CheckStorable() error {
	switch v.kind {
	case TextKind:
		if strings.IndexByte(v.text, 0) >= 0 {
			return errors.New("it has a zero byte, which not every database can hold in a text")
		}
		if !utf8.ValidString(v.text) {
			return errors.New("it is not UTF-8")
		}
	case FloatKind:
		if f := v.Float(); math.IsNaN(f) {
			return errors.New("not every database can hold what is not a number")
		}
	case TimeKind:
		if y := v.Time().Year(); y < 1 || y > 9999 {
			return errors.New("the years 1 to 9999 can be stored")
		}
	}
	return nil
}
