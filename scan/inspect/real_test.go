package inspect_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/scan/inspect"
)

// What this machine says of itself is what its own tools say.
func TestThisMachine(t *testing.T) {
	t.Parallel()
	root := os.DirFS("/")
	for _, s := range inspect.All() {
		if s.Name() == "inspect/files" {
			continue
		}
		before := dpkgSays(t)
		f := look(t, s, root, "")
		for after := dpkgSays(t); !slices.Equal(before, after); after = dpkgSays(t) { // something was installed meanwhile
			before, f = after, look(t, s, root, "")
		}
		t.Logf("%s: %d facts, %d problems %q", s.Name(), len(f.items), len(f.problems), f.problems)
		switch s.Categories()[0] {
		case "software":
			compareWithDpkg(t, f, before)
		case "accounts":
			if as[inspect.User](t, f, "user/root").UID != 0 {
				t.Error("root is another user")
			}
		case "system":
			if _, err := os.Stat("/etc/os-release"); err == nil && as[inspect.OS](t, f, "os").ID == "" {
				t.Error("the system has no name")
			}
		}
	}
}

// dpkgSays returns what dpkg has now, one package after another; nil: there is no dpkg.
func dpkgSays(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "dpkg-query", "-W", "-f", "dpkg/${Package}:${Architecture} ${Version} ${db:Status-Status}\n").Output()
	if err != nil {
		t.Logf("no dpkg-query to compare with: %v", err)
		return nil
	}
	all := strings.Split(string(bytes.TrimSpace(out)), "\n")
	slices.Sort(all)
	return all
}

func compareWithDpkg(t *testing.T, f found, want []string) {
	t.Helper()
	if want == nil {
		return
	}
	var got []string
	for key := range f.items {
		if strings.HasPrefix(key, "dpkg/") {
			p := as[inspect.Package](t, f, key)
			got = append(got, key+" "+p.Version+" "+p.State)
		}
	}
	slices.Sort(got)
	same(t, "packages", got, want)
}

func TestFilesOfThisMachine(t *testing.T) {
	t.Parallel()
	for before := filesNow(t); ; before = filesNow(t) {
		first, second := look(t, inspect.Files(), os.DirFS("/"), filesConfig), look(t, inspect.Files(), os.DirFS("/"), filesConfig)
		if !slices.Equal(before, filesNow(t)) {
			continue // others change them
		}
		if len(first.items) < 100 {
			t.Errorf("only %d files", len(first.items))
		}
		same(t, "the second look", len(second.items), len(first.items))
		t.Logf("%d files, problems %q", len(first.items), first.problems)
		return
	}
}

const filesConfig = `{"globs":["etc/**","usr/bin/*"]}`

// filesNow returns the names of these files, as far as they can be seen.
func filesNow(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("/usr/bin/*")
	if err != nil {
		t.Fatal(err)
	}
	_ = filepath.WalkDir("/etc", func(name string, _ fs.DirEntry, _ error) error {
		all = append(all, name)
		return nil
	})
	return all
}
