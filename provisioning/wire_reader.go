package provisioning

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/reeve-go/reeve/storage"
)

// A wireError says what is wrong with a text that came over HTTP, and what would be right. It never
// shows a value, because any of them may be a secret.
type wireError struct {
	// Field is the path to what is wrong; empty: it is the whole.
	Field string `json:"field,omitempty"`
	Text  string `json:"text"`
}

// Error names the field.
func (e *wireError) Error() string {
	if e.Field == "" {
		return e.Text
	}
	return e.Field + ": " + e.Text
}

// A wireReader reads JSON token by token, because only so does encoding/json show a field that stands
// twice. It keeps the path to where it is and the first error. It never goes deeper than the form does.
type wireReader struct {
	decoder *json.Decoder
	path    []string
	err     *wireError
}

func newWireReader(body []byte) *wireReader {
	r := &wireReader{decoder: json.NewDecoder(bytes.NewReader(body))}
	r.decoder.UseNumber() // a number is refused by its type, whatever its size
	var whole json.RawMessage
	var syntax *json.SyntaxError
	switch err := json.Unmarshal(body, &whole); {
	case errors.As(err, &syntax):
		r.fail("it is no JSON, from byte %d on; one object is right", syntax.Offset)
	case err != nil:
		r.fail("it is no JSON; one object is right")
	case !utf8.Valid(body) || halfCharacter(body):
		// encoding/json would put something else in the place, also in a secret.
		r.fail("it has a text that is not UTF-8; write such a secret in base64")
	}
	return r
}

// escapes are those of a JSON text. What is found in the group is half of a character that needs two of
// them.
var escapes = regexp.MustCompile(`\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)`)

func halfCharacter(body []byte) bool {
	for _, found := range escapes.FindAllSubmatchIndex(body, -1) {
		if found[2] >= 0 {
			return true
		}
	}
	return false
}

func (r *wireReader) fail(format string, args ...any) {
	r.failAt(strings.TrimPrefix(strings.Join(r.path, ""), "."), format, args...)
}

func (r *wireReader) failAt(field, format string, args ...any) {
	if r.err == nil {
		r.err = &wireError{field, fmt.Errorf(format, args...).Error()}
	}
}

// plainName are the names that a path shows as they are.
var plainName = regexp.MustCompile(`^[\w-]{1,80}$`)

// object calls member for each field, which reads its value, and returns the names.
func (r *wireReader) object(member func(name string)) map[string]bool {
	given := map[string]bool{}
	if r.token() != json.Delim('{') {
		r.fail("an object is right")
	}
	for r.err == nil && r.decoder.More() {
		name := r.text()
		step := "." + name
		if !plainName.MatchString(name) {
			step = fmt.Sprintf("[%.80q]", name)
		}
		r.path = append(r.path, step)
		if given[name] {
			r.fail("it stands twice; once is right")
		}
		given[name] = true
		if r.err == nil {
			member(name)
		}
		r.path = r.path[:len(r.path)-1]
	}
	r.token()
	return given
}

func (r *wireReader) token() json.Token {
	if r.err != nil {
		return nil
	}
	token, err := r.decoder.Token()
	if err != nil {
		r.fail("it is no JSON")
	}
	return token
}

func (r *wireReader) text() string {
	v, ok := r.token().(string)
	if !ok {
		r.fail("a text is right")
	}
	return v
}

// name reads the id of a callback.
func (r *wireReader) name() string {
	v := r.text()
	if v == "" || len(v) > storage.MaxName || strings.ContainsFunc(v, unicode.IsControl) {
		r.fail("a text of 1 to %d bytes without control characters is right", storage.MaxName)
	}
	return v
}

func (r *wireReader) boolean() bool {
	v, ok := r.token().(bool)
	if !ok {
		r.fail("true or false is right")
	}
	return v
}

func (r *wireReader) duration() time.Duration {
	switch v := r.token().(type) {
	case string:
		if d, err := time.ParseDuration(v); err == nil && d >= 0 {
			return d
		}
	case json.Number:
		if n, err := v.Int64(); err == nil && n >= 0 && n <= math.MaxInt64/int64(time.Second) {
			return time.Duration(n) * time.Second
		}
	}
	r.fail(`a text like "30s" or "1h30m" is right, or whole seconds; neither may be negative`)
	return 0
}

func (r *wireReader) secret() Secret {
	var (
		s      Secret
		value  string
		binary bool
	)
	given := r.object(func(name string) {
		switch name {
		case "value":
			value = r.text()
		case "base64":
			binary = r.boolean()
		case "expires":
			if err := s.Expires.UnmarshalText([]byte(r.text())); err != nil {
				r.fail(`a time like "2006-01-02T15:04:05Z" is right`)
			}
			s.Expires = s.Expires.UTC()
		default:
			r.fail(`there is no such field; one of "value", "base64", "expires" is right`)
		}
	})
	if !given["value"] {
		r.fail(`an object with a "value" is right`)
	}
	s.Value = []byte(value)
	if binary {
		var err error
		if s.Value, err = base64.StdEncoding.Strict().DecodeString(value); err != nil {
			r.fail(`its value is not base64, as its field "base64" says; the standard alphabet with padding is right`)
		}
	}
	return s
}
