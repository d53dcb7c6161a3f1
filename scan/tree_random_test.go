package scan_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
)

// Random trees full of links, beside a secret: all that can be read is inside, and it is the same whatever file system the tree stands on.
func TestTreeRandomLinks(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		outside, err := os.MkdirTemp(base, "") //nolint:usetesting // One for each try, not for the test.
		if err != nil {
			t.Fatal(err)
		}
		root := filepath.Join(outside, "a")
		if err := errors.Join(os.Mkdir(root, 0o700), os.WriteFile(filepath.Join(outside, "b"), []byte(secret), 0o600)); err != nil {
			t.Fatal(err)
		}
		part := rapid.SampledFrom([]string{"a", "b", "c", "..", "."})
		for range rapid.IntRange(1, 12).Draw(t, "things") {
			name := filepath.Join(root, filepath.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 3).Draw(t, "name")...))
			if os.MkdirAll(filepath.Dir(name), 0o700) != nil || !strings.HasPrefix(whereabouts(name), whereabouts(root)) {
				continue
			}
			// What exists already stays as it is.
			if rapid.Bool().Draw(t, "link") {
				target := strings.Join(rapid.SliceOfN(part, 1, 6).Draw(t, "target"), "/")
				switch rapid.IntRange(0, 3).Draw(t, "from") {
				case 0:
					target = "/" + target
				case 1:
					target = outside + "/" + target
				}
				_ = os.Symlink(target, name)
			} else if f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600); err == nil {
				_, err := f.WriteString("inside " + name)
				if err := errors.Join(err, f.Close()); err != nil {
					t.Fatal(err)
				}
			}
		}
		tries := rapid.SliceOfN(rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 5), func(p []string) string { return strings.Join(p, "/") }), 1, 20).Draw(t, "tries")
		dir, err := scan.OpenDir(root, nil)
		if err != nil {
			t.Fatal(err)
		}
		osRoot, err := os.OpenRoot(root)
		if err != nil {
			t.Fatal(err)
		}
		var first map[string]string
		for _, fsys := range []fs.FS{dir, osRoot.FS(), os.DirFS(root)} {
			got := sight(t, fsys, tries)
			if first == nil {
				first = got
			}
			if diff := cmp.Diff(first, got); diff != "" {
				t.Fatalf("%T sees something else: %s", fsys, diff)
			}
		}
		if err := errors.Join(dir.Close(), osRoot.Close(), os.RemoveAll(outside)); err != nil {
			t.Fatal(err)
		}
	})
}

// whereabouts is where a folder that is about to get something really is: the test itself must stay inside.
func whereabouts(name string) string {
	where, err := filepath.EvalSymlinks(filepath.Dir(name))
	if err != nil {
		return ""
	}
	return where + "/"
}

// sight is what a tree lets one see: by walking, behind each link, and at paths that one just tries.
func sight(t *rapid.T, fsys fs.FS, tries []string) map[string]string {
	tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
	seen := map[string]string{}
	look := func(name string) {
		data, err := tree.ReadFile(name)
		if strings.Contains(string(data), secret) {
			t.Fatalf("%T: %s is read from outside", fsys, name)
		}
		entries, listErr := tree.ReadDir(name)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name()+" "+e.Type().String())
		}
		target, linkErr := tree.ReadLink(name)
		seen[name] = strings.Join([]string{string(data), why(err), strings.Join(names, ","), why(listErr), target, why(linkErr)}, "|")
	}
	err := tree.Walk(".", func(name string, e fs.DirEntry) error {
		look(name)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tries {
		look(name)
	}
	for what, op := range map[string]func(string) (fs.FileInfo, error){"stat": tree.Stat, "lstat": tree.Lstat} {
		for _, name := range tries {
			if info, err := op(name); err == nil {
				seen[what+" "+name] = info.Mode().Type().String()
			}
		}
	}
	return seen
}

func why(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, fs.ErrNotExist):
		return "nothing"
	}
	return err.Error()
}
