package scan

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
)

// heapBlobs are blobs in memory.
type heapBlobs struct {
	mu     sync.Mutex
	all    map[Digest][]byte
	opened int
	// refuse, if it is set, is what Put and Open answer.
	refuse error
}

func newHeapBlobs() *heapBlobs { return &heapBlobs{all: map[Digest][]byte{}} }

func (h *heapBlobs) Put(_ context.Context, r io.Reader) (Digest, int64, error) {
	data, err := io.ReadAll(r)
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		err = h.refuse
	}
	if err != nil {
		return "", 0, err
	}
	d := DigestOf(data)
	h.all[d] = data
	return d, int64(len(data)), nil
}

func (h *heapBlobs) Open(_ context.Context, d Digest) (io.ReadCloser, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opened++
	data, ok := h.all[d]
	switch {
	case h.refuse != nil:
		return nil, h.refuse
	case !ok:
		return nil, fmt.Errorf("%s: %w", d, ErrNoBlob)
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

func (h *heapBlobs) Delete(_ context.Context, d Digest) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, d)
	return nil
}

func (h *heapBlobs) List(context.Context) iter.Seq2[Blob, error] {
	return func(func(Blob, error) bool) {}
}

// A scripted scanner does for each category what its script says.
type scripted struct {
	name    string
	version string
	scripts map[string]func(ctx context.Context, in Input, emit Emit) error
	scope   []string
}

func (s *scripted) Name() string    { return s.name }
func (s *scripted) Version() string { return s.version }

func (s *scripted) Categories() []string {
	var all []string
	for c := range s.scripts {
		all = append(all, c)
	}
	slices.Sort(all)
	return all
}

func (s *scripted) Scope(string, json.RawMessage) []string { return s.scope }

func (s *scripted) Scan(ctx context.Context, in Input, emit Emit) error {
	return s.scripts[in.Category](ctx, in, emit)
}

// scripts returns a scanner of one category.
func scriptOf(category string, script func(ctx context.Context, in Input, emit Emit) error) *scripted {
	return &scripted{name: "script", version: "1", scripts: map[string]func(context.Context, Input, Emit) error{category: script}}
}

// quiet are options with a logger that says nothing.
func quiet(o InspectorOptions) *InspectorOptions {
	o.Logger = slog.New(slog.DiscardHandler)
	return &o
}

func newTestInspector(t testing.TB, blobs Blobs, o InspectorOptions, scanners ...Scanner) *Inspector {
	t.Helper()
	i, err := NewInspector(blobs, scanners, quiet(o))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// inspectOne returns the result of the only category asked for.
func inspectOne(t testing.TB, i *Inspector, in Inspection) Result {
	t.Helper()
	if in.Target == "" {
		in.Target = "t"
	}
	if in.Content == "" {
		in.Content = "c"
	}
	results, err := i.Inspect(t.Context(), fstest.MapFS{}, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := results[0].check(); err != nil {
		t.Fatalf("a result that no decoder takes: %v: %+v", err, results[0])
	}
	return results[0]
}

func categories(names ...string) []Category {
	var all []Category
	for _, name := range names {
		all = append(all, Category{Name: name})
	}
	return all
}

// allItems returns the items of a result.
func allItems(t testing.TB, blobs Blobs, r Result) []Item {
	t.Helper()
	var all []Item
	for item, err := range Items(t.Context(), blobs, r) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, item)
	}
	return all
}

// made returns a result with these facts.
func made(t testing.TB, blobs Blobs, facts map[string]any, limits Limits) Result {
	t.Helper()
	return inspectOne(t, newTestInspector(t, blobs, InspectorOptions{}, scriptOf("facts", func(_ context.Context, _ Input, emit Emit) error {
		for key, value := range facts {
			if err := emit(key, value); err != nil {
				return err
			}
		}
		return nil
	})), Inspection{Categories: categories("facts"), Limits: limits})
}
