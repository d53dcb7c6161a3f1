package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	fenced  = regexp.MustCompile("(?ms)^```.*?^```$")
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	unnamed = regexp.MustCompile(`[^\w\- ]`)
)

// Whatever a page points at in the repository is there, and so is the heading.
func TestLinks(t *testing.T) {
	t.Parallel()
	root := repository(t)
	pages, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob(root + "/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, more...) {
		for _, found := range link.FindAllStringSubmatch(text(t, page), -1) {
			if strings.Contains(found[1], "://") {
				continue
			}
			file, anchor, _ := strings.Cut(found[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s points at %s: %v", page, found[1], err)
			} else if anchor != "" && !slices.Contains(anchors(text(t, target)), anchor) {
				t.Errorf("%s points at %s, where there is no such heading", page, found[1])
			}
		}
	}
}

// anchors are the names of the headings of a page, as they are in its addresses.
func anchors(page string) (all []string) {
	for _, found := range heading.FindAllStringSubmatch(page, -1) {
		name := unnamed.ReplaceAllString(strings.ToLower(found[1]), "")
		all = append(all, strings.ReplaceAll(name, " ", "-"))
	}
	return all
}

// text is a page without the code that it shows.
func text(t *testing.T, page string) string {
	t.Helper()
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return fenced.ReplaceAllString(string(b), "")
}

// repository is its folder. In a module that was downloaded most of what the pages are about is not there.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat("../examples/go.mod"); err != nil {
		t.Skip("this is not the whole repository: ", err)
	}
	return ".."
}
