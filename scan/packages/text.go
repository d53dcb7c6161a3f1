package packages

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reeve-go/reeve/internal/category"
)

// maxText is how many bytes of a text for people are told.
const maxText = 2048

// text returns bytes as UTF-8, up to the end of their first line, or to what no text has.
func text[T ~string | ~[]byte](b T) string {
	s := strings.TrimSpace(string(b[:min(len(b), 2*maxText)]))
	if end := strings.IndexFunc(s, func(r rune) bool { return r != '\t' && unicode.IsControl(r) }); end >= 0 {
		s = s[:end]
	}
	end := min(len(s), maxText)
	for end > 0 && end < len(s) && !utf8.RuneStart(s[end]) {
		end--
	}
	return category.Text(strings.TrimSpace(s[:end]))
}

// isName reports whether s can be the name of a package, or its version.
func isName(s string) bool {
	return s != "" && len(s) <= category.MaxName && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
