package cyclonedx_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	cdx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	packageurl "github.com/package-url/packageurl-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/packages"
	"github.com/reeve-go/reeve/scan/packages/cyclonedx"
	"github.com/reeve-go/reeve/scan/scantest"
)

func unzipped(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.FromSlash(name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// files are the schemas of CycloneDX, from the folder with test data and nowhere else.
type files struct{ testing.TB }

func (f files) Load(url string) (any, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(path.Base(url), "bom-"), ".schema.json")
	if !strings.HasPrefix(path.Base(url), "bom-") {
		return jsonschema.UnmarshalJSON(bytes.NewReader(unzipped(f, "testdata/"+strings.TrimSuffix(name, ".SNAPSHOT")+".SNAPSHOT.schema.json.gz")))
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(unzipped(f, "testdata/bom-"+name+".SNAPSHOT.schema.json.gz")))
}

func schema(t testing.TB, version string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.UseLoader(files{t})
	c.AssertFormat()
	s, err := c.Compile("http://cyclonedx.org/schema/bom-" + version + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var versions = map[string]cdx.SpecVersion{"1.6": cdx.SpecVersion1_6, "1.7": cdx.SpecVersion1_7}

// valid fails if a document is not what the schemas say.
func valid(t rapid.TB, bom *cdx.BOM, schemas map[string]*jsonschema.Schema) {
	t.Helper()
	for version, s := range schemas {
		var b bytes.Buffer
		if err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).EncodeVersion(bom, versions[version]); err != nil {
			t.Fatalf("%v", err)
		}
		text := b.String()
		document, err := jsonschema.UnmarshalJSON(&b)
		if err == nil {
			err = s.Validate(document)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", version, err, text)
		}
	}
	var b bytes.Buffer
	var again cdx.BOM
	err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatXML).EncodeVersion(bom, cdx.SpecVersion1_6)
	if err == nil {
		err = cdx.NewBOMDecoder(&b, cdx.BOMFileFormatXML).Decode(&again)
	}
	if err != nil || len(*bom.Components) > 0 && !cmp.Equal(refs(&again), refs(bom)) {
		t.Errorf("as XML: %v", err)
	}
}

func refs(bom *cdx.BOM) (refs []string) {
	for _, c := range *bom.Components {
		refs = append(refs, c.BOMRef)
	}
	return refs
}

func schemas(t testing.TB) map[string]*jsonschema.Schema {
	t.Helper()
	all := map[string]*jsonschema.Schema{}
	for version := range versions {
		all[version] = schema(t, version)
	}
	return all
}

// target is a small machine with a bit of everything.
func target(t testing.TB) fstest.MapFS {
	t.Helper()
	file := func(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }
	tree := fstest.MapFS{
		"etc/os-release":                           file("ID=fedora\nVERSION_ID=43\n"),
		"var/lib/dpkg/status":                      file("Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2.36-9+deb12u4\nMaintainer: A <a@b>\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n"),
		"var/lib/rpm/rpmdb.sqlite":                 {Data: unzipped(t, "../testdata/rpm/rpmdb.sqlite.gz")},
		"srv/node_modules/@scope/b/package.json":   file(`{"name":"@scope/b","version":"3.0.0","license":"(MIT OR Apache-2.0)","homepage":"https://ann:s3cret@example.org/b"}`),
		"srv/x/node_modules/@scope/b/package.json": file(`{"name":"@scope/b","version":"3.0.0","license":"SEE LICENSE IN x"}`),
		"srv/package-lock.json":                    file(`{"packages":{"node_modules/@scope/b":{"version":"3.0.0","integrity":"sha1-VLZtMXojCs3FWPPdBEjWKKpZEhw="}}}`),
		"usr/lib/python3/a.dist-info/METADATA":     file("Name: Zope.Interface\nVersion: 1.0\nLicense: ZPL 2.1\n"),
	}
	if exe, err := os.Executable(); err == nil {
		if b, err := os.ReadFile(exe); err == nil {
			tree["usr/bin/tool"] = &fstest.MapFile{Data: b, Mode: 0o755}
		}
	}
	return tree
}

// inspected returns what scans of everything found.
func inspected(t testing.TB, fsys fs.FS, limits scan.Limits) (scan.Blobs, []scan.Result) {
	t.Helper()
	blobs := &scantest.MemoryBlobs{}
	scanners := append(packages.All(&packages.Options{Temp: t.TempDir()}), inspect.Software(), inspect.System())
	inspector, err := scan.NewInspector(blobs, scanners, nil)
	if err != nil {
		t.Fatal(err)
	}
	var categories []scan.Category
	for _, s := range scanners {
		categories = append(categories, scan.Category{Name: s.Categories()[0]})
	}
	results, err := inspector.Inspect(t.Context(), fsys, scan.Inspection{Target: "web-1", Categories: categories, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	for i := range results {
		results[i].At = time.Date(2026, 1, 2, 3, 4, 5, i, time.UTC)
	}
	return blobs, results
}

func TestDocument(t *testing.T) {
	t.Parallel()
	blobs, results := inspected(t, target(t), scan.Limits{})
	bom, err := cyclonedx.Document(t.Context(), blobs, results, cyclonedx.Options{Target: "web-1"})
	if err != nil {
		t.Fatal(err)
	}
	valid(t, bom, schemas(t))
	components := map[string]cdx.Component{}
	for _, c := range *bom.Components {
		if c.PackageURL != c.BOMRef {
			t.Errorf("%+v", c)
		}
		if _, err := packageurl.FromString(c.PackageURL); err != nil {
			t.Error(err)
		}
		components[c.BOMRef] = c
	}
	for _, ref := range []string{
		"pkg:deb/fedora/libc6@2.36-9%2Bdeb12u4?arch=amd64&distro=fedora-43",
		"pkg:rpm/fedora/tool@1.0-1?arch=noarch&distro=fedora-43&epoch=2&upstream=tool-1.0-1.src.rpm",
		"pkg:rpm/fedora/kernel@5.14.0-70.el9?arch=noarch&distro=fedora-43&upstream=kernel-5.14.0-70.el9.src.rpm",
		"pkg:npm/%40scope/b@3.0.0",
		"pkg:pypi/zope-interface@1.0",
		"pkg:golang/stdlib@" + strings.TrimPrefix(runtime.Version(), "go"),
	} {
		if _, ok := components[ref]; !ok {
			t.Errorf("there is no %s", ref)
		}
	}
	b := components["pkg:npm/%40scope/b@3.0.0"]
	same(t, "package in several places", b, cdx.Component{
		BOMRef: b.BOMRef, PackageURL: b.BOMRef, Type: cdx.ComponentTypeLibrary, Group: "@scope", Name: "b", Version: "3.0.0",
		Licenses: &cdx.Licenses{{Expression: "(MIT OR Apache-2.0)"}}, Hashes: &[]cdx.Hash{{Algorithm: cdx.HashAlgoSHA1, Value: "54b66d317a230acdc558f3dd0448d628aa59121c"}},
		ExternalReferences: &[]cdx.ExternalReference{{Type: cdx.ERTypeWebsite, URL: "https://example.org/b"}},
		Properties:         &[]cdx.Property{{Name: "reeve:state", Value: "installed"}},
		Evidence: &cdx.Evidence{Occurrences: &[]cdx.EvidenceOccurrence{
			{Location: "srv/node_modules/@scope/b"}, {Location: "srv/package-lock.json"}, {Location: "srv/x/node_modules/@scope/b"},
		}},
	})
	for ref := range components {
		if strings.Contains(ref, "gone") {
			t.Errorf("%s is told", ref)
		}
	}
	same(t, "time", bom.Metadata.Timestamp, "2026-01-02T03:04:05Z")
	same(t, "whole", (*bom.Compositions)[0].Aggregate, cdx.CompositionAggregateComplete)
	same(t, "tools", len(*bom.Metadata.Tools.Components), 4)
	same(t, "target", bom.Metadata.Component.Name, "web-1")
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: -want +got\n%s", what, d)
	}
}

// written returns a document as JSON.
func written(t testing.TB, blobs scan.Blobs, results []scan.Result, target string) string {
	t.Helper()
	bom, err := cyclonedx.Document(t.Context(), blobs, results, cyclonedx.Options{Target: target})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatJSON).Encode(bom); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestTheSameResultsMakeTheSameDocument(t *testing.T) {
	t.Parallel()
	blobs, results := inspected(t, target(t), scan.Limits{})
	want := written(t, blobs, results, "web-1")
	turned := append(append([]scan.Result(nil), results[2:]...), results[:2]...)
	same(t, "in another order", written(t, blobs, turned, "web-1"), want)
	serial := func(s string) string {
		_, s, _ = strings.Cut(s, `"serialNumber":"urn:uuid:`)
		return s[:36]
	}
	if serial(written(t, blobs, results, "web-2")) == serial(want) || serial(written(t, blobs, results[:1], "web-1")) == serial(want) {
		t.Error("other documents have the same number")
	}
}

// A document of results that are not complete says so, and why.
func TestDocumentOfWhatIsNotComplete(t *testing.T) {
	t.Parallel()
	tree := target(t)
	tree["var/lib/rpm/rpmdb.sqlite"] = &fstest.MapFile{Data: []byte("no database")}
	blobs, results := inspected(t, tree, scan.Limits{})
	results = append(results, scan.Result{Category: "npm", Outcome: scan.Failed, Error: "it went\x00 wrong"})
	bom, err := cyclonedx.Document(t.Context(), blobs, results, cyclonedx.Options{Target: "web-1", Type: cdx.ComponentTypeContainer})
	if err != nil {
		t.Fatal(err)
	}
	valid(t, bom, schemas(t))
	same(t, "whole", (*bom.Compositions)[0].Aggregate, cdx.CompositionAggregateIncomplete)
	said := fmt.Sprint(*bom.Metadata.Properties)
	for _, s := range []string{"{reeve:outcome:rpm partial}", "{reeve:problem:rpm var/lib/rpm/rpmdb.sqlite: it is no database of rpm", "{reeve:error:npm it went\ufffd wrong}"} {
		if !strings.Contains(said, s) {
			t.Errorf("%s does not say %s", said, s)
		}
	}
}

func TestDocumentRefuses(t *testing.T) {
	t.Parallel()
	blobs, results := inspected(t, target(t), scan.Limits{})
	if _, err := cyclonedx.Document(t.Context(), blobs, results, cyclonedx.Options{Target: "x", Most: 3}); !errors.Is(err, cyclonedx.ErrTooMany) || !strings.Contains(err.Error(), "more than 3") {
		t.Errorf("too many: %v", err)
	}
	for what, o := range map[string]cyclonedx.Options{"no name": {}, "a negative limit": {Target: "x", Most: -1}} {
		if _, err := cyclonedx.Document(t.Context(), blobs, results, o); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if _, err := cyclonedx.Document(t.Context(), blobs, nil, cyclonedx.Options{Target: "x"}); err == nil {
		t.Error("no results are taken")
	}
	if _, err := cyclonedx.Document(t.Context(), &scantest.MemoryBlobs{}, results, cyclonedx.Options{Target: "x"}); !errors.Is(err, scan.ErrNoBlob) {
		t.Errorf("without blobs: %v", err)
	}
}

// Whatever packages say of themselves, the document is valid.
func TestDocumentOfAnything(t *testing.T) {
	t.Parallel()
	all := schemas(t)
	rapid.Check(t, func(r *rapid.T) {
		tree := fstest.MapFS{"etc/os-release": {Data: []byte("ID=" + rapid.String().Draw(r, "id") + "\nVERSION_ID=" + rapid.String().Draw(r, "version"))}}
		for i := range 3 {
			field := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"MIT", "GPL-2.0+ AND (MIT)", "a@b", "1.0", "x/y", "%2F", "https://[x", "\ufffe"}))
			tree[fmt.Sprintf("node_modules/%d/package.json", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, `{"name":%q,"version":%q,"license":%q,"homepage":%q}`,
				field.Draw(r, "name"), field.Draw(r, "version"), field.Draw(r, "licence"), field.Draw(r, "homepage"))}
			tree[fmt.Sprintf("%d.dist-info/METADATA", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "Name: %s\nVersion: %s\nLicense: %s\n", field.Draw(r, "name"), field.Draw(r, "version"), field.Draw(r, "licence"))}
		}
		blobs, results := inspected(t, tree, scan.Limits{})
		bom, err := cyclonedx.Document(t.Context(), blobs, results, cyclonedx.Options{Target: "t"})
		if err != nil {
			r.Fatal(err)
		}
		valid(r, bom, all)
	})
}

// The tool that checks XML against its schema, where there is one.
func TestDocumentAsXML(t *testing.T) {
	t.Parallel()
	xmllint, err := exec.LookPath("xmllint")
	if err != nil {
		t.Skip("there is no xmllint")
	}
	blobs, results := inspected(t, target(t), scan.Limits{})
	bom, err := cyclonedx.Document(t.Context(), blobs, results, cyclonedx.Options{Target: "web-1"})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for _, name := range []string{"bom-1.6.SNAPSHOT.xsd", "spdx.SNAPSHOT.xsd"} {
		if err := os.WriteFile(filepath.Join(folder, name), unzipped(t, "testdata/"+name+".gz"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := cdx.NewBOMEncoder(&b, cdx.BOMFileFormatXML).EncodeVersion(bom, cdx.SpecVersion1_6); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), xmllint, "--nonet", "--noout", "--schema", filepath.Join(folder, "bom-1.6.SNAPSHOT.xsd"), "-")
	c.Stdin = &b
	if out, err := c.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// A module that a program has from a folder is not what is published under its name.
func TestModuleFromAFolder(t *testing.T) {
	t.Parallel()
	bom := told(t, teller{"go/usr/bin/p": inspect.GoProgram{Go: "go1.26.0", Path: "example.org/p", Modules: []inspect.Module{
		{Path: "./internal/azure", Replaces: "example.org/p/azure"},
		{Path: "example.org/fork", Version: "v1.0.0", Replaces: "example.org/m"},
	}}})
	var got []string
	for _, c := range *bom.Components {
		got = append(got, c.Name+" "+c.PackageURL)
	}
	slices.Sort(got)
	same(t, "components", got, []string{
		"example.org/fork pkg:golang/example.org/fork@v1.0.0", "example.org/p/azure ", "stdlib pkg:golang/stdlib@1.26.0",
	})
}
