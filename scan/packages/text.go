package packages

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The bounds of texts: of names, versions and the like, and of what is for people. A package without a name that holds to it is none; other texts are cut.
const (
	maxName = 255
	maxText = 2048
)

// text returns bytes as UTF-8 in one line, at most [maxText] long: a byte that is not UTF-8 becomes \x and two hexadecimal digits.
func text(s string) string {
	if line, _, more := strings.Cut(strings.TrimSpace(s), "\n"); more {
		s = line
	}
	s = strings.TrimSpace(s[:min(len(s), maxText)])
	var b strings.Builder
	for len(s) > 0 && b.Len() < maxText {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n <= 1 {
			fmt.Fprintf(&b, `\x%02x`, s[0])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// isName reports whether s can be the name of a package.
func isName(s string) bool {
	return s != "" && len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}
