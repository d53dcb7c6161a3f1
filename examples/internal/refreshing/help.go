package refreshing

import (
	"flag"
	"strings"
)

// Help returns what -help shows: an introduction, and the flags.
func Help(introduction string, f *flag.FlagSet) string {
	var b strings.Builder
	b.WriteString(introduction)
	f.SetOutput(&b)
	f.PrintDefaults()
	return b.String()
}
