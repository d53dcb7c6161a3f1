package legacy

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/reeve-go/reeve/internal/text"
)

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
