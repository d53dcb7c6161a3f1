package cyclonedx

import (
	_ "embed"
	"regexp"
	"strings"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/reeve-go/reeve/scan/packages"
)

// spdx are the names of licences and exceptions that the schema of CycloneDX 1.6 takes from SPDX, one a line.
//
//go:embed spdx.txt
var spdx string

// licenses returns what a package says of its licence: the name that SPDX has for one, an expression of such names, or else just words.
func (d *document) licenses(p *packages.Package) *cdx.Licenses {
	said := clean(p.License)
	switch {
	case said == "":
		return nil
	case p.SPDX && d.spdx[said]:
		return &cdx.Licenses{{License: &cdx.License{ID: said}}}
	case p.SPDX && d.isExpression(said):
		return &cdx.Licenses{{Expression: said}}
	}
	return &cdx.Licenses{{License: &cdx.License{Name: said}}}
}

// isExpression reports whether a licence is an expression of SPDX: names joined by words, in brackets as one likes.
func (d *document) isExpression(s string) bool {
	open, name := 0, true // a name is what has to come
	for word := range strings.FieldsSeq(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s)) {
		switch word {
		case "(", ")":
			if name != (word == "(") {
				return false
			}
			if open++; word == ")" {
				open -= 2
			}
		case "AND", "OR", "WITH":
			if name {
				return false
			}
			name = true
		default:
			if !name || !d.spdx[word] && !d.spdx[strings.TrimSuffix(word, "+")] && !reference.MatchString(word) {
				return false
			}
			name = false
		}
		if open < 0 {
			return false
		}
	}
	return open == 0 && !name
}

// reference is the name of a licence that SPDX does not know, and that a document brings along.
var reference = regexp.MustCompile(`^(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$`)
