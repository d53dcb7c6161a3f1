package packages_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/packages"
)

// What npm does not read hides nothing: keys are as they are written, and the last one of several holds.
func TestNPMReadsWhatNPMReads(t *testing.T) {
	t.Parallel()
	f := look(t, packages.NPM(), fstest.MapFS{
		"node_modules/a/package.json": {Data: []byte(`{"name":"b","name":"a","version":"1.0.0","Version":"9.9.9","NAME":"b","license":"MIT","License":"none"}`)},
		"node_modules/c/package.json": {Data: []byte("\xef\xbb\xbf" + `{"name":"c","version":"1.0.0"}`)},
		"package-lock.json":           {Data: []byte(`{"packages":{"node_modules/a":{"version":"1.0.0","VERSION":"9.9.9","Link":true}},"Packages":{"node_modules/b":{"version":"1"}}}`)},
	}, "")
	same(t, "problems", f.problems, []string(nil))
	same(t, "keys", f.keys(), []string{"npm/node_modules/a", "npm/node_modules/c", "npm/package-lock.json#node_modules/a"})
	for _, key := range []string{"npm/node_modules/a", "npm/package-lock.json#node_modules/a"} {
		if p := f.facts[key]; p.Name != "a" || p.Version != "1.0.0" || p.License == "none" {
			t.Errorf("%s: %+v", key, p)
		}
	}
}

// Where a version should be, older lock files have what a package is another name of, or an address: that may have secrets in it.
func TestNPMLockedElsewhere(t *testing.T) {
	t.Parallel()
	const commit = "0123456789abcdef0123456789abcdef01234567"
	f := look(t, packages.NPM(), fstest.MapFS{"package-lock.json": {Data: []byte(`{"dependencies":{
		"alias":{"version":"npm:@scope/real@2.0.0"},
		"git":{"version":"git+https://ann:s3cret@example.org/git.git#` + commit + `"},
		"ball":{"version":"https://example.org/ball.tgz?token=s3cret#s3cret"},
		"file":{"version":"file:../s3cret"}}}`)}}, "")
	same(t, "problems", f.problems, []string(nil))
	for place, want := range map[string]string{"alias": "@scope/real 2.0.0", "git": "git " + commit, "ball": "ball ", "file": "file "} {
		p := f.facts["npm/package-lock.json#node_modules/"+place]
		same(t, place, p.Name+" "+p.Version, want)
	}
}

// What is no name is none, whoever says it.
func TestNPMNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`..`, `../../etc/passwd`, `a/b`, `@a/b/c`, `/a`, `@/a`, `@a/`, `@a/..`, `.a`, `a\u0000`, `a\nb`, `a\u009b2J`} {
		for file, text := range map[string]string{
			"node_modules/x/package.json": `{"name":"` + name + `","version":"1"}`,
			"package-lock.json":           `{"packages":{"node_modules/x":{"name":"` + name + `","version":"1"}}}`,
			"o/package-lock.json":         `{"dependencies":{"` + name + `":{"version":"1"}}}`,
			"p/package-lock.json":         `{"packages":{"` + name + `\u0000/node_modules/x":{"version":"1"}}}`,
		} {
			f := look(t, packages.NPM(), fstest.MapFS{file: {Data: []byte(text)}}, "")
			if len(f.facts) > 0 || len(f.problems) != 1 || f.err != nil {
				t.Errorf("%s: %v, %q, %v", text, f.keys(), f.problems, f.err)
			}
		}
	}
}

// Nothing outside of the tree is told, and nothing in it twice.
func TestLinksThatLeadOut(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	for name, b := range map[string][]byte{
		"node_modules/outer/package.json": []byte(`{"name":"outer","version":"1"}`), "outer.dist-info/METADATA": []byte("Name: outer\nVersion: 1\n"),
		"rpmdb.sqlite": unzipped(t, "rpm/rpmdb.sqlite.gz"), "tree/var/lib/rpm/other": nil, "tree/node_modules/a/package.json": []byte(`{"name":"a","version":"1"}`),
	} {
		name = filepath.Join(top, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, b, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range map[string]string{
		"out": top, "node_modules/b": "a", "node_modules/outer": "../../node_modules/outer", "outer.dist-info": "../outer.dist-info", "round": ".",
		"var/lib/rpm/rpmdb.sqlite": "../../../../rpmdb.sqlite", "var/lib/rpm/Packages": filepath.Join(top, "rpmdb.sqlite"),
	} {
		if err := os.Symlink(target, filepath.Join(top, "tree", name)); err != nil {
			t.Skip(err)
		}
	}
	dir, err := scan.OpenDir(filepath.Join(top, "tree"), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	for _, s := range packages.All(&packages.Options{Temp: t.TempDir()}) {
		for config, want := range map[string][]string{"": {"npm/node_modules/a"}, `{"roots":["node_modules/outer","outer.dist-info","out"]}`: nil} {
			if s.Name() == "packages/rpm" && config != "" {
				config = `{"databases":["var/lib/rpm/Packages","var/lib/rpm/rpmdb.sqlite","out/rpmdb.sqlite"]}`
			}
			if s.Name() != "packages/npm" {
				want = nil
			}
			f := look(t, s, dir, config)
			if !slices.Equal(f.keys(), want) || f.err != nil {
				t.Errorf("%s %s: %v, %v", s.Name(), config, f.keys(), f.err)
			}
		}
	}
}

// A folder whose name is not UTF-8 is told apart from any other.
func TestPathsThatAreNotUTF8(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"\xff/node_modules/x/package.json", "\xfe/package-lock.json", "\xfd.dist-info/METADATA"} {
		name = filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(name), 0o700)
		text := `{"name":"x","version":"1","packages":{"node_modules/y":{"version":"1"}}}`
		if filepath.Base(name) == "METADATA" {
			text = "Name: x\nVersion: 1\n"
		}
		if err = errors.Join(err, os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Skip(err)
		}
	}
	dir, err := scan.OpenDir(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	f := look(t, packages.NPM(), dir, "")
	same(t, "folder", f.facts["npm/\xff/node_modules/x"].Path, `\xff/node_modules/x`)
	same(t, "file", f.facts["npm/\xfe/package-lock.json#node_modules/y"].Path, `\xfe/package-lock.json`)
	f = look(t, packages.Python(), dir, "")
	same(t, "description", f.facts["python/\xfd.dist-info"].Path, `\xfd.dist-info`)
}
