package storage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"time"
)

// valueJSON is what JSON has no way to write by itself.
type valueJSON struct {
	Float *string    `json:"float,omitempty"`
	Bytes *[]byte    `json:"bytes,omitempty"`
	Time  *time.Time `json:"time,omitempty"`
}

// MarshalJSON writes the value so that UnmarshalJSON reads the same one: null, booleans, integers and texts as JSON
// has them, the others as {"float": "1.5"}, {"bytes": "base64"} and {"time": "RFC 3339"}.
func (v Value) MarshalJSON() ([]byte, error) {
	switch v.kind {
	case FloatKind:
		text := strconv.FormatFloat(v.Float(), 'g', -1, 64)
		return json.Marshal(valueJSON{Float: &text})
	case BytesKind:
		b := []byte(v.text)
		return json.Marshal(valueJSON{Bytes: &b})
	case TimeKind:
		t := v.Time()
		return json.Marshal(valueJSON{Time: &t})
	default:
		return json.Marshal(v.Any())
	}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Value) UnmarshalJSON(text []byte) error {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) > 0 && text[0] == '{':
		return v.unmarshalObject(text)
	case len(text) > 0 && text[0] == '"':
		var s string
		err := json.Unmarshal(text, &s)
		*v = TextValue(s)
		return err
	}
	switch string(text) {
	case "null":
		*v = Value{}
	case "true", "false":
		*v = BoolValue(text[0] == 't')
	default:
		i, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return fmt.Errorf("storage: %.40s is no value of a column; null, a boolean, an integer, a text or an object is", text)
		}
		*v = IntValue(i)
	}
	return nil
}

func (v *Value) unmarshalObject(text []byte) error {
	var o valueJSON
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return fmt.Errorf("storage: %.40s is no value of a column: %w", text, err)
	}
	switch {
	case o.Float != nil && o.Bytes == nil && o.Time == nil:
		f, err := strconv.ParseFloat(*o.Float, 64)
		if err != nil || math.IsNaN(f) && *o.Float != "NaN" {
			return fmt.Errorf("storage: %q is no float", *o.Float)
		}
		*v = FloatValue(f)
	case o.Bytes != nil && o.Float == nil && o.Time == nil:
		*v = BytesValue(*o.Bytes)
	case o.Time != nil && o.Float == nil && o.Bytes == nil:
		*v = TimeValue(*o.Time)
	default:
		return fmt.Errorf("storage: %.40s is no value of a column; one of float, bytes and time is", text)
	}
	return nil
}
