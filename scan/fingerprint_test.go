package scan_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/reeve-go/reeve/scan"
)

var old = time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC)

// aDayLater runs a test a day after what is old was touched, while time stands still: what is so just now stays so, however slow the machine is.
func aDayLater(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(old.Add(24 * time.Hour)))
		test(t)
	})
}

// aged is a tree that nobody touched for long.
func aged() fstest.MapFS {
	return fstest.MapFS{
		"etc/passwd":         {Data: []byte("root"), ModTime: old},
		"etc/os-release":     {Data: []byte("../usr/lib/os-release"), Mode: fs.ModeSymlink},
		"etc/units":          {Data: []byte("/opt/units"), Mode: fs.ModeSymlink},
		"etc/none":           {Data: []byte("nothing/here"), Mode: fs.ModeSymlink},
		"opt/units/x":        {Data: []byte("x"), ModTime: old},
		"opt/units/more":     {Data: []byte("../more"), Mode: fs.ModeSymlink},
		"opt/more/y":         {Data: []byte("y"), ModTime: old},
		"opt/other":          {Data: []byte("z"), ModTime: old},
		"usr/lib/os-release": {Data: []byte("ID=x"), ModTime: old},
		"var/cache":          {Data: []byte("c"), ModTime: old},
	}
}

func TestFingerprintTellsTreesApart(t *testing.T) {
	t.Parallel()
	later := old.Add(time.Nanosecond)
	for what, c := range map[string]struct {
		change func(fstest.MapFS)
		// whole and etc say whether the fingerprint of the whole tree and of etc is another.
		whole, etc bool
	}{
		"nothing":               {func(fstest.MapFS) {}, false, false},
		"other bytes":           {func(f fstest.MapFS) { f["etc/passwd"].Data = []byte("toor") }, false, false},
		"a time":                {func(f fstest.MapFS) { f["etc/passwd"].ModTime = later }, true, true},
		"a size":                {func(f fstest.MapFS) { f["etc/passwd"].Data = []byte("roots") }, true, true},
		"a mode":                {func(f fstest.MapFS) { f["etc/passwd"].Mode = 0o600 }, true, true},
		"a name":                {func(f fstest.MapFS) { f["etc/passwd-"] = f["etc/passwd"]; delete(f, "etc/passwd") }, true, true},
		"a new one":             {func(f fstest.MapFS) { f["etc/new"] = &fstest.MapFile{ModTime: old} }, true, true},
		"a new folder":          {func(f fstest.MapFS) { f["etc/new"] = &fstest.MapFile{Mode: fs.ModeDir} }, true, true},
		"moved down":            {func(f fstest.MapFS) { f["etc/d/passwd"] = f["etc/passwd"]; delete(f, "etc/passwd") }, true, true},
		"gone":                  {func(f fstest.MapFS) { delete(f, "etc/passwd") }, true, true},
		"where a link leads":    {func(f fstest.MapFS) { f["etc/none"].Data = []byte("nothing/herf") }, true, true},
		"behind a link":         {func(f fstest.MapFS) { f["usr/lib/os-release"].ModTime = later }, true, true},
		"in a linked folder":    {func(f fstest.MapFS) { f["opt/units/x"].ModTime = later }, true, true},
		"behind two":            {func(f fstest.MapFS) { f["opt/more/y"].ModTime = later }, true, true},
		"no more dangling":      {func(f fstest.MapFS) { f["etc/nothing/here"] = &fstest.MapFile{ModTime: old} }, true, true},
		"something else":        {func(f fstest.MapFS) { f["var/cache"].ModTime = later }, true, false},
		"beside what is linked": {func(f fstest.MapFS) { f["opt/other"].ModTime = later }, true, false},
	} {
		changed := aged()
		c.change(changed)
		for _, roots := range [][]string{nil, {"etc"}} {
			want := c.whole
			if roots != nil {
				want = c.etc
			}
			if a, b := print(t, aged(), roots), print(t, changed, roots); (a != b) != want {
				t.Errorf("%s: of %v: %s and %s", what, roots, a, b)
			}
		}
	}
}

func print(t interface {
	Helper()
	Fatalf(string, ...any)
	Context() context.Context
}, fsys fs.FS, roots []string,
) scan.Digest {
	t.Helper()
	d, settled, err := scan.Fingerprint(t.Context(), fsys, roots, scan.Limits{})
	if err != nil || !settled {
		t.Fatalf("of %v: %v, settled %v", roots, err, settled)
	}
	return d
}

func TestFingerprintOfPlaces(t *testing.T) {
	t.Parallel()
	file, none := print(t, aged(), []string{"etc/os-release"}), print(t, aged(), []string{"etc/absent"})
	if file == none || none == print(t, aged(), []string{"etc/gone"}) || none != print(t, aged(), []string{"etc/absent", "etc/absent"}) {
		t.Error("places are mixed up")
	}
	if print(t, aged(), []string{"var", "etc"}) != print(t, aged(), []string{"etc", "var"}) {
		t.Error("the order of places matters")
	}
	through := aged()
	through["usr/lib/os-release"].ModTime = old.Add(1)
	if file == print(t, through, []string{"etc/os-release"}) {
		t.Error("what a place leads to is not a part of it")
	}
	if _, _, err := scan.Fingerprint(t.Context(), aged(), []string{"/etc"}, scan.Limits{}); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("what is no path: %v", err)
	}
}

// panicking panics at a folder.
type panicking struct{ fstest.MapFS }

func (p panicking) Open(name string) (fs.File, error) {
	if name == "opt/units" {
		panic("a broken disk")
	}
	return p.MapFS.Open(name)
}

func TestFingerprintIsNotSettled(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change func(fstest.MapFS) fs.FS
		limits scan.Limits
	}{
		"touched just now": {change: func(f fstest.MapFS) fs.FS { f["var/cache"].ModTime = time.Now(); return f }},
		"in the future":    {change: func(f fstest.MapFS) fs.FS { f["var/cache"].ModTime = time.Now().Add(time.Hour); return f }},
		"without a time":   {change: func(f fstest.MapFS) fs.FS { f["var/cache"].ModTime = time.Time{}; return f }},
		"not to be seen":   {change: func(f fstest.MapFS) fs.FS { f["shut/x"] = f["var/cache"]; return forbidding{f} }},
		"panics":           {change: func(f fstest.MapFS) fs.FS { return panicking{f} }},
		"a loop": {change: func(f fstest.MapFS) fs.FS {
			f["loop"] = &fstest.MapFile{Data: []byte("loop"), Mode: fs.ModeSymlink}
			return f
		}},
		"too many entries": {change: func(f fstest.MapFS) fs.FS { return f }, limits: scan.Limits{Entries: 5}},
		"nested too deep":  {change: func(f fstest.MapFS) fs.FS { return f }, limits: scan.Limits{Depth: 1}},
	} {
		aDayLater(t, func(t *testing.T) {
			d, settled, err := scan.Fingerprint(t.Context(), c.change(aged()), []string{"etc", "loop", "opt", "shut", "usr", "var"}, c.limits)
			if settled || d != "" || err != nil {
				t.Errorf("%s: %q, settled %v, %v", what, d, settled, err)
			}
		})
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, settled, err := scan.Fingerprint(ctx, aged(), nil, scan.Limits{}); !errors.Is(err, context.Canceled) || settled {
		t.Errorf("after its time: %v, %v", settled, err)
	}
}

// A directory has times that nobody can set back: these are of today, and so in the future a day after what is old.
func TestFingerprintOfADirectory(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	name := filepath.Join(root, "file")
	write(t, name, "x")
	if err := os.Chtimes(name, old, old); err != nil {
		t.Fatal(err)
	}
	over(t, root, func(t *testing.T, fsys fs.FS) {
		aDayLater(t, func(t *testing.T) {
			if d, settled, err := scan.Fingerprint(t.Context(), fsys, nil, scan.Limits{}); settled || err != nil {
				t.Errorf("%q, settled %v, %v", d, settled, err)
			}
		})
	})
}

// Whatever is first, and whoever does the work, the fingerprint is the same; and what is different is different.
func TestFingerprintRandomTrees(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[abc](/[abc]){0,3}/[xyz]`), 1, 30, rapid.ID).Draw(t, "names")
		build := func(of []string) fstest.MapFS {
			f := fstest.MapFS{}
			for _, name := range of {
				f[name] = &fstest.MapFile{ModTime: old}
			}
			return f
		}
		whole := print(t, build(names), nil)
		if other := print(t, backwards{build(names)}, []string{"."}); other != whole {
			t.Fatalf("the same tree has two fingerprints: %s and %s", whole, other)
		}
		if print(t, build(names[1:]), nil) == whole {
			t.Fatalf("without %s it is the same", names[0])
		}
	})
}

// backwards lists folders the other way round.
type backwards struct{ fstest.MapFS }

func (b backwards) Open(name string) (fs.File, error) {
	f, err := b.MapFS.Open(name)
	if d, ok := f.(fs.ReadDirFile); ok {
		return &backwardsFolder{ReadDirFile: d}, err
	}
	return f, err
}

type backwardsFolder struct {
	fs.ReadDirFile

	listed bool
}

func (d *backwardsFolder) ReadDir(int) ([]fs.DirEntry, error) {
	if d.listed {
		return nil, io.EOF
	}
	d.listed = true
	entries, err := d.ReadDirFile.ReadDir(-1)
	slices.Reverse(entries)
	return entries, err
}
