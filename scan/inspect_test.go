package scan

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

type script = func(ctx context.Context, in Input, emit Emit) error

var errBroken = errors.New("broken\n\tin two lines")

// outcomes are what scanners do, and what becomes of it.
var outcomesOfScripts = []struct {
	name   string
	script script
	limits Limits
	want   Result // of the fields that tell
	after  time.Duration
}{{
	name: "ok", want: Result{Outcome: OK, Items: 2},
	script: func(_ context.Context, _ Input, emit Emit) error { return errors.Join(emit("a", 1), emit("b", 2)) },
}, {
	name: "empty", want: Result{Outcome: Empty},
	script: func(context.Context, Input, Emit) error { return nil },
}, {
	name: "a problem was noted", want: Result{Outcome: Partial, Items: 1, Met: 1, Problems: []Problem{{"x", "broken in"}}},
	script: func(_ context.Context, in Input, emit Emit) error {
		in.Tree.Note("x", errors.New("broken in"))
		return emit("a", 1)
	},
}, {
	name: "nothing but a problem", want: Result{Outcome: Partial, Met: 1, Problems: []Problem{{"x", "broken in"}}},
	script: func(_ context.Context, in Input, _ Emit) error {
		in.Tree.Note("x", errors.New("broken in"))
		return nil
	},
}, {
	name: "a limit of its own", want: Result{Outcome: Partial, Items: 1, Met: 1, Problems: []Problem{{"", "enough: limit reached"}}},
	script: func(_ context.Context, _ Input, emit Emit) error {
		return errors.Join(emit("a", 1), fmt.Errorf("enough: %w", ErrLimit))
	},
}, {
	name: "more items than the limit", limits: Limits{Items: 1},
	want:   Result{Outcome: Partial, Items: 1, Met: 1, Problems: []Problem{{"", "there are more than 1 facts: limit reached"}}},
	script: func(_ context.Context, _ Input, emit Emit) error { return errors.Join(emit("a", 1), emit("b", 2)) },
}, {
	name: "a limit that the scanner passes over", limits: Limits{Items: 1},
	want: Result{Outcome: Partial, Items: 1, Met: 1, Problems: []Problem{{"", "there are more than 1 facts: limit reached"}}},
	script: func(_ context.Context, _ Input, emit Emit) error {
		_, _ = emit("a", 1), emit("b", 2)
		return nil
	},
}, {
	name: "time is up", limits: Limits{Time: time.Minute}, after: time.Minute,
	want: Result{Outcome: Partial, Items: 1, Met: 1, Problems: []Problem{{"", "its time of 1m0s is up"}}},
	script: func(ctx context.Context, _ Input, emit Emit) error {
		_ = emit("a", 1)
		<-ctx.Done()
		return emit("b", 2)
	},
}, {
	name: "time is up, and nobody says so", limits: Limits{Time: time.Minute}, after: time.Minute,
	want: Result{Outcome: Partial, Items: 1, Met: 1, Problems: []Problem{{"", "its time of 1m0s is up"}}},
	script: func(ctx context.Context, _ Input, emit Emit) error {
		_ = emit("a", 1)
		<-ctx.Done()
		return nil
	},
}, {
	name: "does not return", limits: Limits{Time: time.Minute}, after: time.Minute + 10*time.Second,
	want: Result{Outcome: Failed, Class: Trouble, Error: `scanner "script" was left behind: it did not return within 10s after its end, which was because: its time is up`},
	script: func(ctx context.Context, _ Input, emit Emit) error {
		for n := 0; ctx.Err() == nil || emit(fmt.Sprint(n), n) == nil || n < 10000; n++ {
			time.Sleep(time.Second) // it is a scanner that hears nothing
		}
		return nil
	},
}, {
	name: "returns late, but in time", limits: Limits{Time: time.Minute}, after: time.Minute + 9*time.Second,
	want: Result{Outcome: Partial, Items: 1, Met: 1, Problems: []Problem{{"", "its time of 1m0s is up"}}},
	script: func(_ context.Context, _ Input, emit Emit) error {
		_ = emit("a", 1)
		time.Sleep(time.Minute + 9*time.Second)
		return nil
	},
}, {
	name: "an error", want: Result{Outcome: Failed, Class: Trouble, Error: "broken in two lines"},
	script: func(_ context.Context, _ Input, emit Emit) error { return errors.Join(emit("a", 1), errBroken) },
}, {
	name: "an error for good", want: Result{Outcome: Failed, Class: Fatal, Error: "broken in two lines"},
	script: func(context.Context, Input, Emit) error { return Fail(errBroken) },
}, {
	name: "a panic", want: Result{Outcome: Failed, Class: Trouble, Error: "panic: broken in two lines"},
	script: func(context.Context, Input, Emit) error { panic(errBroken) },
}, {
	name: "a long error", want: Result{Outcome: Failed, Class: Trouble, Error: strings.Repeat("x", maxSentence-len("…")) + "…"},
	script: func(context.Context, Input, Emit) error { return errors.New(strings.Repeat("x", 10000)) },
}, {
	name: "the end of its goroutine", want: Result{Outcome: Failed, Class: Trouble, Error: "it ended its goroutine instead of returning"},
	script: func(context.Context, Input, Emit) error {
		runtime.Goexit()
		return nil
	},
}}

// TestOutcomes: each thing that a scanner may do has its outcome, takes no other category with it, and takes only so long.
func TestOutcomes(t *testing.T) {
	t.Parallel()
	for _, row := range outcomesOfScripts {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				blobs := newHeapBlobs()
				fine := &scripted{name: "fine", version: "1", scripts: map[string]script{"before": oneFact, "after": oneFact}}
				i := newTestInspector(t, blobs, InspectorOptions{}, fine, scriptOf("it", row.script))
				began := time.Now()
				results, err := i.Inspect(t.Context(), fstest.MapFS{}, Inspection{
					Target: "t", Content: "c", Categories: categories("before", "it", "nothing", "after"), Limits: row.limits,
				})
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took != row.after {
					t.Errorf("it took %v, wanted %v", took, row.after)
				}
				row.want.Category, row.want.Scanner, row.want.Version = "it", "script", "1"
				telling := cmpopts.IgnoreFields(Result{}, "Address", "Bytes", "Digest", "Blob", "At", "Took")
				want := []Result{
					{Category: "before", Outcome: OK, Items: 1, Scanner: "fine", Version: "1"},
					row.want,
					{Category: "nothing", Outcome: Skipped, Error: `no scanner tells of it; there are scanners of "after", "before", "it"`},
					{Category: "after", Outcome: OK, Items: 1, Scanner: "fine", Version: "1"},
				}
				if diff := cmp.Diff(want, results, telling); diff != "" {
					t.Error(diff)
				}
				for _, r := range results {
					if err := r.check(); err != nil {
						t.Errorf("%s: %v", r.Category, err)
					}
					if complete := r.Outcome == OK || r.Outcome == Empty; complete != (r.Address != "") {
						t.Errorf("%s: outcome %s, address %q", r.Category, r.Outcome, r.Address)
					}
				}
				if row.want.Outcome.hasItems() && len(allItems(t, blobs, results[1])) != row.want.Items {
					t.Errorf("the blob has not %d items", row.want.Items)
				}
				time.Sleep(24 * time.Hour) // so that scanners that were left behind end
			})
		})
	}
}

func oneFact(_ context.Context, _ Input, emit Emit) error { return emit("a", 1) }

// TestEndOfTheInspection: what was done stays, what is at work has failed, the rest is skipped, and each is told.
func TestEndOfTheInspection(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	s := &scripted{name: "s", version: "1", scripts: map[string]script{
		"first": oneFact, "third": oneFact,
		"second": func(ctx context.Context, _ Input, emit Emit) error {
			_ = emit("a", 1)
			cancel(errors.New("the job was called off"))
			<-ctx.Done()
			return ctx.Err()
		},
	}}
	var told []Result
	results, err := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, s).Inspect(ctx, fstest.MapFS{}, Inspection{
		Target: "t", Content: "c", Categories: categories("first", "second", "third"), Done: func(r Result) { told = append(told, r) },
	})
	if err != nil {
		t.Fatal(err)
	}
	want := [][2]string{
		{"ok", ""}, {"failed", "the inspection ended before it was done: the job was called off"}, {"skipped", "the inspection ended before: the job was called off"},
	}
	var got [][2]string
	for _, r := range results {
		got = append(got, [2]string{string(r.Outcome), r.Error})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(results, told); diff != "" {
		t.Error(diff)
	}
	if _, err := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, s).Inspect(ctx, fstest.MapFS{}, Inspection{Target: "t", Categories: categories("first")}); err == nil {
		t.Error("there was something to do after the end")
	}
}

// TestBlobsThatRefuse: the category has failed, the others are tried, and if nothing could be kept at all that is an error as well.
func TestBlobsThatRefuse(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left")
	blobs := newHeapBlobs()
	blobs.refuse = full
	s := &scripted{name: "s", version: "1", scripts: map[string]script{
		"a": oneFact, "b": oneFact, "none": func(context.Context, Input, Emit) error { return nil },
	}}
	i := newTestInspector(t, blobs, InspectorOptions{}, s)
	in := Inspection{Target: "t", Content: "c", Categories: categories("a", "b", "unknown")}
	results, err := i.Inspect(t.Context(), fstest.MapFS{}, in)
	if !errors.Is(err, full) || len(results) != 3 {
		t.Fatalf("%v, %d results", err, len(results))
	}
	for _, r := range results[:2] {
		if r.Outcome != Failed || r.Error != "its facts could not be stored: no space left" || r.check() != nil {
			t.Errorf("%+v", r)
		}
	}
	in.Categories = categories("a", "none")
	if results, err = i.Inspect(t.Context(), fstest.MapFS{}, in); err != nil || results[1].Outcome != Empty {
		t.Errorf("%v, %+v", err, results)
	}
}

// TestProgress is told while something is done, and only then.
func TestProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const hour = time.Hour
		files := fstest.MapFS{"a": {Data: []byte("12345")}, "b": {Data: []byte("123")}}
		i := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, scriptOf("it", func(_ context.Context, in Input, emit Emit) error {
			read := func(name string) {
				if _, err := in.Tree.ReadFile(name); err != nil {
					t.Error(err)
				}
				time.Sleep(hour / 10) // nothing is done
			}
			read("a")
			_ = emit("a", 1)
			time.Sleep(hour / 10)
			read("b")
			return nil
		}))
		type line struct {
			items int
			bytes int64
		}
		var told []line
		_, err := i.Inspect(t.Context(), files, Inspection{
			Target: "t", Content: "c", Categories: categories("it"),
			Progress: func(_ string, items int, bytes int64) { told = append(told, line{items, bytes}) },
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []line{{0, 5}, {1, 5}, {1, 8}}
		if len(told) < len(want) || !cmp.Equal(told[:len(want)], want, cmp.AllowUnexported(line{})) || len(told) > len(want)+1 {
			t.Errorf("told %v, wanted %v and the packing", told, want)
		}
	})
}

// TestProgressOfAFingerprint is told as well, be it from before the scan or made after it: to look at a large tree takes long.
func TestProgressOfAFingerprint(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, known := range [][]Result{nil, another} {
			told, before := 0, 0
			i := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, scriptOf("it", func(context.Context, Input, Emit) error {
				before = told
				return nil
			}))
			_, err := i.Inspect(t.Context(), slowFS{oldTree("a/a", "b/b", "c/c", "d/d")}, Inspection{
				Target: "t", Categories: categories("it"), Known: known, Progress: func(string, int, int64) { told++ },
			})
			if err != nil || (before > 0) != (known != nil) || told == 0 {
				t.Errorf("%v; told %d times, %d of them before the scan", err, told, before)
			}
		}
	})
}

// slowFS takes a minute for each folder.
type slowFS struct{ fstest.MapFS }

func (s slowFS) Open(name string) (fs.File, error) {
	time.Sleep(time.Minute)
	return s.MapFS.Open(name)
}

func (s slowFS) ReadDir(name string) ([]fs.DirEntry, error) {
	time.Sleep(time.Minute)
	return s.MapFS.ReadDir(name)
}

// oldTree is a tree that nobody has touched for long.
func oldTree(names ...string) fstest.MapFS {
	files := fstest.MapFS{}
	for n, name := range names {
		files[name] = &fstest.MapFile{Data: []byte(name), ModTime: time.Date(2020, 1, 1, 0, 0, n, 0, time.UTC)}
	}
	return files
}

// TestUnchangedIsNotScannedAgain: neither content of a known name nor a tree that is as it was; only what the category depends on counts.
func TestUnchangedIsNotScannedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // what was touched just now is looked at just then, however slow the machine is
		time.Sleep(time.Until(time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)))
		unchangedIsNotScannedAgain(t)
	})
}

func unchangedIsNotScannedAgain(t *testing.T) {
	t.Helper()
	blobs := newHeapBlobs()
	scans := 0
	s := scriptOf("it", func(_ context.Context, in Input, emit Emit) error {
		scans++
		return emit("scans "+string(in.Config), scans)
	})
	files := oldTree("etc/passwd", "etc/other/a", "var/b")
	var latest Result
	inspect := func(in Inspection) {
		t.Helper()
		in.Known = []Result{latest}
		in.Categories = []Category{{Name: "it", Config: in.Categories[0].Config}}
		results, err := newTestInspector(t, blobs, InspectorOptions{}, s).Inspect(t.Context(), files, in)
		if err != nil {
			t.Fatal(err)
		}
		latest = results[0]
	}
	plain := Inspection{Target: "t", Categories: categories("it")}
	step := func(what string, again bool, in Inspection) {
		t.Helper()
		before, kept := scans, latest
		inspect(in)
		if (scans > before) != again || latest.Reused == again {
			t.Errorf("%s: scanned again: %v, reused: %v", what, scans > before, latest.Reused)
		}
		if !again {
			kept.Reused = true
			if diff := cmp.Diff(kept, latest); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
	}
	step("first", true, plain)
	step("unchanged", false, plain)
	step("unchanged for long", false, plain)
	other := plain
	other.Target = "u"
	step("another target", true, other)
	step("the first target", true, plain)
	files["var/b"].Data = []byte("larger than before")
	step("changed", true, plain)
	s.scope = []string{"etc"}
	step("another scope", true, plain)
	files["var/b"].Data = []byte("larger still than before")
	step("changed outside of the scope", false, plain)
	files["etc/new"] = &fstest.MapFile{ModTime: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
	step("a new file", true, plain)
	latest.Category = "another"
	step("that of another category", true, plain)
	s.version = "2"
	step("another version", true, plain)
	configured := plain
	configured.Categories = []Category{{Name: "it", Config: json.RawMessage(`{"a":1,"b":2}`)}}
	step("another config", true, configured)
	configured.Categories = []Category{{Name: "it", Config: json.RawMessage(` { "b": 2, "a": 1 } `)}}
	step("the same config", false, configured)
	if err := blobs.Delete(t.Context(), latest.Blob); err != nil {
		t.Fatal(err)
	}
	step("its blob was swept", true, configured)
	files["etc/passwd"].ModTime = time.Now()
	step("touched just now", true, plain)
	if latest.Address != "" {
		t.Error("what may be changing has an address")
	}
	step("touched a while ago", true, plain)

	named := Inspection{Target: "t", Content: "sha256:abc", Categories: categories("it")}
	step("content with a name", true, named)
	step("the same content", false, named)
	named.Target = "another"
	step("the same content in another target", false, named)
	named.Content = "sha256:abd"
	step("other content", true, named)
}

// TestFingerprints are taken once for categories that depend on the same places, and one for each that depends on others.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	nothing := func(context.Context, Input, Emit) error { return nil }
	all := &scripted{name: "all", version: "1", scripts: map[string]script{"a": nothing, "b": nothing}}
	etc := &scripted{name: "etc", version: "1", scripts: map[string]script{"c": nothing}, scope: []string{"etc"}}
	files := oldTree("etc/passwd", "var/b")
	i := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, all, etc)
	inspect := func(names ...string) (addresses []Digest, opened int64) {
		t.Helper()
		counted := &countedFS{MapFS: files}
		results, err := i.Inspect(t.Context(), counted, Inspection{Target: "t", Categories: categories(names...)})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range results {
			addresses = append(addresses, r.Address)
		}
		return addresses, counted.looked.Load()
	}
	_, one := inspect("a")
	before, two := inspect("a", "b")
	if one == 0 || two != one {
		t.Errorf("%d looks for one category, %d for two of the same places", one, two)
	}
	before = append(before, "")
	if addresses, _ := inspect("a", "b", "c"); addresses[2] == "" {
		t.Error("c has no address")
	} else {
		before[2] = addresses[2]
	}
	files["var/b"].Data = []byte("another")
	after, _ := inspect("a", "b", "c")
	if after[0] == before[0] || after[1] == before[1] || after[2] != before[2] {
		t.Errorf("before %v, after %v", before, after)
	}
}

// countedFS counts looks at it.
type countedFS struct {
	fstest.MapFS

	looked atomic.Int64
}

func (c *countedFS) Open(name string) (fs.File, error) {
	c.looked.Add(1)
	return c.MapFS.Open(name)
}

func (c *countedFS) ReadDir(name string) ([]fs.DirEntry, error) {
	c.looked.Add(1)
	return c.MapFS.ReadDir(name)
}

// TestAddresses are those of the results.
func TestAddresses(t *testing.T) {
	t.Parallel()
	i := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, scriptOf("it", oneFact))
	asked := []Category{{Name: "unknown"}, {Name: "it", Config: json.RawMessage(`{}`)}}
	results, err := i.Inspect(t.Context(), fstest.MapFS{}, Inspection{Target: "t", Content: "c", Categories: asked})
	if err != nil {
		t.Fatal(err)
	}
	got := i.Addresses(Target{ID: "u", Content: "c"}, asked)
	if diff := cmp.Diff([]Digest{results[0].Address, results[1].Address}, got); diff != "" || got[1] == "" {
		t.Error(got, diff)
	}
	if got := i.Addresses(Target{ID: "t"}, asked); got[0] != "" || got[1] != "" {
		t.Error("addresses without the name of a content", got)
	}
}

// TestPanicOfAFileSystem: one that panics costs the category, not the program.
func TestPanicOfAFileSystem(t *testing.T) {
	t.Parallel()
	i := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, scriptOf("it", func(_ context.Context, in Input, _ Emit) error {
		_, err := in.Tree.ReadFile("a")
		return err
	}))
	results, err := i.Inspect(t.Context(), panics{}, Inspection{Target: "t", Content: "c", Categories: categories("it")})
	if err != nil || results[0].Outcome != Failed || results[0].Error != "panic: no file system" {
		t.Errorf("%v, %+v", err, results)
	}
}

type panics struct{}

func (panics) Open(string) (fs.File, error) { panic("no file system") }

// TestRefusedInspectors and inspections name what is wrong.
func TestRefusedInspectors(t *testing.T) {
	t.Parallel()
	fine := scriptOf("it", oneFact)
	for _, row := range []struct {
		want     string
		blobs    Blobs
		scanners []Scanner
		options  *InspectorOptions
	}{
		{"scan: an inspector without blobs; results need a place", nil, nil, nil},
		{"scan: the Grace of an inspector is -1ns; a positive time is right", newHeapBlobs(), nil, &InspectorOptions{Grace: -1}},
		{"scan: the Memory of an inspector is -1 bytes; 1 to 1073741824 are right", newHeapBlobs(), nil, &InspectorOptions{Memory: -1}},
		{"scan: scanner 2 is nil", newHeapBlobs(), []Scanner{fine, nil}, nil},
		{`scan: scanner "": its name is ""; a text of 1 to 255 bytes without control characters is right`, newHeapBlobs(), []Scanner{&scripted{}}, nil},
		{`scan: scanner "s": its version is ""; a text of 1 to 255 bytes without control characters is right`, newHeapBlobs(), []Scanner{&scripted{name: "s"}}, nil},
		{`scan: scanner "s": it has no categories; it must tell of one at least`, newHeapBlobs(), []Scanner{&scripted{name: "s", version: "1"}}, nil},
		{`scan: scanner "s": its version is "1\n"; a text of 1 to 255 bytes without control characters is right`, newHeapBlobs(), []Scanner{&scripted{name: "s", version: "1\n"}}, nil},
		{`scan: scanner "s": a category of it is called ""; a text of 1 to 255 bytes without control characters is right`, newHeapBlobs(), []Scanner{&scripted{name: "s", version: "1", scripts: map[string]script{"": nil}}}, nil},
		{
			`scan: scanner "s": it tells of category "it", and so does "script"; only one may`, newHeapBlobs(),
			[]Scanner{fine, &scripted{name: "s", version: "1", scripts: map[string]script{"it": nil}}},
			nil,
		},
	} {
		if _, err := NewInspector(row.blobs, row.scanners, row.options); err == nil || err.Error() != row.want {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
	i := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, fine)
	for _, row := range []struct {
		want string
		fsys fs.FS
		in   Inspection
	}{
		{`scan: target "t": there is no file system`, nil, Inspection{Target: "t"}},
		{`scan: target "": it has neither an id nor named content; one of them is needed`, fstest.MapFS{}, Inspection{}},
		{`scan: target "t": there are 0 categories; 1 to 100 are right`, fstest.MapFS{}, Inspection{Target: "t"}},
		{`scan: target "t": category "it" is asked for twice; once is right`, fstest.MapFS{}, Inspection{Target: "t", Categories: categories("it", "it")}},
		{`scan: target "t": the config of category "it" is no JSON`, fstest.MapFS{}, Inspection{Target: "t", Categories: []Category{{"it", json.RawMessage("{")}}}},
	} {
		if _, err := i.Inspect(t.Context(), row.fsys, row.in); err == nil || err.Error() != row.want {
			t.Errorf("got %v, want %s", err, row.want)
		}
	}
}
