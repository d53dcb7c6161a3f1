package inspect_test

import (
	"path"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan/inspect"
)

func TestGlobs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		glob, name   string
		meant, below bool
	}{
		{"etc/passwd", "etc/passwd", true, false},
		{"etc/passwd", "etc", false, true},
		{"etc/passwd", "usr", false, false},
		{"etc/**", "etc", true, true},
		{"etc/**", "etc/a/b/c", true, true},
		{"etc/**", "etcetera", false, false},
		{"**", "a/b", true, true},
		{"**/x", "x", true, true},
		{"**/x", "a/b/x", true, true},
		{"**/x", "a/b", false, true},
		{"a/**/b", "a/b", true, true},
		{"a/**/b/*.go", "a/c/b/b/x.go", true, true},
		{"usr/bin/*", "usr/bin/sh", true, false},
		{"usr/bin/*", "usr/bin/a/b", false, false},
		{"h?me/[a-c]*", "home/bob", true, false},
		{"h?me/[^a-c]*", "home/bob", false, false},
		{`a\*`, "a*", true, false},
	} {
		meant, below, err := inspect.Match(c.glob, c.name)
		if err != nil || meant != c.meant || below != c.below {
			t.Errorf("%s, %s: meant %v, below %v, %v", c.glob, c.name, meant, below, err)
		}
	}
}

// naive tries all that a ** can stand for.
func naive(pattern, name []string) bool {
	if len(pattern) == 0 {
		return len(name) == 0
	}
	if pattern[0] == "**" {
		return naive(pattern[1:], name) || len(name) > 0 && naive(pattern, name[1:])
	}
	if len(name) == 0 {
		return false
	}
	ok, _ := path.Match(pattern[0], name[0])
	return ok && naive(pattern[1:], name[1:])
}

func TestAnyGlobIsAsANaiveOne(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{"a", "b", "ab", "*", "a*", "?", "[ab]", "**", "**"})
	names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "ab", "ba", "c"}), 1, 6)
	rapid.Check(t, func(t *rapid.T) {
		pattern, name := rapid.SliceOfN(part, 1, 6).Draw(t, "pattern"), names.Draw(t, "name")
		g, n := strings.Join(pattern, "/"), strings.Join(name, "/")
		meant, below, err := inspect.Match(g, n)
		if err != nil || meant != naive(pattern, name) {
			t.Fatalf("%s, %s: %v, %v", g, n, meant, err)
		}
		// What is meant is below its root, and each folder on the way lets one through.
		if root := inspect.Root(g); meant && root != "." && root != n && !strings.HasPrefix(n, root+"/") {
			t.Fatalf("%s is not below the root %s of %s", n, root, g)
		}
		rest := names.Draw(t, "rest")
		if m, _, _ := inspect.Match(g, n+"/"+strings.Join(rest, "/")); m && !below {
			t.Fatalf("%s means %v below %s, but would not look there", g, rest, n)
		}
	})
}

func FuzzGlob(f *testing.F) {
	f.Add("etc/**/x", "etc/a/x")
	f.Add("[", "a")
	f.Add("**/**/**", "a/b/c")
	f.Add("a/[b-", "a/b")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		meant, _, err := inspect.Match(pattern, name)
		p, n := strings.Split(pattern, "/"), strings.Split(name, "/")
		stars := 0
		for _, part := range p {
			if part == "**" {
				stars++
			}
		}
		if err != nil || name == "." || stars > 4 || len(n) > 12 {
			return
		}
		if want := naive(p, n); meant != want {
			t.Errorf("%q, %q: %v", pattern, name, meant)
		}
		if meant && slices.Equal(p, n) != (pattern == name) {
			t.Error("split")
		}
	})
}
