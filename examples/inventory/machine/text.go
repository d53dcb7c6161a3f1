package machine

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable returns a name as a database and a terminal take it, whatever bytes the machine has there: those that
// are not UTF-8, and those of characters that cannot be seen, become \x and two digits.
func printable(s string) string {
	if strings.IndexFunc(s, strange) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if strange(r) {
			for i := range n {
				fmt.Fprintf(&b, `\x%02x`, s[i])
			}
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

func strange(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// unescaped returns a field of mountinfo, in which \ and three octal digits stand for a byte.
func unescaped(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if c, ok := octal(s[i:]); ok {
			b = append(b, c)
			i += 3
			continue
		}
		b = append(b, s[i])
	}
	return string(b)
}

func octal(s string) (byte, bool) {
	if len(s) < 4 || s[0] != '\\' {
		return 0, false
	}
	n := 0
	for _, c := range []byte(s[1:4]) {
		if c < '0' || c > '7' {
			return 0, false
		}
		n = n<<3 | int(c-'0')
	}
	return byte(n), n < 256
}
