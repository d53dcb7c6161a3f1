package scantest

import "fmt"

// shown is bytes for people, who want to see no more than a few.
func shown(b []byte) string {
	if len(b) > 40 {
		return fmt.Sprintf("%q… (%d bytes)", b[:40], len(b))
	}
	return fmt.Sprintf("%q", b)
}
