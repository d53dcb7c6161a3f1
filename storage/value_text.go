package storage

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
)

// mostDigits is the most digits before and after the point of a decimal. It keeps 1e1000000000 out.
const mostDigits = 1000

func (v Value) asNumeric() (Value, bool) {
	switch v.kind {
	case IntKind:
		return TextValue(strconv.FormatInt(v.Int(), 10)), true
	case FloatKind:
		f := v.Float()
		return TextValue(strconv.FormatFloat(f, 'f', -1, 64)), !math.IsNaN(f) && !math.IsInf(f, 0)
	case TextKind:
		d, ok := decimal(v.text)
		return TextValue(d), ok
	default:
		return v, false
	}
}

// decimal returns a number in the one form that it has as a decimal: without an exponent, and without zeros
// that do not count.
func decimal(s string) (string, bool) {
	unsigned, minus := strings.CutPrefix(s, "-")
	if !minus {
		unsigned = strings.TrimPrefix(s, "+")
	}
	at := strings.IndexAny(unsigned, "eE")
	mantissa, exponent := unsigned, 0
	if at >= 0 {
		var err error
		if exponent, err = strconv.Atoi(unsigned[at+1:]); err != nil || exponent > 1<<20 || exponent < -1<<20 {
			return s, false
		}
		mantissa = unsigned[:at]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	if all == "" || strings.Trim(all, "0123456789") != "" {
		return s, false
	}
	digits := strings.TrimLeft(all, "0")
	point := len(whole) + exponent - (len(all) - len(digits)) // so many digits stand before it
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return "0", true
	}
	if point > mostDigits || len(digits)-point > mostDigits {
		return s, false
	}
	switch {
	case point <= 0:
		digits = "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		digits += strings.Repeat("0", point-len(digits))
	default:
		digits = digits[:point] + "." + digits[point:]
	}
	if minus {
		digits = "-" + digits
	}
	return digits, true
}

var (
	errAfterJSON = errors.New("something follows it")
	errJSONZero  = errors.New("a text in it has a zero character, which not every database can hold")
	errJSONWide  = errors.New("a number in it has too many digits")
)

// asJSON returns JSON in the one form that it has: compact, the names in order, numbers as decimals.
func (v Value) asJSON() (Value, error) {
	text := v.text
	switch v.kind {
	case BoolKind, IntKind, FloatKind:
		text = v.String()
	case TimeKind:
		return v, errors.New("a time is a text in JSON, with quotes")
	}
	in := json.NewDecoder(strings.NewReader(text))
	in.UseNumber()
	var any any
	if err := in.Decode(&any); err != nil {
		return v, err
	}
	if in.More() || in.InputOffset() < int64(len(strings.TrimRight(text, " \t\r\n"))) {
		return v, errAfterJSON
	}
	any, err := canonical(any)
	if err != nil {
		return v, err
	}
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	if err := to.Encode(any); err != nil {
		return v, err
	}
	return TextValue(strings.TrimSuffix(out.String(), "\n")), nil
}

// canonical writes the numbers of what was JSON as decimals.
func canonical(v any) (any, error) {
	var err error
	switch v := v.(type) {
	case json.Number:
		d, ok := decimal(v.String())
		if !ok {
			return nil, errJSONWide
		}
		return json.Number(d), nil
	case string:
		if strings.IndexByte(v, 0) >= 0 {
			return nil, errJSONZero
		}
	case []any:
		for i := range v {
			if v[i], err = canonical(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for name, of := range v {
			if strings.IndexByte(name, 0) >= 0 {
				return nil, errJSONZero
			}
			if v[name], err = canonical(of); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}
