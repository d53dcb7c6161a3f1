package scan

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"
)

// emitted is a fact as a scanner emits it.
type emitted struct {
	Key   string
	Value any
}

var anyValue = rapid.Custom(func(t *rapid.T) any {
	switch rapid.IntRange(0, 4).Draw(t, "sort") {
	case 0:
		return rapid.StringN(0, 200, -1).Draw(t, "text")
	case 1:
		return rapid.Int().Draw(t, "number")
	case 2:
		return nil
	case 3:
		return json.RawMessage(`{ "a" : [ 1, "<&>" ] }`)
	}
	return map[string]any{"b": rapid.Bool().Draw(t, "b"), "a": strings.Repeat("x", rapid.IntRange(0, 300).Draw(t, "long"))}
})

// anyKey draws keys that tend to be alike, with all that JSON escapes, and bytes that are not UTF-8.
var anyKey = rapid.OneOf(
	rapid.StringOfN(rapid.RuneFrom([]rune("a\\\"<>&\u2028\n\x00é/")), 0, 4, -1),
	rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{'a', '"', '\\', 0xff, 0xc3, 0xa9}), 0, 4), func(b []byte) string { return string(b) }),
	rapid.StringMatching(`[a-z]{1,8}/[a-z]{1,8}`),
)

// naive is what the lines of facts have to be.
func naive(facts []emitted) []byte {
	keyed := map[string]any{}
	for _, f := range facts {
		keyed[writtenKey(f.Key)] = f.Value
	}
	var all bytes.Buffer
	e := json.NewEncoder(&all)
	e.SetEscapeHTML(false)
	for _, key := range slices.Sorted(maps.Keys(keyed)) {
		_ = e.Encode(struct {
			Key   string `json:"key"`
			Value any    `json:"value"`
		}{key, keyed[key]})
	}
	return all.Bytes()
}

// TestAnyOrderGivesTheSameBytes: whatever the order, the number of goroutines and the memory, the same facts come out as the same bytes.
func TestAnyOrderGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	temp := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		facts := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) emitted {
			return emitted{anyKey.Draw(rt, "key"), anyValue.Draw(rt, "value")}
		}), 0, 60, func(f emitted) string { return f.Key }).Draw(rt, "facts")
		workers := rapid.IntRange(1, 4).Draw(rt, "workers")
		memory := rapid.SampledFrom([]int{1, 100, 1000, 1 << 20}).Draw(rt, "memory")

		blobs := newHeapBlobs()
		i := newTestInspector(t, blobs, InspectorOptions{Memory: memory, Temp: temp}, scriptOf("facts", func(_ context.Context, _ Input, emit Emit) error {
			var all errgroup.Group
			for w := range workers {
				all.Go(func() error {
					for n := w; n < len(facts); n += workers {
						if err := emit(facts[n].Key, facts[n].Value); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return all.Wait()
		}))
		r := inspectOne(t, i, Inspection{Categories: categories("facts")})
		want := naive(facts)
		wantOutcome := OK
		if len(facts) == 0 {
			wantOutcome = Empty
		}
		if r.Outcome != wantOutcome || r.Items != len(facts) || r.Bytes != int64(len(want)) || r.Digest != DigestOf(want) {
			rt.Fatalf("%s with %d items and %d bytes (%s); wanted %s with %d and %d: %s", r.Outcome, r.Items, r.Bytes, r.Error, wantOutcome, len(facts), len(want), want)
		}
		if len(facts) == 0 {
			return
		}
		if got := unzip(t, blobs.all[r.Blob]); !bytes.Equal(got, want) {
			rt.Fatalf("got %s, want %s", got, want)
		}
		var back bytes.Buffer
		w := newLineWriter()
		for _, item := range allItems(t, blobs, r) {
			line, err := w.write(item.Key, item.Value)
			if err != nil {
				rt.Fatal(err)
			}
			back.Write(line)
		}
		if !bytes.Equal(back.Bytes(), want) {
			rt.Fatalf("read %s, want %s", back.Bytes(), want)
		}
	})
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Fatalf("%d temporary files are left: %v", len(left), err)
	}
}

func unzip(t testing.TB, data []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

// TestManyBlocks: what is compressed block by block is all of it, in order, and its bytes depend on the lines alone.
func TestManyBlocks(t *testing.T) {
	t.Parallel()
	facts := map[string]any{}
	for n := range 20_000 {
		facts[fmt.Sprintf("%05d", n*7919%20_000)] = strings.Repeat(fmt.Sprint(n), 20)
	}
	blobs := newHeapBlobs()
	r := made(t, blobs, facts, Limits{})
	var lines, want, block bytes.Buffer
	cut := func() {
		want.Write(fastZipped(block.Bytes()))
		block.Reset()
	}
	w := newLineWriter()
	for _, key := range slices.Sorted(maps.Keys(facts)) {
		line, err := w.write(key, facts[key])
		if err != nil {
			t.Fatal(err)
		}
		lines.Write(line)
		if block.Write(line); block.Len() >= packed {
			cut()
		}
	}
	cut()
	if lines.Len() < 3*packed || !bytes.Equal(unzip(t, blobs.all[r.Blob]), lines.Bytes()) || r.Digest != DigestOf(lines.Bytes()) {
		t.Errorf("the lines are others than those of %d bytes that were emitted", lines.Len())
	}
	if !bytes.Equal(blobs.all[r.Blob], want.Bytes()) {
		t.Error("the blob is not made of blocks that the lines alone decide on")
	}
}

func fastZipped(plain []byte) []byte {
	var all bytes.Buffer
	z, _ := gzip.NewWriterLevel(&all, gzip.BestSpeed)
	_, _ = z.Write(plain)
	_ = z.Close()
	return all.Bytes()
}

// TestEqualFactsAreOneBlob: what is compressed twice comes out the same.
func TestEqualFactsAreOneBlob(t *testing.T) {
	t.Parallel()
	blobs := newHeapBlobs()
	facts := map[string]any{"a": 1, "b": "two", "c": nil}
	if a, b := made(t, blobs, facts, Limits{}), made(t, blobs, facts, Limits{}); a.Blob != b.Blob || len(blobs.all) != 1 {
		t.Fatalf("blobs %s and %s", a.Blob, b.Blob)
	}
}

// TestKeyEmittedTwice: it is an error that names the key, in one run and over several, whoever emits.
func TestKeyEmittedTwice(t *testing.T) {
	t.Parallel()
	for _, memory := range []int{1, 50, 1 << 20} {
		i := newTestInspector(t, newHeapBlobs(), InspectorOptions{Memory: memory, Temp: t.TempDir()}, scriptOf("facts", func(_ context.Context, _ Input, emit Emit) error {
			return errors.Join(emit("a", 1), emit("user/root", 1), emit("b", 1), emit("user/root", 2), emit("c", 2))
		}))
		r := inspectOne(t, i, Inspection{Categories: categories("facts")})
		if want := `key "user/root" was emitted twice; each fact needs one of its own`; r.Outcome != Failed || r.Error != want || r.Class != Trouble {
			t.Errorf("memory %d: %s, %s: %s; wanted %s, %s", memory, r.Outcome, r.Class, r.Error, Trouble, want)
		}
	}
}

// TestKeysStayDistinct: two keys that JSON would make one are two.
func TestKeysStayDistinct(t *testing.T) {
	t.Parallel()
	blobs := newHeapBlobs()
	r := made(t, blobs, map[string]any{"a\xff": 1, "a\xfe": 2, "a\ufffd": 3, `"a\xff"`: 4, `a\xff`: 5}, Limits{})
	want := []Item{
		{`"\"a\\xff\""`, json.RawMessage("4")},
		{`"a\xfe"`, json.RawMessage("2")},
		{`"a\xff"`, json.RawMessage("1")},
		{`a\xff`, json.RawMessage("5")},
		{"a\ufffd", json.RawMessage("3")},
	}
	if diff := cmp.Diff(want, allItems(t, blobs, r)); diff != "" {
		t.Fatal(diff)
	}
}

// TestValueThatIsNotUTF8: what a json.RawMessage brings is made UTF-8.
func TestValueThatIsNotUTF8(t *testing.T) {
	t.Parallel()
	blobs := newHeapBlobs()
	r := made(t, blobs, map[string]any{"a": json.RawMessage("\"x\xffy\"")}, Limits{})
	if diff := cmp.Diff([]Item{{"a", json.RawMessage("\"x\ufffdy\"")}}, allItems(t, blobs, r)); diff != "" {
		t.Fatal(diff)
	}
}

// TestWriterLimits: what is beyond the limits of items and bytes is an ErrLimit, and what was let through is kept; a large item is left out alone.
func TestWriterLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, 100), 0, 30).Draw(rt, "sizes")
		limits := Limits{
			Items: rapid.IntRange(1, 30).Draw(rt, "items"),
			Bytes: rapid.Int64Range(1, 2000).Draw(rt, "bytes"),
			Item:  rapid.IntRange(1, 100).Draw(rt, "item"),
		}
		// What is let through, by a simple model.
		var items, large int
		var size int64
		limited := false
		for n, s := range sizes {
			line := len(fmt.Sprintf(`{"key":"%03d","value":"%s"}`+"\n", n, strings.Repeat("x", s)))
			if line > limits.Item {
				large++
				continue
			}
			if limited = items >= limits.Items || size+int64(line) > limits.Bytes; limited {
				break
			}
			items++
			size += int64(line)
		}
		blobs := newHeapBlobs()
		var mu sync.Mutex
		var refused error
		i := newTestInspector(t, blobs, InspectorOptions{}, scriptOf("facts", func(_ context.Context, _ Input, emit Emit) error {
			for n, s := range sizes {
				if err := emit(fmt.Sprintf("%03d", n), strings.Repeat("x", s)); err != nil {
					mu.Lock()
					refused = err
					mu.Unlock()
					return fmt.Errorf("at %d: %w", n, err)
				}
			}
			return nil
		}))
		r := inspectOne(t, i, Inspection{Categories: categories("facts"), Limits: limits})
		want := OK
		switch {
		case limited || large > 0:
			want = Partial
		case items == 0:
			want = Empty
		}
		met := large
		if limited {
			met++
		}
		if r.Outcome != want || r.Items != items || r.Bytes != size || r.Met != met || errors.Is(refused, ErrLimit) != limited {
			rt.Fatalf("%s with %d items, %d bytes and %d problems (%v), refused %v; wanted %s with %d, %d and %d, refused: %v",
				r.Outcome, r.Items, r.Bytes, r.Met, r.Problems, refused, want, items, size, met, limited)
		}
		if got := len(allItems(t, blobs, r)); got != items {
			rt.Fatalf("%d items are there; %d were let through", got, items)
		}
	})
}

// TestLimitsAreMetExactly: as much as a limit says is let through.
func TestLimitsAreMetExactly(t *testing.T) {
	t.Parallel()
	facts := map[string]any{"a": 1, "b": 2}
	for want, limits := range map[Outcome][]Limits{
		OK:      {{Items: 2}, {Bytes: int64(len(twoLines))}, {Item: len(twoLines) / 2}, {Items: -1, Bytes: -1, Item: -1}},
		Partial: {{Items: 1}, {Bytes: int64(len(twoLines)) - 1}, {Item: len(twoLines)/2 - 1}},
	} {
		for _, l := range limits {
			if r := made(t, newHeapBlobs(), facts, l); r.Outcome != want {
				t.Errorf("%+v: %s, wanted %s", l, r.Outcome, want)
			}
		}
	}
}

// TestFileHasNoName: what does not fit into memory is in a file that nobody finds, and that is gone whatever becomes of the program.
func TestFileHasNoName(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("a file that is open has a name there")
	}
	temp := t.TempDir()
	i := newTestInspector(t, newHeapBlobs(), InspectorOptions{Memory: 1, Temp: temp}, scriptOf("facts", func(_ context.Context, _ Input, emit Emit) error {
		err := errors.Join(emit("a", 1), emit("b", 2))
		left, _ := os.ReadDir(temp)
		if len(left) > 0 {
			t.Errorf("there is %s", left[0].Name())
		}
		return err
	}))
	if r := inspectOne(t, i, Inspection{Categories: categories("facts")}); r.Outcome != OK || r.Items != 2 {
		t.Errorf("%+v", r)
	}
}

// TestValueThatIsNoJSON: an error of Emit fails the category also where the scanner passes over it.
func TestValueThatIsNoJSON(t *testing.T) {
	t.Parallel()
	i := newTestInspector(t, newHeapBlobs(), InspectorOptions{}, scriptOf("facts", func(_ context.Context, _ Input, emit Emit) error {
		if emit("a", func() {}) == nil {
			t.Error("a function was taken for a fact")
		}
		_ = emit("b", 1)
		return nil
	}))
	r := inspectOne(t, i, Inspection{Categories: categories("facts")})
	if r.Outcome != Failed || !strings.Contains(r.Error, `the value under key "a"`) {
		t.Fatalf("%s: %s", r.Outcome, r.Error)
	}
}

// TestNoPlaceForRuns: what does not fit into memory nor into a file fails the category, and says so.
func TestNoPlaceForRuns(t *testing.T) {
	t.Parallel()
	i := newTestInspector(t, newHeapBlobs(), InspectorOptions{Memory: 1, Temp: t.TempDir() + "/none"}, scriptOf("facts", func(_ context.Context, _ Input, emit Emit) error {
		_ = emit("a", 1)
		return nil
	}))
	r := inspectOne(t, i, Inspection{Categories: categories("facts")})
	if r.Outcome != Failed || r.Class != Lost || !strings.Contains(r.Error, "could not be kept in a file") {
		t.Fatalf("%s, %s: %s", r.Outcome, r.Class, r.Error)
	}
}

// TestBrokenRuns: a file that cannot be read any more is no fault of the target either, and not the end of the facts.
func TestBrokenRuns(t *testing.T) {
	t.Parallel()
	r := &runs{folder: t.TempDir(), memory: 1}
	for _, key := range []string{"a", "b"} {
		line, err := newLineWriter().write(key, 1)
		if err == nil {
			err = r.spill(r.add(key, line))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := r.file.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := r.sorted()
	if class, _ := classOf(err); err == nil || class != Lost {
		t.Errorf("the error is %v, of class %s", err, class)
	}
}
