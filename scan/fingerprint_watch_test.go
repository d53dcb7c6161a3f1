package scan

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// aDay is long ago.
var aDay = time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC)

// A changingTree is one whose changes have times as a system has them whose clock is years behind, so that nothing but the order of looks tells of them.
type changingTree struct {
	fstest.MapFS

	clock time.Time
}

// newChangingTree returns a tree of files, and the folders that they are in.
func newChangingTree(files ...string) *changingTree {
	t := &changingTree{MapFS: fstest.MapFS{".": {Mode: fs.ModeDir | 0o755, ModTime: aDay}}, clock: aDay}
	for _, name := range files {
		t.put(name, 0o644, "data")
	}
	return t
}

func (t *changingTree) tick() time.Time {
	t.clock = t.clock.Add(time.Second)
	return t.clock
}

// put makes a file, folder or link, and the folders that it is in.
func (t *changingTree) put(name string, mode fs.FileMode, data string) {
	_, there := t.MapFS[name]
	t.MapFS[name] = &fstest.MapFile{Mode: mode, Data: []byte(data), ModTime: t.tick()}
	if dir := path.Dir(name); !there && t.MapFS[dir] == nil {
		t.put(dir, fs.ModeDir|0o755, "")
	} else if !there {
		t.MapFS[dir].ModTime = t.tick()
	}
}

// remove removes what is at a path, and what is under it.
func (t *changingTree) remove(name string) {
	maps.DeleteFunc(t.MapFS, func(other string, _ *fstest.MapFile) bool {
		return other == name || len(other) > len(name) && other[:len(name)+1] == name+"/"
	})
	t.MapFS[path.Dir(name)].ModTime = t.tick()
}

// touch changes what is at a path, if there is something.
func (t *changingTree) touch(name string) {
	if f := t.MapFS[name]; f != nil {
		t.MapFS[name] = &fstest.MapFile{Mode: f.Mode ^ 0o020, Data: f.Data, ModTime: t.tick()}
		if f.Mode.IsRegular() {
			t.MapFS[name].Data = fmt.Appendf(nil, "%4d", len(t.MapFS)+int(t.clock.Sub(aDay).Seconds()))
		}
	}
}

// addressOf returns the address that a scan of a tree gives, and how often the tree was looked at.
func addressOf(t interface{ Fatalf(string, ...any) }, tree *changingTree, known []Result, scan script) (Digest, int64) {
	counted := &countedFS{MapFS: tree.MapFS}
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

// TestListedOnce: what the scan lists is not listed for a fingerprint.
func TestListedOnce(t *testing.T) {
	t.Parallel()
	tree := newChangingTree("a/b/x", "a/y", "c/z")
	_, once := addressOf(t, tree, nil, walkAll)
	_, twice := addressOf(t, tree, another, walkAll)
	if once != 4 || twice != 8 {
		t.Errorf("looked %d and %d times; 4 folders are listed once or twice", once, twice)
	}
}

// TestListingsAreFolded: of what was walked, a watcher keeps hardly anything.
func TestListingsAreFolded(t *testing.T) {
	t.Parallel()
	var files []string
	for i := range 200 {
		files = append(files, fmt.Sprintf("%d/%d/%d/x", i%3, i%7, i))
	}
	w := newWatcher(t.Context(), newChangingTree(files...), Limits{}, new(atomic.Int64))
	tree := NewTree(t.Context(), newChangingTree(files...), Limits{})
	tree.links.watcher = w
	most := 0
	err := tree.Walk(".", func(string, fs.DirEntry) error {
		most = max(most, len(w.listed))
		return nil
	})
	if err != nil || most > 4 || len(w.listed) != 1 || len(w.open) > 0 {
		t.Errorf("%v; %d listings were kept, and %d in the end; %d are open", err, most, len(w.listed), len(w.open))
	}
}

// TestAddressOfAWatchedScan: whatever the scan looks at, in whatever order, and whatever it does not, the address is that of a fingerprint from before.
func TestAddressOfAWatchedScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := anyTree(t)
		looks := rapid.SliceOfN(anyLook, 0, 6).Draw(t, "looks")
		walk := rapid.Bool().Draw(t, "walk")
		scan := func(ctx context.Context, in Input, emit Emit) error {
			var all errgroup.Group
			for _, l := range looks {
				all.Go(func() error { l.at(in.Tree); return nil })
			}
			if walk {
				all.Go(func() error { return walkAll(ctx, in, emit) })
			}
			return all.Wait()
		}
		watched, _ := addressOf(t, tree, nil, scan)
		before, _ := addressOf(t, tree, another, scan)
		if watched == "" || watched != before {
			t.Fatalf("%q is the address of what was watched, %q that from before", watched, before)
		}
	})
}

// TestChangesDuringAWatchedScan: if a tree has the address of a scan, what that saw is what there is, whatever was changed meanwhile.
func TestChangesDuringAWatchedScan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tree := anyTree(t)
		looks := rapid.SliceOfN(anyLook, 1, 4).Draw(t, "looks")
		changes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) func() { return anyChange(t, tree) }), 4, 4).Draw(t, "changes")
		rest := rapid.Bool().Draw(t, "rest")
		var saw []string
		address, _ := addressOf(t, tree, nil, func(ctx context.Context, in Input, emit Emit) error {
			for n, l := range looks {
				saw = append(saw, l.at(in.Tree))
				changes[n]()
			}
			if rest {
				return walkAll(ctx, in, emit)
			}
			return nil
		})
		var there []string
		after, _ := addressOf(t, tree, another, func(_ context.Context, in Input, _ Emit) error {
			for _, l := range looks {
				there = append(there, l.at(in.Tree))
			}
			return nil
		})
		if after == "" {
			t.Fatalf("it has no address in the end")
		}
		if address == after && !slices.Equal(saw, there) {
			t.Fatalf("under one address are %q and %q", saw, there)
		}
	})
}

// TestChangedBeforeListed: what the scan looks at without a listing, and what changes before there is one, has no address that the tree has then.
func TestChangedBeforeListed(t *testing.T) {
	t.Parallel()
	list := oneLook{"list", "a"}
	for what, c := range map[string]struct {
		first  oneLook
		change func(*changingTree)
		then   oneLook
	}{
		"read, listed":                   {oneLook{"read", "a/x"}, func(t *changingTree) { t.touch("a/x") }, list},
		"read, not listed":               {oneLook{"read", "a/x"}, func(t *changingTree) { t.touch("a/x") }, oneLook{}},
		"looked for":                     {oneLook{"stat", "b/d/x"}, func(t *changingTree) { t.put("b/d/x", 0o644, "x") }, oneLook{}},
		"a link":                         {oneLook{"link", "a/l"}, func(t *changingTree) { t.put("a/l", fs.ModeSymlink, "x") }, list},
		"behind a link":                  {oneLook{"read", "a/l"}, func(t *changingTree) { t.touch("b/y") }, oneLook{"list", "b"}},
		"a folder":                       {oneLook{"stat", "a"}, func(t *changingTree) { t.touch("a") }, list},
		"the root":                       {oneLook{"stat", "."}, func(t *changingTree) { t.touch(".") }, oneLook{"list", "."}},
		"listed in part, and not to end": {oneLook{"some", "a"}, func(t *changingTree) { t.touch("a/l"); t.touch("a/x") }, oneLook{}},
	} {
		tree := newChangingTree("a/x", "b/y")
		tree.put("a/l", fs.ModeSymlink, "../b/y")
		was, _ := addressOf(t, tree, another, walkAll)
		address, _ := addressOf(t, tree, nil, func(_ context.Context, in Input, _ Emit) error {
			c.first.at(in.Tree)
			c.change(tree)
			c.then.at(in.Tree)
			return nil
		})
		after, _ := addressOf(t, tree, another, walkAll)
		if after == was || address == after || after == "" {
			t.Errorf("%s: the address is %q; before the change it is %q and after it %q", what, address, was, after)
		}
	}
}

// TestTwoListAtOnce: if two list a folder at once, and it changes meanwhile, there is no address.
func TestTwoListAtOnce(t *testing.T) {
	t.Parallel()
	for _, change := range []bool{false, true} {
		tree := newChangingTree("a/b/x", "a/y")
		address, _ := addressOf(t, tree, nil, func(_ context.Context, in Input, _ Emit) error {
			f, err := in.Tree.Open("a")
			if err != nil {
				return err
			}
			_, err = f.(fs.ReadDirFile).ReadDir(1)
			if err != nil {
				return err
			}
			if change {
				tree.touch("a/b")
			}
			_, err = in.Tree.ReadDir("a/b")
			if err != nil {
				return err
			}
			return f.Close()
		})
		if (address == "") != change {
			t.Errorf("changed %v: the address is %q", change, address)
		}
	}
}

// TestListingIsLeftOpen: what was listed in part and never closed has no address, for it cannot be known.
func TestListingIsLeftOpen(t *testing.T) {
	t.Parallel()
	for some, want := range map[int]bool{0: true, 1: false, 3: true} {
		address, _ := addressOf(t, newChangingTree("a/x", "a/y"), nil, func(_ context.Context, in Input, _ Emit) error {
			f, err := in.Tree.Open("a")
			for range some {
				_, _ = f.(fs.ReadDirFile).ReadDir(1)
			}
			return err
		})
		if (address != "") != want {
			t.Errorf("%d listed: the address is %q", some, address)
		}
	}
}

func anyTree(t *rapid.T) *changingTree {
	tree := newChangingTree(rapid.SliceOfN(rapid.StringMatching(`[ab](/[ab]){0,2}/[xy]`), 1, 8).Draw(t, "files")...)
	for _, link := range rapid.SliceOfN(rapid.StringMatching(`(a/)?l[12]`), 0, 2).Draw(t, "links") {
		tree.put(link, fs.ModeSymlink|0o777, rapid.SampledFrom([]string{"a", "/b/x", "../a/x", "nothing"}).Draw(t, "to"))
	}
	return tree
}

// anyPath draws paths that tend to be there.
var anyPath = rapid.StringMatching(`([ab]/|l1/){0,2}([abxy]|l[12])`)

// A oneLook is one that a scan takes.
type oneLook struct{ How, Name string }

var anyLook = rapid.Custom(func(t *rapid.T) oneLook {
	return oneLook{
		rapid.SampledFrom([]string{"stat", "lstat", "link", "read", "list", "some", "walk"}).Draw(t, "how"),
		rapid.OneOf(anyPath, rapid.Just(".")).Draw(t, "name"),
	}
})

// at returns what there is to be seen.
func (l oneLook) at(t *Tree) string {
	entry := func(e fs.DirEntry) string {
		info, err := e.Info()
		if err != nil {
			return "gone"
		}
		return fmt.Sprint(e.Name(), info.Mode(), info.Size())
	}
	var saw string
	switch l.How {
	case "stat", "lstat":
		ask := map[string]func(string) (fs.FileInfo, error){"stat": t.Stat, "lstat": t.Lstat}[l.How]
		if info, err := ask(l.Name); err == nil {
			saw = fmt.Sprint(info.Mode(), info.Size())
		}
	case "link":
		saw, _ = t.ReadLink(l.Name)
	case "read":
		if info, err := t.Stat(l.Name); err == nil && info.Mode().IsRegular() {
			data, _ := t.ReadFile(l.Name)
			saw = string(data)
		}
	case "list", "some":
		info, err := t.Stat(l.Name)
		if err != nil || !info.IsDir() {
			return ""
		}
		f, err := t.Open(l.Name)
		if err != nil {
			return ""
		}
		defer func() { _ = f.Close() }()
		entries, _ := f.(fs.ReadDirFile).ReadDir(map[string]int{"list": -1, "some": 1}[l.How])
		for _, e := range entries {
			saw += entry(e)
		}
	case "walk":
		_ = t.Walk(l.Name, func(name string, e fs.DirEntry) error {
			saw += name + entry(e)
			return nil
		})
	}
	return saw
}

// anyChange draws a change of a tree; where it makes no sense nothing is changed.
func anyChange(t *rapid.T, tree *changingTree) func() {
	name := rapid.OneOf(rapid.StringMatching(`([ab]/){0,2}[abxy]`), rapid.Just("."), rapid.Just("l1"), rapid.Just("a/l1")).Draw(t, "changed")
	how := rapid.SampledFrom([]string{"nothing", "touch", "put", "link", "remove"}).Draw(t, "change")
	return func() {
		there := tree.MapFS[name]
		above := tree.MapFS[path.Dir(name)]
		switch {
		case how == "touch":
			tree.touch(name)
		case name == "." || above == nil || !above.Mode.IsDir():
		case how == "put" && there == nil:
			tree.put(name, 0o644, "new!")
		case how == "link" && (there == nil || !there.Mode.IsDir()) && path.Base(name) != "b": // which would lead to itself
			tree.put(name, fs.ModeSymlink|0o777, "b")
		case how == "remove" && there != nil:
			tree.remove(name)
		}
	}
}
