package scantest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/reeve-go/reeve/scan"
)

// A scannerKit is what the suite is given.
type scannerKit struct {
	ScannerOptions

	scanner scan.Scanner
	trees   []fs.FS
}

// A scannerScene is what a law plays in.
type scannerScene struct {
	testing.TB
	scannerKit
}

// A found is what came of a scan.
type found struct {
	facts    map[string]string // as JSON, by key
	twice    []string          // keys that were emitted more than once
	problems int
	err      error
}

// scan scans a category. Emit asks before about each fact, if it is not nil.
func (s *scannerScene) scan(ctx context.Context, fsys fs.FS, category string, emit func() error) found {
	s.Helper()
	tree := scan.NewTree(ctx, fsys, scan.Limits{})
	out := found{facts: map[string]string{}}
	var mu sync.Mutex
	out.err = s.scanner.Scan(ctx, scan.Input{Category: category, Config: s.Config[category], Tree: tree}, func(key string, value any) error {
		mu.Lock()
		defer mu.Unlock()
		if emit != nil {
			if err := emit(); err != nil {
				return err
			}
		}
		text, err := json.Marshal(value)
		if err != nil {
			s.Errorf("%s: the value of %q is not for json.Marshal: %v", category, key, err)
		}
		if _, there := out.facts[key]; there {
			out.twice = append(out.twice, key)
		}
		out.facts[key] = string(text)
		return nil
	})
	_, out.problems = tree.Problems()
	return out
}

// all scans a category for all there is, which must succeed.
func (s *scannerScene) all(fsys fs.FS, category string) found {
	s.Helper()
	got := s.scan(s.Context(), fsys, category, nil)
	if got.err != nil {
		s.Fatalf("%s: Scan: %v; it must succeed", category, got.err)
	}
	return got
}

// each calls a function for each category and tree.
func (s *scannerScene) each(f func(fsys fs.FS, category string)) {
	for _, category := range s.scanner.Categories() {
		for _, fsys := range s.trees {
			f(fsys, category)
		}
	}
}

func scannerNames(s *scannerScene) {
	if s.scanner.Name() == "" || s.scanner.Version() == "" {
		s.Errorf("it is %q of version %q; it needs both", s.scanner.Name(), s.scanner.Version())
	}
	categories := s.scanner.Categories()
	distinct := slices.Compact(slices.Sorted(slices.Values(categories)))
	if len(categories) == 0 || len(distinct) < len(categories) || slices.Contains(categories, "") {
		s.Errorf("it can tell of %q; it needs categories, each once, with names", categories)
	}
}

func scannerFinds(s *scannerScene) {
	n := map[string]int{}
	s.each(func(fsys fs.FS, category string) { n[category] += len(s.all(fsys, category).facts) })
	for category, n := range n {
		if n == 0 {
			s.Errorf("%s: nothing is found in any of the trees; other laws say little then", category)
		}
	}
}

func scannerRepeats(s *scannerScene) {
	s.each(func(fsys fs.FS, category string) {
		want := s.all(fsys, category)
		for range 3 {
			s.same(category, s.all(fsys, category), want)
		}
	})
}

func (s *scannerScene) same(category string, got, want found) {
	s.Helper()
	for key := range maps.Keys(want.facts) {
		if got.facts[key] != want.facts[key] {
			s.Errorf("%s: of %q is said %s, and another time %s", category, key, want.facts[key], got.facts[key])
		}
	}
	if len(got.facts) != len(want.facts) {
		s.Errorf("%s: there are %d facts, and another time %d", category, len(want.facts), len(got.facts))
	}
}

func scannerKeys(s *scannerScene) {
	s.each(func(fsys fs.FS, category string) {
		got := s.all(fsys, category)
		if _, empty := got.facts[""]; empty || len(got.twice) > 0 {
			s.Errorf("%s: the keys %q are those of several facts, or one is empty: %v", category, got.twice, empty)
		}
	})
}

func scannerTogether(s *scannerScene) {
	s.each(func(fsys fs.FS, category string) {
		want := s.all(fsys, category)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				got := s.scan(s.Context(), fsys, category, nil)
				if s.same(category, got, want); got.err != nil {
					s.Errorf("%s: Scan beside others: %v; it must succeed", category, got.err)
				}
			})
		}
		all.Wait()
	})
}

func scannerRefuses(s *scannerScene) {
	for _, category := range []string{"no such category", ""} {
		if got := s.scan(s.Context(), s.trees[0], category, nil); got.err == nil || len(got.facts) > 0 {
			s.Errorf("a scan of %q, which it does not have, finds %d facts, with the error %v; it must be refused", category, len(got.facts), got.err)
		}
	}
}

func scannerReturns(s *scannerScene) {
	full := errors.New("there is no more room")
	s.each(func(fsys fs.FS, category string) {
		facts := len(s.all(fsys, category).facts)
		for _, room := range []int{0, facts / 2, facts - 1} {
			if room < 0 || room >= facts {
				continue
			}
			left := room
			got := s.scan(s.Context(), fsys, category, func() error {
				if left--; left < 0 {
					return full
				}
				return nil
			})
			if !errors.Is(got.err, full) {
				s.Errorf("%s: emit fails after %d of %d facts, and the error of Scan is %v; it must be that", category, room, facts, got.err)
			}
		}
	})
}

// scannerEnds has the context end at any step. That nothing is said then is right only if all was found.
func scannerEnds(s *scannerScene) {
	s.each(func(fsys fs.FS, category string) {
		var all atomic.Int64
		want := s.scan(s.Context(), &watched{FS: fsys, on: func(string, string) error { all.Add(1); return nil }}, category, nil)
		steps := all.Load()
		for _, at := range []int64{0, 1, steps / 2, steps - 1} {
			ctx, cancel := context.WithCancel(s.Context())
			var done atomic.Int64
			if at == 0 {
				cancel()
			}
			got := s.scan(ctx, &watched{FS: fsys, on: func(string, string) error {
				if done.Add(1) == at {
					cancel()
				}
				return nil
			}}, category, nil)
			cancel()
			n := done.Load()
			if got.err == nil && !maps.Equal(got.facts, want.facts) {
				s.Errorf("%s: the context ends at step %d of %d, and Scan returns no error, with %d of %d facts; it must say that there are more",
					category, at, steps, len(got.facts), len(want.facts))
			}
			if n > at+1000 {
				s.Errorf("%s: the context ends at step %d, and Scan goes on for %d more; it must end soon", category, at, n-at)
			}
		}
	})
}

// scannerTells hides each of the places that are opened, one at a time.
func scannerTells(s *scannerScene) {
	const most = 50
	s.each(func(fsys fs.FS, category string) {
		places := s.places(fsys, category)
		for _, place := range places[:min(most, len(places))] {
			got := s.scan(s.Context(), &watched{FS: fsys, on: func(op, name string) error {
				if op == "open" && name == place {
					return &fs.PathError{Op: op, Path: name, Err: fs.ErrPermission}
				}
				return nil
			}}, category, nil)
			if got.err != nil || got.problems == 0 {
				s.Errorf("%s: %s cannot be opened; the error is %v, and problems are %d; there must be a problem, and no error", category, place, got.err, got.problems)
			}
		}
	})
}

// places returns what a scan opens.
func (s *scannerScene) places(fsys fs.FS, category string) []string {
	var mu sync.Mutex
	opened := map[string]bool{}
	s.all(&watched{FS: fsys, on: func(op, name string) error {
		mu.Lock()
		defer mu.Unlock()
		if op == "open" {
			opened[name] = true
		}
		return nil
	}}, category)
	return slices.SortedFunc(maps.Keys(opened), func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
}

// scannerKeepsScope looks at trees without links: where those lead is in the scope, too.
func scannerKeepsScope(s *scannerScene) {
	scoper, ok := s.scanner.(scan.Scoper)
	if !ok {
		s.Skip("the scanner is no scan.Scoper")
	}
	s.each(func(fsys fs.FS, category string) {
		scope := scoper.Scope(category, s.Config[category])
		for _, place := range scope {
			if !fs.ValidPath(place) {
				s.Errorf("%s: %q is in the scope; it must be as fs.ValidPath has it", category, place)
			}
		}
		if scope == nil || hasLinks(fsys) {
			return
		}
		for _, place := range s.places(fsys, category) {
			if !slices.ContainsFunc(scope, func(root string) bool { return beneath(place, root) || beneath(root, place) }) {
				s.Errorf("%s: it looks at %s; its scope is %q", category, place, scope)
			}
		}
	})
}

// beneath reports whether a path is a folder or in it.
func beneath(name, folder string) bool {
	return folder == "." || name == folder || strings.HasPrefix(name, folder+"/")
}

func hasLinks(fsys fs.FS) bool {
	links := false
	_ = fs.WalkDir(fsys, ".", func(_ string, e fs.DirEntry, err error) error { // what cannot be read has no links that lead anywhere
		links = links || err == nil && e.Type() == fs.ModeSymlink
		return nil
	})
	return links
}

// A watched file system says what is asked of it, which may fail; several may ask at a time.
type watched struct {
	fs.FS

	on func(op, name string) error
}

func (w *watched) Open(name string) (fs.File, error) {
	if err := w.on("open", name); err != nil {
		return nil, err
	}
	return w.FS.Open(name)
}

func (w *watched) Lstat(name string) (fs.FileInfo, error) {
	if err := w.on("lstat", name); err != nil {
		return nil, err
	}
	return fs.Lstat(w.FS, name)
}

func (w *watched) ReadLink(name string) (string, error) {
	if err := w.on("readlink", name); err != nil {
		return "", err
	}
	return fs.ReadLink(w.FS, name)
}
