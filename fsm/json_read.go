package fsm

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// A jsonReader reads JSON token by token, because only so does encoding/json show a key that stands
// twice. It keeps the path to where it is and the first error; after that it reads nothing more. It
// never goes deeper than the format does.
type jsonReader struct {
	decoder *json.Decoder
	jsonPlace
}

func newJSONReader(data []byte) *jsonReader {
	r := &jsonReader{decoder: json.NewDecoder(bytes.NewReader(data))}
	r.decoder.UseNumber() // a number is refused by its type, whatever its size
	for at := 0; at < len(data); {
		c, size := utf8.DecodeRune(data[at:])
		if c == utf8.RuneError && size == 1 {
			r.fail("byte %d is not UTF-8", at)
			break
		}
		at += size
	}
	return r
}

// end returns the first error. Data after the value is one.
func (r *jsonReader) end() error {
	if r.err == nil {
		if _, err := r.decoder.Token(); !errors.Is(err, io.EOF) {
			r.fail("there is more after the definition; remove it")
		}
	}
	return r.err
}

func (r *jsonReader) object(member func(key string)) {
	if !r.open('{', "an object") {
		return
	}
	seen := map[string]bool{}
	for r.err == nil && r.decoder.More() {
		key := r.text()
		r.enterKey(key)
		if seen[key] {
			r.fail("it stands twice; remove one")
		}
		seen[key] = true
		if r.err == nil {
			member(key)
		}
		r.leave()
	}
	r.token()
}

func (r *jsonReader) list(element func()) {
	if !r.open('[', "a list") {
		return
	}
	for i := 0; r.err == nil && r.decoder.More(); i++ {
		r.enterIndex(i)
		element()
		r.leave()
	}
	r.token()
}

func (r *jsonReader) open(delim json.Delim, what string) bool {
	token := r.token()
	if r.err == nil && token != delim {
		r.fail("want %s, found %s", what, kindOf(token))
	}
	return r.err == nil
}

func (r *jsonReader) text() string {
	token := r.token()
	text, ok := token.(string)
	if r.err == nil && !ok {
		r.fail("want a string, found %s", kindOf(token))
	}
	return text
}

func (r *jsonReader) token() json.Token {
	if r.err != nil {
		return nil
	}
	token, err := r.decoder.Token()
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.fail("the text ends too early")
	case err != nil:
		r.fail("%w", err)
	}
	return token
}

func kindOf(token json.Token) string {
	switch token {
	case json.Delim('{'):
		return "an object"
	case json.Delim('['):
		return "a list"
	case nil:
		return "null"
	}
	switch token.(type) {
	case string:
		return "a string"
	case bool:
		return "a boolean"
	}
	return "a number"
}
