package scan_test

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan"
)

func small() fstest.MapFS {
	return fstest.MapFS{
		"a/one":    {Data: []byte("1")},
		"a/two":    {Data: []byte("22")},
		"a/b/deep": {Data: []byte("333")},
		"a-b":      {Data: []byte("4444")},
		"link":     {Data: []byte("a/b"), Mode: fs.ModeSymlink},
		"z":        {Data: []byte("55555")},
	}
}

func TestTreeIsAFileSystem(t *testing.T) {
	t.Parallel()
	tree := scan.NewTree(t.Context(), small(), scan.Limits{})
	if err := fstest.TestFS(tree, "a/one", "a/b/deep", "a-b", "link", "z"); err != nil {
		t.Error(err)
	}
}

func TestTreeWalkIsThatOfWalkDir(t *testing.T) {
	t.Parallel()
	for stop, with := range map[string]error{
		"": nil, ".": fs.SkipDir, "a": fs.SkipDir, "a/b": fs.SkipDir, "a/b/deep": fs.SkipDir, "a/one": fs.SkipDir, "a-b": fs.SkipDir, "z": fs.SkipAll,
		"a/two": fs.SkipAll, "a/b/": io.ErrUnexpectedEOF, "link": io.ErrUnexpectedEOF,
	} {
		visit := func(to *[]string) func(string, fs.DirEntry, error) error {
			return func(name string, e fs.DirEntry, err error) error {
				*to = append(*to, name+" "+e.Type().String())
				if name == stop {
					return with
				}
				return err
			}
		}
		var want, got []string
		wantErr := fs.WalkDir(small(), ".", visit(&want))
		tree := scan.NewTree(t.Context(), small(), scan.Limits{})
		f := visit(&got)
		gotErr := tree.Walk(".", func(name string, e fs.DirEntry) error { return f(name, e, nil) })
		if diff := cmp.Diff(want, got); diff != "" || !errors.Is(gotErr, wantErr) {
			t.Errorf("%v at %s: %v, want %v: %s", with, stop, gotErr, wantErr, diff)
		}
	}
}

func TestTreeWalkRoots(t *testing.T) {
	t.Parallel()
	tree := scan.NewTree(t.Context(), small(), scan.Limits{})
	for root, want := range map[string][]string{"link": {"link", "link/deep"}, "a/b": {"a/b", "a/b/deep"}, "z": {"z"}, "nothing": nil, "z/nothing": nil} {
		var got []string
		err := tree.Walk(root, func(name string, e fs.DirEntry) error {
			got = append(got, name)
			if e.IsDir() {
				return nil
			}
			_, err := tree.ReadEntry(name, e, func(r io.Reader, _ fs.FileInfo) error {
				_, err := io.ReadAll(r)
				return err
			})
			return err
		})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v, %s", root, err, diff)
		}
	}
	if err := tree.Walk("/etc", nil); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("what is no path: %v", err)
	}
}

func TestTreeReadsNoMoreThanItMay(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"ten": {Data: []byte("0123456789")}, "six": {Data: []byte("012345")}, "five": {Data: []byte("01234")}}
	tree := scan.NewTree(t.Context(), fsys, scan.Limits{Read: 11, File: 6})
	for _, c := range []struct {
		name, want string
		err        error
	}{
		{"six", "012345", nil}, // A file may end at the limit.
		{"ten", "01234", scan.ErrLimit},
		{"five", "", scan.ErrLimit},
	} {
		f, err := tree.Open(c.name)
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(f)
		if string(data) != c.want || !errors.Is(err, c.err) {
			t.Errorf("%s: %q, %v", c.name, data, err)
		}
	}
	if _, read := tree.Worked(); read != 11 {
		t.Errorf("%d bytes were read", read)
	}
	if problems, total := tree.Problems(); total != 1 {
		t.Errorf("the limit is no problem, or several: %v", problems)
	}
	one := scan.NewTree(t.Context(), fsys, scan.Limits{File: 6})
	f, err := one.Open("ten")
	if err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(f); string(data) != "012345" || !errors.Is(err, scan.ErrLimit) {
		t.Errorf("of one file: %q, %v", data, err)
	}
	if n, err := f.(io.ReaderAt).ReadAt(make([]byte, 3), 7); n != 0 || !errors.Is(err, scan.ErrLimit) {
		t.Errorf("anywhere else: %d, %v", n, err)
	}
}

func TestTreeReadFileIsBounded(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"big": {Data: make([]byte, 17<<20)}}
	tree := scan.NewTree(t.Context(), fsys, scan.Limits{})
	data, err := tree.ReadFile("big")
	if _, total := tree.Problems(); len(data) != 16<<20 || !errors.Is(err, scan.ErrLimit) || total != 1 {
		t.Errorf("%d bytes, %v, %d problems", len(data), err, total)
	}
}

func TestTreeEntriesMayEndAtTheLimit(t *testing.T) {
	t.Parallel()
	for limit, want := range map[int]int{8: 9, 7: 3, -1: 9} {
		tree := scan.NewTree(t.Context(), small(), scan.Limits{Entries: limit})
		seen := 0
		err := tree.Walk(".", func(string, fs.DirEntry) error { seen++; return nil })
		if seen != want || errors.Is(err, scan.ErrLimit) != (want < 9) {
			t.Errorf("limit %d: saw %d of 9, %v", limit, seen, err)
		}
	}
}

func TestTreeProblemsAreBounded(t *testing.T) {
	t.Parallel()
	tree := scan.NewTree(t.Context(), small(), scan.Limits{Problems: 3})
	tree.Note("nil", nil)
	tree.Note("a", errors.New("broken"))
	tree.Note("a", errors.New("broken"))
	tree.Note("b\x00\xff", errors.New("line\nline"))
	tree.Note(strings.Repeat("ü", 5000), errors.New(strings.Repeat("x", 5000)))
	tree.Note("d", errors.New("broken"))
	listed, total := tree.Problems()
	want := []scan.Problem{
		{Path: "a", Text: "broken"},
		{Path: `"b\x00\xff"`, Text: `"line\nline"`},
		{Path: strings.Repeat("ü", 512) + "…", Text: strings.Repeat("x", 512) + "…"},
	}
	if diff := cmp.Diff(want, listed); diff != "" || total != 4 {
		t.Errorf("%d problems, %s", total, diff)
	}
	tree = scan.NewTree(t.Context(), small(), scan.Limits{Problems: -1})
	for name := range strings.SplitSeq(strings.Repeat("ab", 100), "") {
		tree.Note(name, errors.New(name))
	}
	if listed, total := tree.Problems(); len(listed) != 2 || total != 2 {
		t.Errorf("%d of %d problems", len(listed), total)
	}
}

func TestTreeSideBySide(t *testing.T) {
	t.Parallel()
	tree := scan.NewTree(t.Context(), small(), scan.Limits{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			err := tree.Walk(".", func(name string, e fs.DirEntry) error {
				if e.Type() != 0 {
					return nil
				}
				_, err := tree.ReadEntry(name, e, func(r io.Reader, _ fs.FileInfo) error {
					_, err := io.Copy(io.Discard, r)
					return err
				})
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if entries, read := tree.Worked(); entries != 8*8 || read != 8*15 {
		t.Errorf("%d entries, %d bytes", entries, read)
	}
}

func TestTreeLinks(t *testing.T) {
	t.Parallel()
	tree := scan.NewTree(t.Context(), small(), scan.Limits{})
	if target, err := tree.ReadLink("link"); target != "a/b" || err != nil {
		t.Errorf("%q, %v", target, err)
	}
	if _, err := tree.ReadLink("z"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("what is no link: %v", err)
	}
	if info, err := tree.Lstat("link"); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("%v, %v", info, err)
	}
	if info, err := tree.Stat("link"); err != nil || !info.IsDir() {
		t.Errorf("%v, %v", info, err)
	}
}
