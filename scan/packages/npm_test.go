package packages_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/packages"
	"github.com/reeve-go/reeve/scan/scantest"
)

// lock is a lock file of npm 7 or later, oldLock one of npm 6.
const (
	lock = `{"name":"app","lockfileVersion":3,"packages":{
		"":{"name":"app","version":"1.0.0","license":"ISC"},
		"node_modules/a":{"version":"1.2.3","resolved":"https://example.org/a-1.2.3.tgz","integrity":"sha1-VLZtMXojCs3FWPPdBEjWKKpZEhw= sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==","license":"MIT"},
		"node_modules/alias":{"name":"@scope/real","version":"2.0.0"},
		"node_modules/a/node_modules/@scope/b":{"version":"3.0.0","dev":true},
		"node_modules/linked":{"resolved":"packages/linked","link":true},
		"packages/linked":{"version":"0.0.1"}},
		"dependencies":{"a":{"version":"9.9.9"}}}`
	oldLock = `{"name":"app","version":"1.0.0","lockfileVersion":1,"requires":true,"dependencies":{
		"a":{"version":"1.2.3","requires":{"b":"^1.0.0"},"dependencies":{"b":{"version":"1.0.0"}}},"b":{"version":"2.0.0"}}}`
)

func npmTree() fstest.MapFS {
	return fstest.MapFS{
		"srv/app/package.json":                                  manifest("app", "1.0.0"),
		"srv/app/package-lock.json":                             {Data: []byte(lock)},
		"srv/old/npm-shrinkwrap.json":                           {Data: []byte(oldLock)},
		"srv/app/node_modules/a/package.json":                   manifest("a", "1.2.3"),
		"srv/app/node_modules/a/lib/package.json":               manifest("not-one", "1.0.0"),
		"srv/app/node_modules/@scope/b/package.json":            manifest("@scope/b", "3.0.0"),
		"srv/app/node_modules/@scope/package.json":              manifest("not-one", "1.0.0"),
		"srv/app/node_modules/a/node_modules/old/package.json":  {Data: []byte(`{"name":"old","version":"0.1.0","licenses":[{"type":"BSD","url":"x"}],"author":{"name":"Ann","email":"a@b"},"homepage":["https://example.org"]}`)},
		"srv/app/node_modules/link":                             {Data: []byte("a"), Mode: fs.ModeSymlink | 0o777},
		"proc/1/root/srv/app/node_modules/again/package.json":   manifest("again", "1.0.0"),
		"usr/lib/node_modules/npm/package.json":                 manifest("npm", "10.0.0"),
		"usr/lib/node_modules/npm/docs/node_modules/readme.txt": {Data: []byte("x")},
	}
}

func TestNPMKeepsItsContract(t *testing.T) {
	t.Parallel()
	scantest.TestScanner(t, packages.NPM(), nil, npmTree())
}

func TestNPM(t *testing.T) {
	t.Parallel()
	f := look(t, packages.NPM(), npmTree(), "")
	same(t, "keys", f.keys(), []string{
		"npm/srv/app/node_modules/@scope/b", "npm/srv/app/node_modules/a", "npm/srv/app/node_modules/a/node_modules/old",
		"npm/srv/app/package-lock.json#node_modules/a", "npm/srv/app/package-lock.json#node_modules/a/node_modules/@scope/b",
		"npm/srv/app/package-lock.json#node_modules/alias",
		"npm/srv/old/npm-shrinkwrap.json#node_modules/a", "npm/srv/old/npm-shrinkwrap.json#node_modules/a/node_modules/b",
		"npm/srv/old/npm-shrinkwrap.json#node_modules/b", "npm/usr/lib/node_modules/npm",
	})
	same(t, "problems", f.problems, []string(nil))

	want := packages.Package{License: "MIT", SPDX: true, Path: "srv/app/node_modules/a"}
	want.Name, want.Version, want.State = "a", "1.2.3", packages.Installed
	same(t, "installed", f.facts["npm/srv/app/node_modules/a"], want)

	want.Path, want.State = "srv/app/package-lock.json", packages.Locked
	want.Hash = "sha512:cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
	same(t, "locked", f.facts["npm/srv/app/package-lock.json#node_modules/a"], want)
	same(t, "alias", f.facts["npm/srv/app/package-lock.json#node_modules/alias"].Name, "@scope/real")
	same(t, "nested", f.facts["npm/srv/old/npm-shrinkwrap.json#node_modules/a/node_modules/b"].Version, "1.0.0")

	want = packages.Package{License: "BSD", SPDX: true, Path: "srv/app/node_modules/a/node_modules/old"}
	want.Name, want.Version, want.State, want.Maintainer, want.Homepage = "old", "0.1.0", packages.Installed, "Ann", "https://example.org"
	same(t, "old ways", f.facts["npm/srv/app/node_modules/a/node_modules/old"], want)

	f = look(t, packages.NPM(), npmTree(), `{"roots":["usr","usr/lib"],"leave_out":[]}`)
	same(t, "keys of a root", f.keys(), []string{"npm/usr/lib/node_modules/npm"})
	for _, config := range []string{`{"roots":["/usr"]}`, `{"leave_out":["a/"]}`, `{"root":"usr"}`} {
		if f := look(t, packages.NPM(), npmTree(), config); f.err == nil {
			t.Errorf("%s is taken", config)
		}
	}
}

// What is broken is said, without any of it, and the rest is found.
func TestNPMBroken(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"dependencies":{"a":`, 200) + "{}" + strings.Repeat(`}}`, 200)
	for name, b := range map[string]string{
		"node_modules/x/package.json": `{"name":"x","version":"1","s3cret`,
		"node_modules/y/package.json": `{"name":"y","version":{"s3cret":1}}`,
		"node_modules/z/package.json": `["s3cret"]`,
		"node_modules/e/package.json": ``,
		"node_modules/n/package.json": `{"name":"s3cret"}`,
		"node_modules/d/package.json": `{"name":"d","version":"1","author":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
		"node_modules/l/package.json": `{"name":"l","version":"1","author":"` + strings.Repeat("s3cret", 1<<20) + `"}`,
		"a/package-lock.json":         `{"packages":{"node_modules/s3cret":{"version":1}}}`,
		"b/package-lock.json":         `{"packages":["s3cret"]}`,
		"c/package-lock.json":         `{"packages":{"node_modules/a":{"version":"1"},"node_modules/a":{"version":"2"}}}`,
		"d/package-lock.json":         deep,
		"e/package-lock.json":         `{"packages":{"node_modules/a":{"version":"1"}`,
	} {
		tree := fstest.MapFS{name: {Data: []byte(b)}, "node_modules/whole/package.json": manifest("whole", "1.0.0")}
		f := look(t, packages.NPM(), tree, "")
		if _, ok := f.facts["npm/node_modules/whole"]; !ok || len(f.problems) != 1 || f.err != nil || strings.Contains(f.problems[0], "s3cret") {
			t.Errorf("%s: %v, %q, %v", name, f.keys(), f.problems, f.err)
		}
	}
}

// Limits hold, however much there is.
func TestNPMLimits(t *testing.T) {
	t.Parallel()
	var big strings.Builder
	big.WriteString(`{"packages":{"":{}`)
	for i := range 20_000 {
		fmt.Fprintf(&big, `,"node_modules/p%d":{"version":"1.0.0"}`, i)
	}
	big.WriteString("}}")
	tree := fstest.MapFS{"package-lock.json": {Data: []byte(big.String())}}
	same(t, "packages", len(look(t, packages.NPM(), tree, "").facts), 20_000)
	f := lookWithin(t, packages.NPM(), tree, "", scan.Limits{Read: 100_000})
	if len(f.facts) == 0 || len(f.facts) == 20_000 || len(f.problems) != 1 || f.err != nil {
		t.Errorf("%d facts, %q, %v", len(f.facts), f.problems, f.err)
	}
}
