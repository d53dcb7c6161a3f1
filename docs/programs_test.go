package docs_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

var program = regexp.MustCompile("(?ms)^```go\n(package main\n.*?)^```$")

// What is shown as a whole program is one. It is looked at as if it were in the module of the examples, which has a driver.
func TestPrograms(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it asks the go command")
	}
	examples, err := filepath.Abs(repository(t) + "/examples")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("start.md")
	if err != nil {
		t.Fatal(err)
	}
	replace, packages := map[string]string{}, []string{"list", "-export", "-overlay", ""}
	for n, found := range program.FindAllSubmatch(page, -1) {
		name := fmt.Sprintf("shown%d", n)
		file := filepath.Join(t.TempDir(), name+".go")
		if err := os.WriteFile(file, found[1], 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(examples, name, "main.go")] = file
		packages = append(packages, "./"+name)
	}
	if len(replace) == 0 {
		t.Fatal("no program was found")
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	packages[3] = filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(packages[3], overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	compile := exec.CommandContext(t.Context(), "go", packages...)
	compile.Dir = examples
	if out, err := compile.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
