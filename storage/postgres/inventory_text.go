package postgres

import (
	"encoding/hex"
	"strconv"

	"github.com/reeve-go/reeve/storage"
)

// Values go to the server as texts, which it reads as the column's type whatever that is.

// appendPlain appends a value that is neither null nor a text.
func appendPlain(to []byte, v storage.Value) []byte {
	switch v.Kind() {
	case storage.BoolKind:
		return strconv.AppendBool(to, v.Bool())
	case storage.IntKind:
		return strconv.AppendInt(to, v.Int(), 10)
	case storage.FloatKind:
		return strconv.AppendFloat(to, v.Float(), 'g', -1, 64)
	case storage.BytesKind:
		return hex.AppendEncode(to, []byte(v.Text()))
	default:
		return v.Time().AppendFormat(to, "2006-01-02 15:04:05.999999+00")
	}
}

// param returns a value that is not null as a parameter.
func param(v storage.Value) []byte {
	switch v.Kind() {
	case storage.TextKind:
		return []byte(v.Text())
	case storage.BytesKind:
		return appendPlain([]byte(`\x`), v)
	}
	return appendPlain(nil, v)
}

// appendCopied appends a value of a row of COPY.
func appendCopied(to []byte, v storage.Value) []byte {
	switch v.Kind() {
	case storage.NullKind:
		return append(to, `\N`...)
	case storage.TextKind:
		return appendEscaped(to, v.Text())
	case storage.BytesKind:
		to = append(to, `\\x`...)
	}
	return appendPlain(to, v)
}

func appendEscaped(to []byte, text string) []byte {
	from := 0
	for i := range len(text) {
		var as byte
		switch text[i] {
		case '\\':
			as = '\\'
		case '\n':
			as = 'n'
		case '\r':
			as = 'r'
		case '\t':
			as = 't'
		default:
			continue
		}
		to = append(append(to, text[from:i]...), '\\', as)
		from = i + 1
	}
	return append(to, text[from:]...)
}

// arrays are rows on their way to the server, as parameters: an array a column, which unnest makes rows again.
type arrays struct {
	rows  int
	bytes int
	texts [][]byte
}

func newArrays(columns int) *arrays { return &arrays{texts: make([][]byte, columns)} }

// clear removes the rows.
func (a *arrays) clear() {
	a.rows, a.bytes = 0, 0
	for i := range a.texts {
		a.texts[i] = a.texts[i][:0]
	}
}

// add adds the next value of a column.
func (a *arrays) add(column int, v storage.Value) {
	to := a.texts[column]
	before := len(to)
	if before == 0 {
		to = append(to, '{')
	} else {
		to = append(to, ',')
	}
	switch v.Kind() {
	case storage.NullKind:
		to = append(to, "NULL"...)
	case storage.TextKind:
		to = append(appendInQuotes(append(to, '"'), v.Text()), '"')
	case storage.BytesKind:
		to = append(appendPlain(append(to, `"\\x`...), v), '"')
	case storage.TimeKind:
		to = append(appendPlain(append(to, '"'), v), '"')
	default:
		to = appendPlain(to, v)
	}
	a.texts[column] = to
	a.bytes += len(to) - before
}

func appendInQuotes(to []byte, text string) []byte {
	from := 0
	for i := range len(text) {
		if text[i] == '\\' || text[i] == '"' {
			to = append(append(to, text[from:i]...), '\\')
			from = i
		}
	}
	return append(to, text[from:]...)
}

// params returns the arrays as parameters. After that no row can be added until they are cleared.
func (a *arrays) params() [][]byte {
	for i, text := range a.texts {
		if len(text) == 0 {
			text = append(text, '{')
		}
		a.texts[i] = append(text, '}')
	}
	return a.texts
}

// many reports whether the rows are as many as are sent at a time. More are hardly faster, and the server would rather read
// all of a table than look for each of them by its id.
func (a *arrays) many() bool {
	const rows, bytes = 500, 1 << 20
	return a.rows >= rows || a.bytes >= bytes
}
