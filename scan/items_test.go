package scan

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func zipped(plain string) []byte {
	var all bytes.Buffer
	z := gzip.NewWriter(&all)
	_, _ = z.Write([]byte(plain))
	_ = z.Close()
	return all.Bytes()
}

const twoLines = `{"key":"a","value":1}` + "\n" + `{"key":"b","value":2}` + "\n"

// resultOf returns what says the truth of these lines in this blob.
func resultOf(lines string, blob []byte) Result {
	return Result{
		Category: "facts", Outcome: OK, Items: strings.Count(lines, "\n"), Bytes: int64(len(lines)), Digest: DigestOf([]byte(lines)), Blob: DigestOf(blob),
	}
}

// lastError returns how many items there are, and the error in the end.
func lastError(ctx context.Context, blobs Blobs, r Result) (n int, err error) {
	for _, err := range Items(ctx, blobs, r) {
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// TestHostileBlobs: whatever is not what the result says is corrupt, however the blob lies.
func TestHostileBlobs(t *testing.T) {
	t.Parallel()
	endless := `{"key":"a","value":"` + strings.Repeat("x", MaxItem) + `"}` + "\n"
	for _, row := range []struct {
		name  string
		lines string
		blob  []byte
		lie   func(r *Result)
		want  string // a part of the error; empty: there is none
	}{
		{"right", twoLines, zipped(twoLines), nil, ""},
		{"two members", twoLines, append(zipped(twoLines[:22]), zipped(twoLines[22:])...), nil, ""},
		{"no gzip", twoLines, []byte(twoLines), nil, "gzip: invalid header"},
		{"nothing", twoLines, nil, nil, "EOF"},
		{"cut off", twoLines, zipped(twoLines)[:30], nil, "unexpected EOF"},
		{"something after it", twoLines, append(zipped(twoLines), 1), nil, "EOF"},
		{"fewer lines", twoLines, zipped(twoLines[:22]), nil, "there are 1 with 22 bytes; the result says 2 with 44"},
		{"more lines", twoLines[:22], zipped(twoLines), nil, "has no end"},
		{"other lines", twoLines, zipped(strings.Replace(twoLines, "2", "3", 1)), nil, "their digest is"},
		{"a count that is wrong", twoLines, zipped(twoLines), func(r *Result) { r.Items = 3 }, "there are 2 with 44 bytes; the result says 3"},
		{"no digest", twoLines, zipped(twoLines), func(r *Result) { r.Digest = "" }, "their digest is"},
		{"no blob", twoLines, nil, func(r *Result) { r.Blob = "" }, "there are 0 with 0 bytes"},
		{"a negative size", twoLines, zipped(twoLines), func(r *Result) { r.Bytes = -1 }, "there cannot be"},
		{"a size that nothing has", twoLines, zipped(twoLines), func(r *Result) { r.Bytes = 1 << 62 }, "there cannot be"},
		{"a wrong order", twoLines[22:] + twoLines[:22], zipped(twoLines[22:] + twoLines[:22]), nil, `key "a" is not after key "b"`},
		{"a key twice", twoLines[:22] + twoLines[:22], zipped(twoLines[:22] + twoLines[:22]), nil, `key "a" is not after key "a"`},
		{"a bomb", twoLines, zipped(strings.Repeat("\x00", 64<<20)), nil, "has no end"},
		{"a bomb of nothing", twoLines, bytes.Repeat(zipped(""), 1<<20), nil, "EOF"},
		{"an item that is too large", endless, zipped(endless), nil, "has more than 16777216 bytes"},
		{"no newline", twoLines[:43], zipped(twoLines[:43]), func(r *Result) { r.Items = 2 }, "has no end"},
		{"no line", "x\n", zipped("x\n"), nil, "is not of the form"},
		{"an empty line", "\n", zipped("\n"), nil, "is not of the form"},
		{"a value that is no JSON", line(`"a"`, "x"), zipped(line(`"a"`, "x")), nil, "is not of the form"},
		{"two values", line(`"a"`, "1,2"), zipped(line(`"a"`, "1,2")), nil, "is not of the form"},
		{"a key that is no text", line(`1`, "1"), zipped(line(`1`, "1")), nil, "is not of the form"},
		{"a key with no end", line(`"a`, "1"), zipped(line(`"a`, "1")), nil, "is not of the form"},
		{"a key with a control character", line("\"\x01\"", "1"), zipped(line("\"\x01\"", "1")), nil, "is not of the form"},
		{"a key with a wrong escape", line(`"\x"`, "1"), zipped(line(`"\x"`, "1")), nil, "is not of the form"},
		{"a key that is not UTF-8", line("\"\xff\"", "1"), zipped(line("\"\xff\"", "1")), nil, "is not of the form"},
		{"a value that is not UTF-8", line(`"a"`, "\"\xff\""), zipped(line(`"a"`, "\"\xff\"")), nil, "is not of the form"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			blobs := newHeapBlobs()
			blobs.all[DigestOf(row.blob)] = row.blob
			r := resultOf(row.lines, row.blob)
			if row.lie != nil {
				row.lie(&r)
			}
			_, err := lastError(t.Context(), blobs, r)
			if row.want == "" && err != nil || row.want != "" && (!errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), row.want)) {
				t.Errorf("got %v, want %s", err, row.want)
			}
			if err != nil && len(err.Error()) > 500 {
				t.Errorf("the error repeats too much of the blob: %d bytes", len(err.Error()))
			}
		})
	}
}

func line(key, value string) string { return lineKey + key + lineValue + value + lineEnd }

// TestItemsThatCannotBeHad: a result without items, a blob that is gone, blobs that cannot be read, a context that has ended. None of them is corrupt.
func TestItemsThatCannotBeHad(t *testing.T) {
	t.Parallel()
	blobs := newHeapBlobs()
	r := resultOf(twoLines, zipped(twoLines))
	if _, err := lastError(t.Context(), blobs, r); !errors.Is(err, ErrNoBlob) {
		t.Errorf("no blob: %v", err)
	}
	for _, o := range []Outcome{Failed, Skipped, ""} {
		want := fmt.Sprintf(`scan: category "facts" has no items, its outcome is %q: "why"`, o)
		if _, err := lastError(t.Context(), blobs, Result{Category: "facts", Outcome: o, Error: "why"}); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if n, err := lastError(t.Context(), blobs, Result{Category: "facts", Outcome: Empty, Digest: DigestOf(nil)}); n != 0 || err != nil {
		t.Errorf("empty: %d, %v", n, err)
	}
	for _, torn := range []error{errors.New("the line is torn"), fmt.Errorf("the line is torn: %w", io.EOF)} {
		if _, err := lastError(t.Context(), tornBlobs{blobs, torn}, r); !errors.Is(err, torn) || errors.Is(err, ErrCorrupt) {
			t.Errorf("torn: %v", err)
		}
	}
	blobs.all[r.Blob] = zipped(twoLines)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lastError(ctx, blobs, r); !errors.Is(err, context.Canceled) || errors.Is(err, ErrCorrupt) {
		t.Errorf("canceled: %v", err)
	}
}

// tornBlobs are blobs whose bytes stop coming.
type tornBlobs struct {
	Blobs

	err error
}

func (b tornBlobs) Open(context.Context, Digest) (io.ReadCloser, error) {
	return io.NopCloser(io.MultiReader(bytes.NewReader(zipped(twoLines)[:20]), failing{b.err})), nil
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// TestItemsAreTheirOwn: an item stays as it is when the next ones are read, and who has seen enough can stop.
func TestItemsAreTheirOwn(t *testing.T) {
	t.Parallel()
	blobs := newHeapBlobs()
	facts := map[string]any{}
	var want []Item
	for n := range 5000 {
		key := fmt.Sprintf("%04d", n)
		facts[key] = n
		want = append(want, Item{key, fmt.Append(nil, n)})
	}
	r := made(t, blobs, facts, Limits{})
	if diff := cmp.Diff(want, allItems(t, blobs, r)); diff != "" {
		t.Error(diff)
	}
	for item, err := range Items(t.Context(), blobs, r) {
		if err != nil || item.Key != "0000" {
			t.Error(item, err)
		}
		break
	}
}

// FuzzItems: no blob makes more of itself than its result says, and what is read to the end is what the result says.
func FuzzItems(f *testing.F) {
	f.Add(zipped(twoLines), 2, int64(len(twoLines)), true)
	f.Add(zipped(twoLines), 1, int64(22), true)
	f.Add([]byte(twoLines), 2, int64(len(twoLines)), false)
	f.Add([]byte(line(`"a\u0041\ud83d\ude00"`, `{"x":[1,2]}`)), 1, int64(50), false)
	f.Add([]byte{}, 0, int64(0), true)
	f.Fuzz(func(t *testing.T, data []byte, items int, size int64, packed bool) {
		lines := ""
		if !packed { // the fuzzer writes the lines themselves, and we say the truth of them
			lines, data = string(data), zipped(string(data))
			items, size = strings.Count(lines, "\n"), int64(len(lines))
		}
		blobs := newHeapBlobs()
		blobs.all[DigestOf(data)] = data
		r := Result{Category: "facts", Outcome: OK, Items: items, Bytes: size, Digest: DigestOf([]byte(lines)), Blob: DigestOf(data)}
		n, read := 0, 0
		before := ""
		w := newLineWriter()
		for item, err := range Items(t.Context(), blobs, r) {
			if err != nil {
				if !errors.Is(err, ErrCorrupt) {
					t.Fatal(err)
				}
				return
			}
			if n++; n > 1 && item.Key <= before {
				t.Fatalf("key %q after %q", item.Key, before)
			}
			before = item.Key
			read += len(item.Key) + len(item.Value)
			if _, err := w.write(item.Key, item.Value); err != nil {
				t.Fatalf("%q cannot be written again: %v", item.Value, err)
			}
		}
		if n != items || int64(read) > size {
			t.Fatalf("%d items with %d bytes, the result says %d with %d", n, read, items, size)
		}
	})
}
