package fsm

import (
	"bytes"
	"encoding/json"
	"unicode/utf8"
)

// A jsonWriter writes JSON and keeps the path to where it is and the first error.
type jsonWriter struct {
	out    *bytes.Buffer
	quoted *json.Encoder // writes to out
	jsonPlace
}

func newJSONWriter() *jsonWriter {
	out := &bytes.Buffer{}
	w := &jsonWriter{out: out, quoted: json.NewEncoder(out)}
	w.quoted.SetEscapeHTML(false)
	return w
}

func (w *jsonWriter) result() ([]byte, error) {
	if w.err != nil {
		return nil, w.err
	}
	return w.out.Bytes(), nil
}

func (w *jsonWriter) object(members func()) {
	w.out.WriteByte('{')
	members()
	w.out.WriteByte('}')
}

func (w *jsonWriter) member(key string, value jsonValue) {
	if !bytes.HasSuffix(w.out.Bytes(), []byte("{")) {
		w.out.WriteByte(',')
	}
	w.enterKey(key)
	w.text(key)
	w.out.WriteByte(':')
	value.write(w)
	w.leave()
}

func (w *jsonWriter) list(n int, element func(i int)) {
	w.out.WriteByte('[')
	for i := range n {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.enterIndex(i)
		element(i)
		w.leave()
	}
	w.out.WriteByte(']')
}

func (w *jsonWriter) text(s string) {
	if !utf8.ValidString(s) {
		w.fail("%.80q is not UTF-8, so JSON cannot hold it", s)
	}
	if err := w.quoted.Encode(s); err != nil {
		w.fail("%w", err)
	}
	w.out.Truncate(w.out.Len() - 1) // the line end after each value
}
