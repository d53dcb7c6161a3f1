package inspect

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/reeve-go/reeve/internal/category"
)

// The bounds of globs: how many there may be, and how many parts one may have.
const (
	maxGlobs = 1000
	maxParts = 63
)

// A globSet says which paths are meant. A glob is a path whose parts are patterns of [path.Match]; the part ** stands for any number of
// parts, also none.
type globSet []glob

type glob []string

func compileGlobs(patterns []string) (globSet, error) {
	if len(patterns) > maxGlobs {
		return nil, category.BadConfig(fmt.Errorf("%d globs are too many, %d are the most", len(patterns), maxGlobs))
	}
	var s globSet
	for _, p := range patterns {
		g, err := compileGlob(p)
		if err != nil {
			return nil, category.BadConfig(fmt.Errorf("glob %q: %w", p, err))
		}
		s = append(s, g)
	}
	return s, nil
}

func compileGlob(pattern string) (glob, error) {
	if !fs.ValidPath(pattern) || pattern == "." {
		return nil, errors.New("it must be a path from the root of the tree, such as etc/*.conf, with no . and .. in it and no / at its ends")
	}
	g := glob(strings.Split(pattern, "/"))
	if len(g) > maxParts {
		return nil, fmt.Errorf("it has %d parts, %d are the most", len(g), maxParts)
	}
	for _, part := range g {
		if part != "**" && strings.Contains(part, "**") {
			return nil, fmt.Errorf("** must be a part of its own, not in %q", part)
		}
		if _, err := path.Match(part, ""); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// match reports whether a path is meant, and whether something below it can be.
func (s globSet) match(name string) (meant, below bool) {
	for _, g := range s {
		m, b := g.match(name)
		if meant, below = meant || m, below || b; meant && below {
			break
		}
	}
	return meant, below
}

// match follows all ways through the pattern at once: bit i of at says that the parts of the path so far can be what is before part i.
func (g glob) match(name string) (meant, below bool) {
	at := g.skip(1)
	for part := range strings.SplitSeq(name, "/") {
		if name == "." {
			break
		}
		var next uint64
		for i, p := range g {
			if at&(1<<i) == 0 {
				continue
			}
			if p == "**" {
				next |= 1 << i
			} else if ok, _ := path.Match(p, part); ok {
				next |= 1 << (i + 1)
			}
		}
		if at = g.skip(next); at == 0 {
			return false, false
		}
	}
	end := uint64(1) << len(g)
	return at&end != 0, at&^end != 0
}

// skip adds the ways on which a ** stands for nothing.
func (g glob) skip(at uint64) uint64 {
	for i, p := range g {
		if p == "**" && at&(1<<i) != 0 {
			at |= 1 << (i + 1)
		}
	}
	return at
}

// roots returns the folders and files below which all that is meant is.
func (s globSet) roots() []string {
	roots := []string{}
	for _, g := range s {
		n := slices.IndexFunc(g, func(part string) bool { return strings.ContainsAny(part, `*?[\`) })
		if n < 0 {
			n = len(g)
		}
		root := path.Join(g[:n]...)
		if root == "" {
			root = "."
		}
		roots = append(roots, root)
	}
	slices.Sort(roots)
	return slices.Compact(roots)
}
