package acm

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Properties are what users and participants write of definitions and elements. Values are kept as
// they were written.
type Properties map[string]json.RawMessage

// number returns the property as a whole number of that many bits. Users write it as a number or as a
// string. It is false where there is none.
func (p Properties) number(name string, bits int) (n int64, found bool, err error) {
	raw, found := p[name]
	if !found || string(raw) == "null" {
		return 0, false, nil
	}
	if n, err = wholeNumber(raw, bits); err != nil {
		return 0, true, fmt.Errorf("acm: property %q: %w", name, err)
	}
	return n, true, nil
}

func wholeNumber(raw json.RawMessage, bits int) (int64, error) {
	digits := string(raw)
	var text string
	if json.Unmarshal(raw, &text) == nil {
		digits = text
	}
	n, err := strconv.ParseInt(digits, 10, bits)
	if err != nil {
		return 0, fmt.Errorf("%s is no whole number of %d bits", raw, bits)
	}
	return n, nil
}
