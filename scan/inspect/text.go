package inspect

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxName is how long the name of a thing may be.
const maxName = 255

// text returns bytes as UTF-8.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&s, `\x%02x`, b[0])
		} else {
			s.Write(b[:n])
		}
		b = b[n:]
	}
	return s.String()
}

// A namer makes keys that differ, also for things that do not.
type namer map[string]int

// key returns a key that was not given out before, and whether it is the name itself.
func (n namer) key(name string) (key string, first bool) {
	n[name]++
	if n[name] == 1 {
		return name, true
	}
	for {
		key = fmt.Sprintf("%s#%d", name, n[name])
		if n[key] == 0 {
			n[key]++
			return key, false
		}
		n[name]++
	}
}
