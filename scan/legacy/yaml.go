package legacy

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/reeve-go/reeve/internal/text"
)

// Fields are those of a YAML mapping. A key is the same whether it is a Ruby symbol or a string. The first thing that is wrong is kept in err.
type fields struct {
	of  map[string]*yaml.Node
	err error
}

// readFields reads a text that is one mapping.
func readFields(body []byte, most int) (*fields, error) {
	if len(body) > most {
		return nil, fmt.Errorf("it has %d bytes; at most %d are right", len(body), most)
	}
	if n := marks(body); n > maxMarks {
		return nil, fmt.Errorf("it may have %d values; at most %d are right", n, maxMarks)
	}
	root, err := parseYAML(body)
	if err != nil {
		return nil, err
	}
	of, err := mapping("all of it", root)
	return &fields{of: of}, err
}

// marks returns more than the values that a YAML text can have, as each is announced by one of these.
func marks(body []byte) (n int) {
	for i, c := range body {
		switch c {
		case ',', '[', '{', ':':
			n++
		case '-', '?':
			if i+1 == len(body) || body[i+1] <= ' ' || body[i+1] >= utf8.RuneSelf {
				n++
			}
		}
	}
	return n
}

// parseYAML returns the root of a text. What is not plain data is refused: aliases, and tags, which have Ruby make objects.
func parseYAML(body []byte) (root *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil { // the library is trusted with much, but not with the program
			err = errors.New("it is no YAML that can be read; a mapping is right")
		}
	}()
	var document yaml.Node
	if err := yaml.Unmarshal(body, &document); err != nil {
		const most = 200
		return nil, fmt.Errorf("it is no YAML: %s; a mapping is right", text.Clip(strings.TrimPrefix(err.Error(), "yaml: "), most))
	}
	if len(document.Content) != 1 {
		return nil, errors.New("it is empty; a mapping is right")
	}
	return document.Content[0], checkNode(document.Content[0], 1)
}

func checkNode(n *yaml.Node, depth int) error {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return fmt.Errorf("line %d: there is an anchor or an alias; plain values are right", n.Line)
	case n.Style&yaml.TaggedStyle != 0 && !binary(n) || n.Tag == "!!merge":
		return fmt.Errorf("line %d: there is the tag %s; plain values are right", n.Line, quote(n.Tag))
	case depth > maxNesting:
		return fmt.Errorf("line %d: it is nested more than %d deep; less is right", n.Line, maxNesting)
	}
	for _, c := range n.Content {
		if err := checkNode(c, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// binary reports whether a text is in base64, as Ruby writes one that it does not know to be UTF-8.
func binary(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Tag == "!binary" || n.Tag == "!!binary")
}

func mapping(path string, n *yaml.Node) (map[string]*yaml.Node, error) {
	if n.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s: it is %s; a mapping is right", path, kind(n))
	}
	of := make(map[string]*yaml.Node, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("%s: line %d: a key is %s; a text is right", path, key.Line, kind(key))
		}
		name := strings.TrimPrefix(key.Value, ":")
		if of[name] != nil {
			return nil, fmt.Errorf("%s: the key %s is there twice; once is right", path, quote(name))
		}
		of[name] = n.Content[i+1]
	}
	return of, nil
}

func kind(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	return "a text"
}

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = err
	}
}

// scalar returns the text of a node; of none, and of null, it is empty.
func (f *fields) scalar(path string, n *yaml.Node) string {
	switch {
	case n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return ""
	case n.Kind != yaml.ScalarNode:
		f.fail(fmt.Errorf("%s: it is %s; a text is right", path, kind(n)))
	case binary(n):
		plain, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
		if err != nil {
			f.fail(fmt.Errorf("%s: it is not base64, as its tag says", path))
		}
		return string(plain)
	default:
		return n.Value
	}
	return ""
}

func (f *fields) text(key string) string { return f.scalar(key, f.of[key]) }

// word returns what may be a symbol.
func (f *fields) word(key string) string { return strings.TrimPrefix(f.text(key), ":") }

// long returns a text for people: as much as is kept of it.
func (f *fields) long(key string) string { return text.Clip(f.text(key), maxText) }

func (f *fields) list(key string) []string {
	n := f.of[key]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) > maxCategories {
		f.fail(fmt.Errorf("%s: it is %s with %d elements; a list of at most %d is right", key, kind(n), len(n.Content), maxCategories))
		return nil
	}
	var all []string
	for i, e := range n.Content {
		all = append(all, strings.TrimPrefix(f.scalar(fmt.Sprintf("%s[%d]", key, i), e), ":"))
	}
	return all
}

// texts returns the texts of a mapping.
func (f *fields) texts(key string) map[string]string {
	n := f.of[key]
	if n == nil || n.Tag == "!!null" {
		return nil
	}
	of, err := mapping(key, n)
	if err != nil {
		f.fail(err)
		return nil
	}
	all := make(map[string]string, len(of))
	for name, n := range of {
		all[name] = f.scalar(key+"."+name, n)
	}
	return all
}

// timeForms are how Ruby writes times: as texts, and as YAML's own.
var timeForms = []string{timeForm, "2006-01-02 15:04:05.999999999 Z07:00", "2006-01-02 15:04:05 -0700", time.RFC3339Nano}

const timeForm = "2006-01-02 15:04:05 UTC"

func (f *fields) time(key string) time.Time {
	s := f.text(key)
	if s == "" {
		return time.Time{}
	}
	for _, form := range timeForms {
		if t, err := time.Parse(form, s); err == nil {
			return t.UTC()
		}
	}
	f.fail(fmt.Errorf("%s: it is %s; a time like %q is right", key, quote(s), timeForm))
	return time.Time{}
}
