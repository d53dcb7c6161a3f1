package cyclonedx_test

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	cdx "github.com/CycloneDX/cyclonedx-go"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/packages"
	"github.com/reeve-go/reeve/scan/packages/cyclonedx"
	"github.com/reeve-go/reeve/scan/scantest"
)

// A teller is a scanner that tells what it is told to, as that of a hostile agent would.
type teller map[string]any

func (t teller) Name() string         { return "teller" }
func (t teller) Version() string      { return "9" }
func (t teller) Categories() []string { return []string{"npm", "software"} }

func (t teller) Scan(_ context.Context, _ scan.Input, emit scan.Emit) error {
	for key, p := range t {
		if err := emit(key, p); err != nil {
			return err
		}
	}
	return nil
}

// told returns the document of what is told, for two categories, and fails if it is not valid.
func told(t testing.TB, all teller) *cdx.BOM {
	t.Helper()
	blobs := &scantest.MemoryBlobs{}
	inspector, err := scan.NewInspector(blobs, []scan.Scanner{all}, nil)
	if err != nil {
		t.Fatal(err)
	}
	results, err := inspector.Inspect(t.Context(), fstest.MapFS{}, scan.Inspection{Target: "t", Categories: []scan.Category{{Name: "npm"}, {Name: "software"}}})
	if err != nil {
		t.Fatal(err)
	}
	bom, err := cyclonedx.Document(t.Context(), blobs, results, cyclonedx.Options{Target: "t"})
	if err != nil {
		t.Fatal(err)
	}
	valid(t, bom, schemas(t))
	return bom
}

func pkg(name, version string) packages.Package {
	p := packages.Package{}
	p.Name, p.Version, p.State = name, version, packages.Installed
	return p
}

// Whoever made the results, the document is valid.
func TestDocumentOfHostileResults(t *testing.T) {
	t.Parallel()
	hash := pkg("hash", "1")
	hash.Hash = "sha512:nothing"
	short := pkg("short", "1")
	short.Hash = "sha512:" + strings.Repeat("0", 40)
	bom := told(t, teller{
		"npm/hash": hash, "npm/short": short, "npm/none": packages.Package{}, "npm/long": pkg("long", strings.Repeat("1", 2000)), "dpkg/long": pkg("long", strings.Repeat("é", 2000)),
		"npm/up": pkg("../../up", "1"), "python/up": pkg("..", "1"), "go/none": packages.Package{},
	})
	same(t, "tools", len(*bom.Metadata.Tools.Components), 1)
	for _, c := range *bom.Components {
		if c.Hashes != nil {
			t.Errorf("%s has the hash %v", c.BOMRef, *c.Hashes)
		}
		for part := range strings.SplitSeq(c.PackageURL, "/") {
			if part == ".." || strings.HasPrefix(part, "..@") {
				t.Errorf("%s leads elsewhere", c.PackageURL)
			}
		}
	}
}

// What package URLs are, by the definitions of their types.
func TestPackageURLs(t *testing.T) {
	t.Parallel()
	var got []string
	epoch := pkg("Attr", "1:2.4.47-2+b1")
	epoch.Arch = "amd64"
	for _, c := range *told(t, teller{
		"npm/a": pkg("@Angular/Animation", "12.3.1"), "npm/b": pkg("a/b", "1"), "npm/c": pkg("JSONStream", "1"),
		"python/a": pkg("Django_.REST--x", "1.0RC1"), "dpkg/a": epoch, "rpm/a": pkg("Curl", "2:7.50.3-1.fc25"), "rpm/b": pkg("b", "0:1-1"),
	}).Components {
		got = append(got, c.PackageURL)
	}
	want := []string{
		"pkg:npm/%40Angular/Animation@12.3.1", "pkg:npm/a%2Fb@1", "pkg:npm/JSONStream@1",
		"pkg:pypi/django-rest-x@1.0rc1", "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64",
		"pkg:rpm/Curl@7.50.3-1.fc25?epoch=2", "pkg:rpm/b@1-1?epoch=0",
	}
	slices.Sort(want)
	same(t, "package URLs", got, want)
}

// A licence is a name or an expression of SPDX only if it is one.
func TestLicenses(t *testing.T) {
	t.Parallel()
	all, want := teller{}, map[string]cdx.LicenseChoice{}
	for form, licenses := range map[string][]string{
		"id":         {"MIT", "GPL-2.0-or-later"},
		"expression": {"(MIT OR Apache-2.0)", "GPL-2.0-only WITH Classpath-exception-2.0", "Apache-2.0+", "MIT AND (LicenseRef-x OR (ISC))", "DocumentRef-a:LicenseRef-b"},
		"name":       {"BSD", "mit", "MIT OR", "OR MIT", "(MIT", "MIT)", "MIT) AND (ISC", ")MIT(", "MIT ISC", "MIT (ISC)", "()", "MIT OR BSD", "LicenseRef-ü", "UNLICENSED"},
	} {
		for _, l := range licenses {
			p := pkg(l, "1")
			p.License, p.SPDX = l, true
			all["npm/"+l] = p
			switch form {
			case "id":
				want[l] = cdx.LicenseChoice{License: &cdx.License{ID: l}}
			case "expression":
				want[l] = cdx.LicenseChoice{Expression: l}
			default:
				want[l] = cdx.LicenseChoice{License: &cdx.License{Name: l}}
			}
		}
	}
	words := pkg("words", "1")
	words.License = "MIT"
	all["npm/words"], want["words"] = words, cdx.LicenseChoice{License: &cdx.License{Name: "MIT"}}
	got := map[string]cdx.LicenseChoice{}
	for _, c := range *told(t, all).Components {
		got[c.Name] = (*c.Licenses)[0]
	}
	same(t, "licences", got, want)
}

// The names of licences are those of the schema.
func TestNamesOfLicenses(t *testing.T) {
	t.Parallel()
	var schema struct{ Enum []string }
	if err := json.Unmarshal(unzipped(t, "testdata/spdx.SNAPSHOT.schema.json.gz"), &schema); err != nil {
		t.Fatal(err)
	}
	same(t, "names", strings.Fields(cyclonedx.SPDX), schema.Enum)
}
