package scan

import (
	"context"
	"io/fs"
	"path"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"
)

// touchedAt is a file or folder, as a system has it that knows when it was changed.
func touchedAt(mode fs.FileMode, data string, at time.Time) *fstest.MapFile {
	return &fstest.MapFile{Mode: mode, Data: []byte(data), ModTime: aDay, Sys: &syscall.Stat_t{Ino: 1, Ctim: syscall.NsecToTimespec(at.UnixNano())}}
}

// aDay is long ago.
var aDay = time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC)

// timedTree is a tree of files, and the folders that they are in, that nobody changed for long.
func timedTree(files ...string) fstest.MapFS {
	tree := fstest.MapFS{".": touchedAt(fs.ModeDir|0o755, "", aDay)}
	for _, name := range files {
		tree[name] = touchedAt(0o644, "data", aDay)
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			tree[dir] = touchedAt(fs.ModeDir|0o755, "", aDay)
		}
	}
	return tree
}

// addressOf returns the address that the first scan of a tree gives, and how often the tree was looked at.
func addressOf(t interface{ Fatalf(string, ...any) }, tree fstest.MapFS, known []Result, scan script) (Digest, int64) {
	counted := &countedFS{MapFS: tree}
	i, err := NewInspector(newHeapBlobs(), []Scanner{scriptOf("it", scan)}, nil)
	if err != nil {
		t.Fatalf("%v", err)
	}
	results, err := i.Inspect(context.Background(), counted, Inspection{Target: "t", Categories: categories("it"), Known: known})
	if err != nil || results[0].Error != "" || results[0].Met > 0 {
		t.Fatalf("%v, %+v", err, results)
	}
	return results[0].Address, counted.looked.Load()
}

// another is a result that has to be asked for, so that the fingerprint is from before the scan.
var another = []Result{{Category: "it", Outcome: OK, Address: DigestOf([]byte("another"))}}

func walkAll(_ context.Context, in Input, _ Emit) error {
	return in.Tree.Walk(".", func(string, fs.DirEntry) error { return nil })
}

// TestAddressOfAListing: whatever the scan lists, and whatever it does not, the address is that of a fingerprint from before.
func TestAddressOfAListing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := timedTree(rapid.SliceOfN(rapid.StringMatching(`[abc](/[abc]){0,3}/[xyz]`), 1, 30).Draw(t, "files")...)
		for _, link := range rapid.SliceOfN(rapid.StringMatching(`l[12]`), 0, 2).Draw(t, "links") {
			to := rapid.SampledFrom([]string{"a", "/b/x", "c/../a/x", "nothing"}).Draw(t, "to")
			tree[link] = touchedAt(fs.ModeSymlink|0o777, to, aDay)
		}
		skipped := rapid.SampledFrom([]string{"", "a", "b", "c", "."}).Draw(t, "skipped")
		some := rapid.IntRange(0, 3).Draw(t, "some")
		scan := func(_ context.Context, in Input, _ Emit) error {
			if f, err := in.Tree.Open("a"); err == nil && some > 0 { // not to its end
				_, _ = f.(fs.ReadDirFile).ReadDir(some)
				_ = f.Close()
			}
			return in.Tree.Walk(".", func(_ string, e fs.DirEntry) error {
				if e.IsDir() && e.Name() == skipped {
					return fs.SkipDir
				}
				return nil
			})
		}
		listed, _ := addressOf(t, tree, nil, scan)
		before, _ := addressOf(t, tree, another, scan)
		if listed == "" || listed != before {
			t.Fatalf("%q is the address of what was listed, %q that from before", listed, before)
		}
	})
}

// TestListedOnce: what the scan lists is not listed for a fingerprint, if the system knows when something was changed.
func TestListedOnce(t *testing.T) {
	t.Parallel()
	tree := timedTree("a/b/x", "a/y", "c/z")
	_, once := addressOf(t, tree, nil, walkAll)
	_, twice := addressOf(t, tree, another, walkAll)
	if once != 4 || twice != 8 {
		t.Errorf("looked %d and %d times; 4 folders are listed once or twice", once, twice)
	}
	delete(tree, ".")
	if _, looked := addressOf(t, tree, nil, walkAll); looked != 8 {
		t.Errorf("looked %d times at a tree without times of change; 4 folders are listed twice", looked)
	}
}

// TestChangesDuringAListing: a result from before a change has no address that the tree has after it.
func TestChangesDuringAListing(t *testing.T) {
	t.Parallel()
	read := func(t *Tree, name string) { _, _ = t.ReadFile(name) }
	list := func(t *Tree, name string) { _, _ = t.ReadDir(name) }
	for what, c := range map[string]struct {
		first  func(t *Tree)
		change func(f fstest.MapFS, now time.Time)
		then   func(t *Tree)
		// unsettled: there is no address, because the time of change alone tells.
		unsettled bool
	}{
		"read, changed, listed": {
			func(t *Tree) { read(t, "a/x") },
			func(f fstest.MapFS, now time.Time) { f["a/x"] = touchedAt(0o644, "DATA", now) },
			func(t *Tree) { list(t, "a") }, true,
		},
		"read, changed, not listed": {
			func(t *Tree) { read(t, "a/x") },
			func(f fstest.MapFS, now time.Time) { f["a/x"] = touchedAt(0o644, "DATA", now) },
			func(*Tree) {}, true,
		},
		"looked for, moved here with its folder, not listed": {
			func(t *Tree) { read(t, "b/d/x") },
			func(f fstest.MapFS, now time.Time) {
				f["b"] = touchedAt(fs.ModeDir|0o755, "", now)
				f["b/d"] = touchedAt(fs.ModeDir|0o755, "", now)
				f["b/d/x"] = touchedAt(0o644, "old", aDay)
			},
			func(*Tree) {}, true,
		},
		"listed, changed, read": {
			func(t *Tree) { list(t, "."); list(t, "a") },
			func(f fstest.MapFS, now time.Time) { f["a/x"] = touchedAt(0o644, "DATA", now) },
			func(t *Tree) { read(t, "a/x") }, false,
		},
		"listed, changed, listed again": {
			func(t *Tree) { list(t, "."); list(t, "a") },
			func(f fstest.MapFS, _ time.Time) { f["a/x"] = touchedAt(0o644, "and the clock is wrong", aDay) },
			func(t *Tree) { list(t, "a") }, false,
		},
		"listed, and something new": {
			func(t *Tree) { list(t, "."); list(t, "a"); list(t, "b") },
			func(f fstest.MapFS, _ time.Time) { f["a/new"] = touchedAt(0o644, "and the clock is wrong", aDay) },
			func(*Tree) {}, false,
		},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			tree := timedTree("a/x", "b/y")
			address, _ := addressOf(t, tree, nil, func(_ context.Context, in Input, _ Emit) error {
				c.first(in.Tree)
				c.change(tree, time.Now())
				c.then(in.Tree)
				return nil
			})
			if (address == "") != c.unsettled {
				t.Errorf("the address is %q", address)
			}
			for _, f := range tree { // long after it
				s := f.Sys.(*syscall.Stat_t)
				s.Ctim.Sec = min(s.Ctim.Sec, aDay.Unix()+1)
			}
			if after, _ := addressOf(t, tree, another, walkAll); after == "" || after == address {
				t.Errorf("after the change it is %q, and was %q", after, address)
			}
		})
	}
}
