// Package inspect has scanners of Linux file systems: what system it is, whose accounts there are, what software is installed, which services
// start, and which files there are. They only read, start no program, and trust nothing: what is broken is noted on the tree, and the
// rest is told.
//
//	inspector, err := scan.NewInspector(blobs, inspect.All(), nil)
//
// Each scanner has one category of its own name. What its items are is said at its constructor: the key tells which type of this package the value
// has, and [encoding/json] decodes it. Text is always UTF-8: a byte that is not becomes \x and two hexadecimal digits.
package inspect

import (
	"github.com/reeve-go/reeve/scan"
)

// All returns the scanners of this package.
func All() []scan.Scanner {
	return []scan.Scanner{System(), Accounts(), Software(), Services(), Files()}
}
