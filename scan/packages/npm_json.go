package packages

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// An npmObject is an object as npm reads it: keys are as they are written, which fields of a struct would not tell from others, and the last one of several
// holds. What has different types in the wild is taken as it is.
type npmObject map[string]json.RawMessage

// text returns a text as it is; empty: it is none.
func (o npmObject) text(key string) string {
	var s string
	_ = json.Unmarshal(o[key], &s) // what is no text leaves it empty
	return s
}

// npmJSON reads what npm may have written: it passes over the mark of the order of bytes, of which there is one.
func npmJSON(r io.Reader) *json.Decoder {
	const mark = "\ufeff"
	b := bufio.NewReader(r)
	if first, _ := b.Peek(len(mark)); string(first) == mark {
		_, _ = b.Discard(len(mark)) // they were there
	}
	return json.NewDecoder(b)
}

// isNPMName reports whether s can be the name of a package: NAME or @SCOPE/NAME.
func isNPMName(s string) bool {
	name := s
	if scope, inner, ok := strings.Cut(s, "/"); ok {
		if len(scope) < 2 || scope[0] != '@' {
			return false
		}
		name = inner
	}
	return isName(s) && name != "" && name[0] != '.' && !strings.Contains(name, "/")
}

// word returns a text that may be written in its place, in a field of an object, or in the first of a list of these.
func word(raw json.RawMessage, field string) string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil && len(list) > 0 {
		raw = list[0]
	}
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return text(s)
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) == nil && json.Unmarshal(object[field], &s) == nil {
		return text(s)
	}
	return ""
}

// jsonError says what is wrong with JSON, without any of it: there may be secrets in it.
func jsonError(err error) string {
	if at, ok := errors.AsType[*json.SyntaxError](err); ok {
		return "its JSON is broken: " + at.Error()
	}
	if at, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return "where an object should be there is something else: " + strings.Fields(at.Value + " ")[0]
	}
	return "its JSON is broken or ends too early"
}
