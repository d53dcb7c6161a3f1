package scan

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A line is one fact, as results and the runs of a [factWriter] have it: {"key":…,"value":…} and a newline, without needless space.
const (
	lineKey   = `{"key":`
	lineValue = `,"value":`
	lineEnd   = "}\n"
	leastLine = len(lineKey + `""` + lineValue + "0" + lineEnd)
)

// MaxItem is how many bytes one fact may have as JSON, whatever [Limits.Item] says: who reads it needs that much memory.
const MaxItem = 16 << 20

// writtenKey returns the key under which a fact is written. JSON is UTF-8, and keys such as paths may be not: those are written as strconv.Quote has
// them. So are those that begin with a quotation mark, so that none of them can be taken for another.
func writtenKey(key string) string {
	if utf8.ValidString(key) && !strings.HasPrefix(key, `"`) {
		return key
	}
	return strconv.Quote(key)
}

// A lineWriter makes lines. It is used again for the next.
type lineWriter struct {
	fact struct {
		Key   string `json:"key"`
		Value any    `json:"value"`
	}
	line bytes.Buffer
	json *json.Encoder
}

func newLineWriter() *lineWriter {
	w := &lineWriter{}
	w.json = json.NewEncoder(&w.line)
	w.json.SetEscapeHTML(false)
	return w
}

// write returns a line, which holds until the next call.
func (w *lineWriter) write(key string, value any) ([]byte, error) {
	w.line.Reset()
	w.fact.Key, w.fact.Value = key, value
	err := w.json.Encode(&w.fact)
	w.fact.Value = nil
	if err != nil {
		return nil, err
	}
	if line := w.line.Bytes(); utf8.Valid(line) {
		return line, nil
	}
	return bytes.ToValidUTF8(w.line.Bytes(), []byte("�")), nil // a json.RawMessage is taken as it is
}

// splitLine returns the key and the value of a line. What it refuses was not written by a [lineWriter].
func splitLine(line []byte) (key, value []byte, err error) {
	key, rest, err := splitKey(line)
	if err != nil {
		return nil, nil, err
	}
	value, ok := bytes.CutPrefix(rest, []byte(lineValue))
	value, ended := bytes.CutSuffix(value, []byte(lineEnd))
	if !ok || !ended || !utf8.Valid(line) || !json.Valid(value) {
		return nil, nil, errNoLine
	}
	return key, value, nil
}

var errNoLine = errors.New("is not of the form " + lineKey + "…" + lineValue + "…}")

// splitKey returns the key of a line, and what follows it.
func splitKey(line []byte) (key, rest []byte, err error) {
	text, ok := bytes.CutPrefix(line, []byte(lineKey+`"`))
	end, plain := 0, true
	for ok && end < len(text) && text[end] != '"' {
		if text[end] < ' ' {
			plain = false
		}
		if text[end] == '\\' {
			plain = false
			end++
		}
		end++
	}
	if !ok || end >= len(text) {
		return nil, nil, errNoLine
	}
	key, rest = text[:end], text[end+1:]
	if plain {
		return key, rest, nil
	}
	var unescaped string
	if json.Unmarshal(line[len(lineKey):len(line)-len(rest)], &unescaped) != nil {
		return nil, nil, errNoLine
	}
	return []byte(unescaped), rest, nil
}

// A lineReader reads lines of at most so many bytes.
type lineReader struct {
	from *bufio.Reader
	most int
	long []byte
}

// next returns a line with its newline, which holds until the next call, and at the end io.EOF.
func (r *lineReader) next() ([]byte, error) {
	line, err := r.from.ReadSlice('\n')
	if err == nil {
		return line, nil
	}
	r.long = append(r.long[:0], line...)
	for errors.Is(err, bufio.ErrBufferFull) && len(r.long) <= r.most {
		line, err = r.from.ReadSlice('\n')
		r.long = append(r.long, line...)
	}
	switch {
	case len(r.long) > r.most:
		return nil, fmt.Errorf("has more than %d bytes", r.most)
	case errors.Is(err, io.EOF) && len(r.long) > 0:
		return nil, fmt.Errorf("has no end: %w", io.ErrUnexpectedEOF)
	}
	return r.long, err
}
