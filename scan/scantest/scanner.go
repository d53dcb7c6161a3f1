package scantest

import (
	"encoding/json"
	"io/fs"
	"testing"

	"github.com/reeve-go/reeve/scan"
)

// ScannerOptions say more of a scanner. Nil is the same as the zero value.
type ScannerOptions struct {
	// Config is what the scanner is asked with, by category. One without is asked with none.
	Config map[string]json.RawMessage
}

// TestScanner says whether a [scan.Scanner] keeps its contract: each law is a subtest of its own, in which each of its categories is scanned in each of
// the trees. The trees are the host's own examples of targets; there should be something of each category in one of them, and
// they must not change meanwhile.
//
//nolint:tparallel // whether it is parallel to others is its caller's to say
func TestScanner(t *testing.T, scanner scan.Scanner, o *ScannerOptions, trees ...fs.FS) {
	t.Helper()
	k := scannerKit{scanner: scanner, trees: trees}
	if o != nil {
		k.ScannerOptions = *o
	}
	if scanner == nil || len(trees) == 0 {
		t.Fatal("scantest: TestScanner has no scanner, or no trees; it needs both")
	}
	for _, l := range scannerLaws() {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			l.check(&scannerScene{TB: t, scannerKit: k})
		})
	}
}

// A scannerLaw is one thing that every scanner does.
type scannerLaw struct {
	name  string
	check func(*scannerScene)
}

func scannerLaws() []scannerLaw {
	return []scannerLaw{
		{"it says who it is and what it can tell of", scannerNames},
		{"there is something in the trees", scannerFinds},
		{"the same tree has the same facts", scannerRepeats},
		{"each fact has a key of its own", scannerKeys},
		{"scans at the same time do not mix", scannerTogether},
		{"a category that it does not have is refused", scannerRefuses},
		{"what emit says is returned", scannerReturns},
		{"it ends with its context, and says so", scannerEnds},
		{"what cannot be read is told, and the rest is found", scannerTells},
		{"it looks at nothing outside of its scope", scannerKeepsScope},
	}
}
