package legacy

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A document is YAML as Ruby writes it: the keys are symbols, lists are not indented, and texts have quotes only where they would be something else without.
type document struct{ out bytes.Buffer }

func newDocument() *document {
	d := &document{}
	d.line("---")
	return d
}

func (d *document) bytes() []byte { return d.out.Bytes() }

func (d *document) line(s string) { d.out.WriteString(s + "\n") }

func (d *document) symbol(key, value string) { d.line(":" + key + ": :" + value) }

func (d *document) text(key, value string) { d.line(":" + key + ": " + scalar(value)) }

func (d *document) optional(key, value string) {
	if value != "" {
		d.text(key, value)
	}
}

// nullable writes a text, and null if there is none.
func (d *document) nullable(key, value string) {
	if value == "" {
		d.line(":" + key + ":")
		return
	}
	d.text(key, value)
}

var integer = regexp.MustCompile(`^(0|[1-9][0-9]{0,17})$`)

// id writes the id of a job. The original's is a number, and is written as one.
func (d *document) id(key, value string) {
	if integer.MatchString(value) {
		d.line(":" + key + ": " + value)
		return
	}
	d.text(key, value)
}

func (d *document) time(key string, t time.Time) {
	if !t.IsZero() {
		d.line(":" + key + ": " + t.UTC().Format(timeForm))
	}
}

func (d *document) list(key string, values []string) {
	d.line(":" + key + ":")
	for _, v := range values {
		d.line("- " + scalar(v))
	}
}

func (d *document) symbols(key string, values map[string]string) {
	if len(values) == 0 {
		d.line(":" + key + ": {}")
		return
	}
	d.line(":" + key + ":")
	for _, name := range slices.Sorted(maps.Keys(values)) {
		d.line("  :" + name + ": " + scalar(values[name]))
	}
}

var (
	// numeric is what Ruby may read as a number, a date or a time.
	numeric = regexp.MustCompile(`^[-+.]?[0-9][-0-9,_.:eE+TZ ]*$`)
	// reserved are words that YAML or Ruby read as something else.
	reserved = regexp.MustCompile(`^(?i:yes|no|on|off|true|false|null|y|n|\.?inf|\.?nan)$`)
	// marked is what ends a plain text before its end.
	marked = regexp.MustCompile(`: |:$| #| $`)
)

// scalar writes a text so that it is read as that text.
func scalar(s string) string {
	first, _ := utf8.DecodeRuneInString(s)
	switch {
	case s == "":
		return "''"
	case !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		return doubleQuoted(s)
	case !wordly(first) && !strings.Contains(s, `"`):
		return doubleQuoted(s)
	case !wordly(first), numeric.MatchString(s), reserved.MatchString(s), marked.MatchString(s), !isString(s):
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return s
}

func wordly(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// isString reports whether YAML reads a text without quotes as a text.
func isString(s string) bool {
	n := yaml.Node{Kind: yaml.ScalarNode, Value: s}
	return n.ShortTag() == "!!str"
}

func doubleQuoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02X`, r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
