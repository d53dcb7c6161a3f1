package legacy

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

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
		all[name] = f.scalar(fmt.Sprintf("%s[%s]", key, quote(name)), n)
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
