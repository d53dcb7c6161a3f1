package inspect_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
)

// found is what a scanner told: the facts as JSON by their keys, and the problems.
type found struct {
	items    map[string]string
	problems []string
}

// look has a scanner look at a file system.
func look(t *testing.T, s scan.Scanner, fsys fs.FS, config string) found {
	t.Helper()
	f, err := tryLook(t, s, fsys, config)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func tryLook(t *testing.T, s scan.Scanner, fsys fs.FS, config string) (found, error) {
	t.Helper()
	tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
	f := found{items: map[string]string{}}
	var mu sync.Mutex
	err := s.Scan(t.Context(), scan.Input{Category: s.Categories()[0], Config: json.RawMessage(config), Tree: tree}, func(key string, value any) error {
		b, err := json.Marshal(value)
		mu.Lock()
		defer mu.Unlock()
		if _, doubled := f.items[key]; doubled {
			t.Errorf("%s was told twice", key)
		}
		f.items[key] = string(b)
		return err
	})
	problems, _ := tree.Problems()
	for _, p := range problems {
		f.problems = append(f.problems, p.Path+": "+p.Text)
	}
	return f, err
}

// as decodes a fact, as a host does.
func as[T any](t *testing.T, f found, key string) T {
	t.Helper()
	item, ok := f.items[key]
	if !ok {
		t.Fatalf("nothing was told of %q, but of %q", key, slices.Sorted(maps.Keys(f.items)))
	}
	var v T
	d := json.NewDecoder(strings.NewReader(item))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s is %s: %v", key, item, err)
	}
	return v
}

func (f found) keys() []string { return slices.Sorted(maps.Keys(f.items)) }

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// tree makes a file system of texts; one that begins with "-> " is a link.
func tree(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for name, text := range files {
		if target, ok := strings.CutPrefix(text, "-> "); ok {
			m[name] = &fstest.MapFile{Data: []byte(target), Mode: fs.ModeSymlink | 0o777}
			continue
		}
		m[name] = &fstest.MapFile{Data: []byte(text), Mode: 0o644}
	}
	return m
}

func TestEachScannerHasACategoryOfItsName(t *testing.T) {
	t.Parallel()
	var names []string
	for _, s := range inspect.All() {
		names = append(names, s.Name(), s.Categories()[0])
		if _, ok := s.(scan.Scoper); !ok || s.Version() == "" || len(s.Categories()) != 1 {
			t.Errorf("%s has version %q, categories %q, a scope: %v", s.Name(), s.Version(), s.Categories(), ok)
		}
	}
	same(t, "scanners", names, []string{
		"inspect/system", "system", "inspect/accounts", "accounts", "inspect/software", "software", "inspect/services", "services",
		"inspect/files", "files",
	})
}

func TestAnEmptyTreeHasNothing(t *testing.T) {
	t.Parallel()
	for _, s := range inspect.All() {
		f := look(t, s, fstest.MapFS{}, "")
		same(t, s.Name(), len(f.items)+len(f.problems), 0)
	}
}

func TestConfigurationsAreStrict(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		scanner              scan.Scanner
		config, want, wanted string
	}{
		{inspect.Files(), `{"glob":["etc"]}`, `inspect: files: config: unknown field "glob"`, "globs, exclude, digest, max_size"},
		{inspect.Files(), `{"globs":["/etc"]}`, `glob "/etc": it must be a path`, ""},
		{inspect.Files(), `{"globs":["etc/[a"]}`, `glob "etc/[a": syntax error`, ""},
		{inspect.Files(), `{"globs":["a**/b"]}`, `** must be a part of its own`, ""},
		{inspect.Files(), `{"exclude":["../x"]}`, `glob "../x"`, ""},
		{inspect.Files(), `{"max_size":-1}`, `max_size must not be negative`, ""},
		{inspect.Files(), `{"digest":"yes"}`, `config: `, "digest"},
		{inspect.Files(), `{} {}`, `something follows`, ""},
		{inspect.Files(), `[`, `config: `, ""},
		{inspect.Software(), `{"bin":[]}`, `unknown field "bin"`, "binaries, max_binary"},
		{inspect.Software(), `{"max_binary":-1}`, `max_binary must not be negative`, ""},
		{inspect.System(), `{"x":1}`, `unknown field "x"`, "there are no fields"},
		{inspect.Accounts(), `{"x":1}`, `unknown field "x"`, "there are no fields"},
		{inspect.Services(), `{"x":1}`, `unknown field "x"`, "there are no fields"},
	} {
		_, err := tryLook(t, c.scanner, fstest.MapFS{}, c.config)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.wanted) {
			t.Errorf("%s with %s: %v, want %q and %q", c.scanner.Name(), c.config, err, c.want, c.wanted)
		}
		if scope := c.scanner.(scan.Scoper).Scope(c.scanner.Categories()[0], json.RawMessage(c.config)); scope != nil {
			t.Errorf("%s has scope %q with %s", c.scanner.Name(), scope, c.config)
		}
	}
}

func TestScopesSayWhereScannersLook(t *testing.T) {
	t.Parallel()
	for _, s := range inspect.All() {
		scoper := s.(scan.Scoper)
		scope := scoper.Scope(s.Categories()[0], nil)
		if len(scope) == 0 || scoper.Scope("other", nil) != nil {
			t.Errorf("%s has scope %q", s.Name(), scope)
		}
		for _, p := range scope {
			if !fs.ValidPath(p) {
				t.Errorf("%s looks at %q", s.Name(), p)
			}
		}
		// A scanner that asks for anything else would miss its changes.
		outside := &watched{FS: realistic(), scope: scope}
		look(t, s, outside, "")
		if len(outside.asked) > 0 {
			t.Errorf("%s looked at %q, its scope is %q", s.Name(), outside.asked, scope)
		}
	}
	files := inspect.Files().(scan.Scoper)
	same(t, "scope", files.Scope("files", json.RawMessage(`{"globs":["usr/bin/*","etc/**","etc/*.conf","a/b"]}`)), []string{"a/b", "etc", "usr/bin"})
	same(t, "scope", files.Scope("files", json.RawMessage(`{"globs":["*.txt"]}`)), []string{"."})
	same(t, "scope", files.Scope("files", json.RawMessage(`{"globs":[]}`)), []string{})
}

// watched remembers what is opened out of a scope, but for the folders on the way to it.
type watched struct {
	fs.FS

	scope []string
	mu    sync.Mutex
	asked []string
}

func (w *watched) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	in := slices.ContainsFunc(w.scope, func(p string) bool { return p == "." || p == name || strings.HasPrefix(name, p+"/") })
	onTheWay := name == "." || slices.ContainsFunc(w.scope, func(p string) bool { return strings.HasPrefix(p, name+"/") })
	if err == nil && !in && !onTheWay {
		w.mu.Lock()
		w.asked = append(w.asked, name)
		w.mu.Unlock()
	}
	return f, err
}

func (w *watched) ReadLink(name string) (string, error)   { return fs.ReadLink(w.FS, name) }
func (w *watched) Lstat(name string) (fs.FileInfo, error) { return fs.Lstat(w.FS, name) }

func TestTwoLooksTellTheSame(t *testing.T) {
	t.Parallel()
	for _, s := range inspect.All() {
		first, second := look(t, s, realistic(), ""), look(t, s, realistic(), "")
		if len(first.items) == 0 {
			t.Errorf("%s tells nothing", s.Name())
		}
		same(t, s.Name(), second.items, first.items)
	}
}

func TestAnErrorOfEmitEndsTheScan(t *testing.T) {
	t.Parallel()
	for _, s := range inspect.All() {
		err := s.Scan(t.Context(), scan.Input{Category: s.Categories()[0], Tree: scan.NewTree(t.Context(), realistic(), scan.Limits{})},
			func(string, any) error { return scan.ErrLimit })
		if !errors.Is(err, scan.ErrLimit) {
			t.Errorf("%s ended with %v", s.Name(), err)
		}
	}
}

func TestAnotherCategoryIsRefused(t *testing.T) {
	t.Parallel()
	err := inspect.System().Scan(t.Context(), scan.Input{Category: "files"}, nil)
	if err == nil || !strings.Contains(err.Error(), `it does not tell of the category "files"`) {
		t.Error(err)
	}
}

// realistic is a small system with something of all that there are scanners for.
func realistic() fstest.MapFS {
	m := tree(map[string]string{ //nolint:gosec // no secrets
		"etc/os-release":                     "-> ../usr/lib/os-release",
		"usr/lib/os-release":                 "ID=debian\nPRETTY_NAME=\"Debian 12\"\n",
		"etc/hostname":                       "web-1\n",
		"etc/passwd":                         "root:x:0:0:root:/root:/bin/sh\n",
		"etc/group":                          "root:x:0:\n",
		"etc/shadow":                         "root:*:19000:0:99999:7:::\n",
		"var/lib/dpkg/status":                "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n",
		"usr/lib/systemd/system/ssh.service": "[Unit]\nDescription=OpenBSD server\n[Install]\nWantedBy=multi-user.target\n",
		"etc/systemd/system/multi-user.target.wants/ssh.service": "-> /usr/lib/systemd/system/ssh.service",
		"opt/tool/readme": "hello",
	})
	m["usr/bin/tool"] = &fstest.MapFile{Data: []byte("\x7fELF is all that it has"), Mode: 0o755}
	return m
}
