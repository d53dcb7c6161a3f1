package vectors

import (
	"bytes"
	"compress/gzip"
	"strings"
	"testing"
)

const twoCases = `{"given": {"name": "one"}, "then": {}}

{"given": {"name": "two", "instances": [{"id": "I1"}], "messages": [{"instance": "I1", "element": "E1"}]}, "then": {}}`

func TestReadsPlainAndCompressed(t *testing.T) {
	t.Parallel()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte(twoCases)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"plain.gz": twoCases, "zipped.jsonl": zipped.String()} {
		var got []string
		for c, err := range read(name, strings.NewReader(text)) {
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			got = append(got, c.Given.Name)
			if c.Given.Name == "two" && c.Line != 3 {
				t.Errorf("%s: case two is in line %d, not 3", name, c.Line)
			}
			for _, m := range c.Given.Messages {
				if m.ID != "m1" || *m.AgoMs != 10_000 || m.Type != stateChangeAck {
					t.Errorf("%s: a message that says little becomes %+v", name, m)
				}
			}
		}
		if strings.Join(got, " ") != "one two" {
			t.Errorf("%s: cases %q", name, got)
		}
	}
}

func TestReadNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{`{"given": {"name": "a"}, "then": {}}` + "\n" + `{"given": {"name": "b"`, `f:2: case "": unexpected end`},
		{`{"given": {"name": "b", "runs": "two"}, "then": {}}`, `f:1: case "b": json: cannot unmarshal string`},
		{`{"given": {"name": "b"}}`, `f:1: case "b": there is no "then"`},
		{`{"given": {"name": "b", "instances": [{}]}, "then": {}}`, `case "b": one instance has no id`},
		{`{"given": {"name": "b", "instances": [{"id": "I"}, {"id": "I"}]}, "then": {}}`, `case "b": there are two instances "I"`},
		{`{"given": {"name": "b", "messages": [{}]}, "then": {}}`, `case "b": message "m1" is for nobody`},
		{"\x1f\x8bnot zipped", `f: gzip: invalid header`},
	} {
		var got string
		for _, err := range read("f", strings.NewReader(c.text)) {
			if err != nil {
				got = err.Error()
			}
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s\n%q does not say %q", c.text, got, c.want)
		}
	}
	for _, err := range Read("nowhere.jsonl") {
		if err == nil || !strings.Contains(err.Error(), "nowhere.jsonl") {
			t.Errorf("a file that is not there: %v", err)
		}
	}
}
