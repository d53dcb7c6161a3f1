package inspect_test

import (
	"bytes"
	"os"
	"os/exec"
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
		f := look(t, s, root, "")
		t.Logf("%s: %d facts, %d problems %q", s.Name(), len(f.items), len(f.problems), f.problems)
		switch s.Categories()[0] {
		case "software":
			compareWithDpkg(t, f)
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

func compareWithDpkg(t *testing.T, f found) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "dpkg-query", "-W", "-f", "dpkg/${Package}:${Architecture} ${Version} ${db:Status-Status}\n").Output()
	if err != nil {
		t.Logf("no dpkg-query to compare with: %v", err)
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
	want := strings.Split(string(bytes.TrimSpace(out)), "\n")
	slices.Sort(want)
	same(t, "packages", got, want)
}

func TestFilesOfThisMachine(t *testing.T) {
	t.Parallel()
	const config = `{"globs":["etc/**","usr/bin/*"]}`
	first, second := look(t, inspect.Files(), os.DirFS("/"), config), look(t, inspect.Files(), os.DirFS("/"), config)
	if len(first.items) < 100 {
		t.Errorf("only %d files", len(first.items))
	}
	same(t, "the second look", len(second.items), len(first.items))
	t.Logf("%d files, problems %q", len(first.items), first.problems)
}
