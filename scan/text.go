package scan

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/reeve-go/reeve/internal/text"
)

// clip returns a reason or an error as it is kept.
func clip(s string) string { return text.Clip(s, 1000) }

// isWord reports whether s can be the name of something: stores and logs take it as it is.
func isWord(s string, most int) bool {
	return s != "" && len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// quote returns s for an error: in quotes, and not all of it if it is long.
func quote(s string) string {
	const most = 100
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}
