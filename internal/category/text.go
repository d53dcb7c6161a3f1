package category

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxName is how many bytes the name of a thing may have.
const MaxName = 255

// Text returns bytes as UTF-8: one that is not becomes \x and two hexadecimal digits.
func Text[T ~string | ~[]byte](b T) string {
	s := string(b)
	if utf8.ValidString(s) {
		return s
	}
	var out strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&out, `\x%02x`, s[0])
		} else {
			out.WriteString(s[:n])
		}
		s = s[n:]
	}
	return out.String()
}
