package scan

import (
	"encoding/json"
	"testing"
)

// TestAddress: each part counts, none runs into the next, and configs that say the same are the same.
func TestAddress(t *testing.T) {
	t.Parallel()
	const doubled = `{"a":{"x":1},"a":{"y":2}}` // whose fields encoding/json puts together
	seen := map[Digest]string{}
	for _, one := range [][]string{
		{"i", "s", "1", "", "c"},
		{"is", "", "1", "", "c"},
		{"i", "s1", "", "", "c"},
		{"i", "s", "", "1", "c"},
		{"i", "s", "2", "", "c"},
		{"i", "s", "1", "", "d"},
		{"i", "s", "1", "{}", "c"},
		{"i", "s", "1", `{"a":1}`, "c"},
		{"i", "s", "1", `{"a":1.0}`, "c"},
		{"i", "s", "1", `{"a":9007199254740993}`, "c"},
		{"i", "s", "1", `{"a":9007199254740992}`, "c"},
		{"i", "s", "1", doubled, "c"},
		{"i", "s", "1", `{"a":{"y":2}}`, "c"},
		{"i", "s", "1", `[1,2]`, "c"},
		{"i", "s", "1", `[2,1]`, "c"},
		{"i", "s", "1", `{`, "c"},
	} {
		d := Address(one[0], one[1], one[2], json.RawMessage(one[3]), one[4])
		if err := d.Check(); err != nil {
			t.Error(err)
		}
		if other, ok := seen[d]; ok {
			t.Errorf("%q has the address of %s", one, other)
		}
		seen[d] = one[3] + " " + one[0]
	}
	for _, same := range [][2]string{
		{``, `null`},
		{``, ` null `},
		{`{"a":1,"b":[{"c":2,"d":"<"}]}`, ` { "b" : [ {"d": "<", "c":2} ], "a":1 }`},
		{`{"a":"<é"}`, `{"a":"\u003c\u00e9"}`},
	} {
		a, b := Address("i", "s", "1", json.RawMessage(same[0]), "c"), Address("i", "s", "1", json.RawMessage(same[1]), "c")
		if a != b {
			t.Errorf("%s and %s have not the same address", same[0], same[1])
		}
	}
}
