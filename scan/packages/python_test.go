package packages_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/reeve-go/reeve/scan/packages"
	"github.com/reeve-go/reeve/scan/scantest"
)

const metadata = `Metadata-Version: 2.1
Name: Left.Pad
Version: 1.0.2
Summary: Pads
Home-page: https://example.org
Author-email: Ann <ann@example.org>
License: MIT License
 with more of it
Classifier: License :: OSI Approved :: MIT License

Name: not-a-field
`

func pythonTree() fstest.MapFS {
	return fstest.MapFS{
		"usr/lib/python3/dist-packages/left_pad-1.0.2.dist-info/METADATA": {Data: []byte(metadata)},
		"usr/lib/python3/dist-packages/left_pad-1.0.2.dist-info/RECORD":   {Data: []byte("x")},
		"usr/lib/python3/dist-packages/old-1.egg-info/PKG-INFO":           {Data: []byte("Name: old\r\nVersion: 1\r\nLicense: UNKNOWN\r\nClassifier: License :: OSI Approved :: BSD License\r\n")},
		"usr/lib/python3/dist-packages/older-1.egg-info":                  {Data: []byte("Name: older\nVersion: 1\n")},
		"opt/egg-1-py3.egg/EGG-INFO/PKG-INFO":                             {Data: []byte("name: egg\nVERSION: 1\nLicense-Expression: MIT OR Apache-2.0\n")},
		"srv/METADATA":                                                    {Data: []byte(metadata)},
		"srv/x.dist-info/other":                                           {Data: []byte(metadata)},
	}
}

func TestPythonKeepsItsContract(t *testing.T) {
	t.Parallel()
	scantest.TestScanner(t, packages.Python(), nil, pythonTree())
}

func TestPython(t *testing.T) {
	t.Parallel()
	f := look(t, packages.Python(), pythonTree(), "")
	const folder = "usr/lib/python3/dist-packages/"
	same(t, "keys", f.keys(), []string{
		"python/opt/egg-1-py3.egg/EGG-INFO", "python/" + folder + "left_pad-1.0.2.dist-info", "python/" + folder + "old-1.egg-info",
		"python/" + folder + "older-1.egg-info",
	})
	same(t, "problems", f.problems, []string(nil))
	want := packages.Package{License: "MIT License", Path: folder + "left_pad-1.0.2.dist-info"}
	want.Name, want.Version, want.State, want.Description = "Left.Pad", "1.0.2", packages.Installed, "Pads"
	want.Homepage, want.Maintainer = "https://example.org", "Ann <ann@example.org>"
	same(t, "package", f.facts["python/"+folder+"left_pad-1.0.2.dist-info"], want)
	same(t, "classifier", f.facts["python/"+folder+"old-1.egg-info"].License, "BSD License")
	if p := f.facts["python/opt/egg-1-py3.egg/EGG-INFO"]; p.License != "MIT OR Apache-2.0" || !p.SPDX {
		t.Errorf("%+v", p)
	}
}

func TestPythonBroken(t *testing.T) {
	t.Parallel()
	whole := "Name: whole\nVersion: 1\n"
	for b, facts := range map[string]int{
		"": 0, "Name: x\n": 0, "Name: \x00\nVersion: 1\n": 0, strings.Repeat("s3cret", 100_000): 0, "Name: " + strings.Repeat("n", 300) + "\nVersion: 1": 0,
		"s3cret\n" + whole: 1, whole + "Summary: " + strings.Repeat("s3cret", 100_000): 1,
	} {
		f := look(t, packages.Python(), fstest.MapFS{"x.dist-info/METADATA": {Data: []byte(b)}, "y.egg-info": {Data: []byte(whole)}}, "")
		if len(f.facts) != 1+facts || len(f.problems) != 1 || f.err != nil || strings.Contains(f.problems[0], "s3cret") {
			t.Errorf("%.20q: %v, %q, %v", b, f.keys(), f.problems, f.err)
		}
	}
	// The long text after the fields is not read.
	f := look(t, packages.Python(), fstest.MapFS{"x.dist-info/METADATA": {Data: []byte(whole + "\n" + strings.Repeat("x", 4<<20))}}, "")
	same(t, "problems", f.problems, []string(nil))
	same(t, "facts", len(f.facts), 1)
}
