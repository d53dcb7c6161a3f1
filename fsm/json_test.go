package fsm_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/fsm"
)

func TestJSONGolden(t *testing.T) {
	t.Parallel()
	golden, err := os.ReadFile(filepath.Join("testdata", "json", "introspection.json"))
	if err != nil {
		t.Fatal(err)
	}
	var d words
	if err := json.Unmarshal(golden, &d); err != nil {
		t.Fatal(err)
	}
	if _, err := fsm.Compile(d); err != nil {
		t.Error(err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(d); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), out.String()); diff != "" {
		t.Errorf("written again (-golden +got):\n%s", diff)
	}
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := anyDefinition(oddNames()).Draw(t, "definition")
		data, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back words
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatalf("%v in %s", err, data)
		}
		sameDefinition(t, "read back", d, back)
		again, err := json.Marshal(back)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(data, again) {
			t.Fatalf("not deterministic:\n%s\n%s", data, again)
		}
	})
}

func TestJSONEmpty(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(words{
		Starts: []string{}, States: fsm.States[string, string]{"a": {}}, Events: fsm.Events[string]{},
		Table: fsm.Table[string, string]{"a": nil}, Rules: []wordsRule{{}},
	})
	if want := `{"states":{"a":{"mode":"active"}},"table":{"a":{}},"rules":[{}]}`; string(data) != want || err != nil {
		t.Errorf("got %s, %v; want %s", data, err, want)
	}
	var d words
	if err := json.Unmarshal([]byte(`{"starts":[],"states":{},"table":{"a":{}},"rules":[{"modes":[]}]}`), &d); err != nil {
		t.Fatal(err)
	}
	if d.Starts != nil || d.States != nil || d.Table["a"] != nil || d.Rules[0].Modes != nil {
		t.Errorf("what is empty is not nil: %#v", d)
	}
}

// A host's type may have a text form of its own; the names in the definition are what counts.
type shouted string

func (s shouted) MarshalText() ([]byte, error) { return []byte(strings.ToUpper(string(s))), nil }

func TestJSONTakesNamesAsTheyAre(t *testing.T) {
	t.Parallel()
	d := fsm.Definition[shouted, shouted]{Initial: "a", Table: fsm.Table[shouted, shouted]{"a": {"go": "b"}}}
	data, err := json.Marshal(d)
	if want := `{"initial":"a","table":{"a":{"go":"b"}}}`; string(data) != want || err != nil {
		t.Errorf("got %s, %v; want %s", data, err, want)
	}
}

func TestJSONReadErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ data, want string }{
		"unknown field":       {`{"nam":"x"}`, `fsm: json: nam: unknown field; use one of "name", "doc", "initial", "starts", "states", "events", "table", "rules", "waivers"`},
		"letter case":         {`{"Name":"x"}`, `fsm: json: Name: unknown field; use one of "name", `},
		"unknown in state":    {`{"states":{"a":{"afer":"1s"}}}`, `fsm: json: states.a.afer: unknown field; use one of "doc", "mode", `},
		"state twice":         {`{"states":{"a":{},"b":{},"a":{}}}`, `fsm: json: states.a: it stands twice; remove one`},
		"twice by escape":     {`{"states":{"a":{},"\u0061":{}}}`, `fsm: json: states.a: it stands twice; remove one`},
		"event twice":         {`{"events":{"go":{},"go":{}}}`, `fsm: json: events.go: it stands twice; remove one`},
		"cell twice":          {`{"table":{"*":{"go":"a","go":"b"}}}`, `fsm: json: table.*.go: it stands twice; remove one`},
		"source twice":        {`{"table":{"a":{"go":"a"},"a":{"stop":"b"}}}`, `fsm: json: table.a: it stands twice; remove one`},
		"field twice":         {`{"name":"a","name":"a"}`, `fsm: json: name: it stands twice; remove one`},
		"duration":            {`{"states":{"waiting":{"after":"1x"}}}`, `fsm: json: states.waiting.after: "1x" is no duration; write it like "10m" or "1h30m"`},
		"duration as number":  {`{"states":{"a":{"after":600}}}`, `fsm: json: states.a.after: want a string, found a number`},
		"huge number":         {`{"states":{"a":{"after":1e999999}}}`, `fsm: json: states.a.after: want a string, found a number`},
		"too long a duration": {`{"states":{"a":{"after":"9999999h"}}}`, `fsm: json: states.a.after: "9999999h" is no duration; `},
		"mode":                {`{"states":{"a":{"mode":"idle"}}}`, `fsm: json: states.a.mode: "idle" is no mode; one of "active", "waiting", "resting", "final" is`},
		"mode of a rule":      {`{"rules":[{},{"modes":["final","Active"]}]}`, `fsm: json: rules[1].modes[1]: "Active" is no mode; `},
		"origin":              {`{"events":{"go":{"by":"me"}}}`, `fsm: json: events.go.by: "me" is no origin; one of "outside", "supervisor" is`},
		"target":              {`{"table":{"a":{"go":["b","c"]}}}`, `fsm: json: table.a.go: want a string, found a list`},
		"list for object":     {`{"states":["a"]}`, `fsm: json: states: want an object, found a list`},
		"object for list":     {`{"starts":{"a":"b"}}`, `fsm: json: starts: want a list, found an object`},
		"string for object":   {`{"states":{"a":"active"}}`, `fsm: json: states.a: want an object, found a string`},
		"boolean":             {`{"waivers":[{"reason":true}]}`, `fsm: json: waivers[0].reason: want a string, found a boolean`},
		"null":                {`{"states":{"a":{"in":null}}}`, `fsm: json: states.a.in: want a string, found null`},
		"null definition":     {`null`, `fsm: json: want an object, found null`},
		"odd name in path":    {`{"states":{"a.b":{"mode":"x"}}}`, `fsm: json: states["a.b"].mode: "x" is no mode; `},
		"deep":                {`{"name":` + strings.Repeat("[", 100_000), `fsm: json: name: want a string, found a list`},
		"more":                {`{} {}`, `fsm: json: there is more after the definition; remove it`},
		"half more":           {`{}]`, `fsm: json: there is more after the definition; remove it`},
		"cut off":             {`{"states":{"a":{"mode":"act`, `fsm: json: states.a.mode: the text ends too early`},
		"cut off in object":   {`{"states":{"a":{}`, `fsm: json: states: the text ends too early`},
		"nothing":             {``, `fsm: json: the text ends too early`},
		"syntax":              {`{"states":{"a":{"mode" "x"}}}`, `fsm: json: states.a.mode: invalid character`},
		"not UTF-8":           {"{\"name\":\"\xff\"}", `fsm: json: byte 9 is not UTF-8`},
		"long name":           {`{"states":{"` + strings.Repeat("a", 1<<20) + `":1}}`, `fsm: json: states["aaaa`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := words{Name: "as it was"}
			err := d.UnmarshalJSON([]byte(test.data))
			if err == nil {
				t.Fatalf("accepted as %#v", d)
			}
			if !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error is\n\t%.300s\nwant\n\t%s", err, test.want)
			}
			if len(err.Error()) > 400 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			sameDefinition(t, "after an error", words{Name: "as it was"}, d)
		})
	}
}

func TestJSONWriteErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		d    words
		want string
	}{
		"mode":     {words{States: fsm.States[string, string]{"a": {Mode: 9}}}, `fsm: json: states.a.mode: 9 is no mode; one of "active", `},
		"origin":   {words{Events: fsm.Events[string]{"go": {By: 9}}}, `fsm: json: events.go.by: 9 is no origin; `},
		"value":    {words{Starts: []string{"a", "\xff"}}, `fsm: json: starts[1]: "\xff" is not UTF-8`},
		"key":      {words{Table: fsm.Table[string, string]{"a": {"\xff": "a"}}}, `fsm: json: table.a["\xff"]: "\xff" is not UTF-8`},
		"the mode": {words{Rules: []wordsRule{{Modes: []fsm.Mode{1, 8}}}}, `fsm: json: rules[0].modes[1]: 8 is no mode; `},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data, err := test.d.MarshalJSON()
			if err == nil {
				t.Fatalf("written as %s", data)
			}
			if !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error is\n\t%s\nwant\n\t%s", err, test.want)
			}
		})
	}
}

// FuzzJSON: reading never panics, what is accepted is JSON, and it comes back the same.
func FuzzJSON(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "json", "introspection.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte(`{"states":{"a.b":{"mode":"final","after":"-1.5h"}},"table":{"*":{"":"="},"\ud800":{}}}`))
	f.Add([]byte(`{"rules":[{"accept":"x","modes":["final"],"except":[""]}],"waivers":[{}],"events":{"e":{"by":"supervisor"}}}`))
	f.Add([]byte(`{"starts":["a",]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d words
		if d.UnmarshalJSON(data) != nil {
			return
		}
		if !json.Valid(data) {
			t.Errorf("accepted what is no JSON: %q", data)
		}
		out, err := d.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back words
		if err := back.UnmarshalJSON(out); err != nil {
			t.Fatalf("%v in %s", err, out)
		}
		if diff := cmp.Diff(d, back); diff != "" {
			t.Errorf("read back (-want +got):\n%s", diff)
		}
	})
}
