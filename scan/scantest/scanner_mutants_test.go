package scantest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/reeve-go/reeve/internal/recordtest"
	"github.com/reeve-go/reeve/scan"
)

// A lister is a scanner that tells of the files in etc, and is right unless something of it is replaced.
type lister struct {
	name, version string
	categories    []string
	scan          func(ctx context.Context, in scan.Input, emit scan.Emit) error
	scope         []string
}

func (l *lister) Name() string                                   { return l.name }
func (l *lister) Version() string                                { return l.version }
func (l *lister) Categories() []string                           { return l.categories }
func (l *lister) Scope(_ string, _ json.RawMessage) (s []string) { return l.scope }

func (l *lister) Scan(ctx context.Context, in scan.Input, emit scan.Emit) error {
	return l.scan(ctx, in, emit)
}

func newLister() *lister {
	return &lister{name: "lister", version: "1", categories: []string{"files"}, scope: []string{"etc"}, scan: list}
}

func list(ctx context.Context, in scan.Input, emit scan.Emit) error {
	if in.Category != "files" {
		return scan.Fail(fmt.Errorf("there is no category %q", in.Category))
	}
	return in.Tree.Walk("etc", func(path string, e fs.DirEntry) error {
		if !e.Type().IsRegular() {
			return nil
		}
		data, err := in.Tree.ReadFile(path)
		if err != nil {
			return context.Cause(ctx) // else the tree has noted it
		}
		return emit(path, len(data))
	})
}

func listed() fs.FS {
	return fstest.MapFS{
		"etc/passwd": {Data: []byte("root:x:0:0")}, "etc/group": {Data: []byte("root:x:0:")}, "etc/apt/sources": {Data: []byte("deb")},
		"etc/hosts": {Data: []byte("::1")}, "var/secret": {Data: []byte("xyzzy")},
	}
}

// A scannerMutant breaks one thing.
type scannerMutant struct {
	name, law string
	breaks    func(*lister)
}

func scannerMutants() []scannerMutant {
	scans := func(how func(ctx context.Context, in scan.Input, emit scan.Emit) error) func(*lister) {
		return func(l *lister) { l.scan = how }
	}
	return []scannerMutant{
		{"it has no version", "it says who it is and what it can tell of", func(l *lister) { l.version = "" }},
		{"it has a category twice", "it says who it is and what it can tell of", func(l *lister) { l.categories = []string{"files", "files"} }},
		{"it finds nothing", "there is something in the trees", scans(func(context.Context, scan.Input, scan.Emit) error { return nil })},
		{"it counts its scans", "the same tree has the same facts", func(l *lister) {
			var mu sync.Mutex
			n := 0
			l.scan = func(ctx context.Context, in scan.Input, emit scan.Emit) error {
				mu.Lock()
				n++
				mine := n
				mu.Unlock()
				return list(ctx, in, func(key string, _ any) error { return emit(key, mine) })
			}
		}},
		{"keys are folders", "each fact has a key of its own", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			return list(ctx, in, func(key string, value any) error { return emit(key[:4], value) })
		})},
		{"a key is empty", "each fact has a key of its own", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			return list(ctx, in, func(key string, value any) error { return emit(strings.TrimPrefix(key, "etc/hosts"), value) })
		})},
		{"it does one scan at a time, and no other", "scans at the same time do not mix", func(l *lister) {
			busy := make(chan struct{}, 1)
			l.scan = func(ctx context.Context, in scan.Input, emit scan.Emit) error {
				select {
				case busy <- struct{}{}:
				default:
					return errors.New("it is busy")
				}
				defer func() { <-busy }()
				return list(ctx, in, func(key string, value any) error {
					time.Sleep(time.Millisecond) // so that they meet
					return emit(key, value)
				})
			}
		}},
		{"it has all categories", "a category that it does not have is refused", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			in.Category = "files"
			return list(ctx, in, emit)
		})},
		{"it has nothing of others", "a category that it does not have is refused", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			if in.Category != "files" {
				return nil
			}
			return list(ctx, in, emit)
		})},
		{"it does not care for emit's error", "what emit says is returned", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			return list(ctx, in, func(key string, value any) error { _ = emit(key, value); return nil })
		})},
		{"it has an error of its own for emit's", "what emit says is returned", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			return list(ctx, in, func(key string, value any) error {
				if emit(key, value) != nil {
					return errors.New("it cannot be emitted")
				}
				return nil
			})
		})},
		{"it does not say that its context has ended", "it ends with its context, and says so", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			if err := list(ctx, in, emit); !errors.Is(err, context.Canceled) {
				return err
			}
			return nil
		})},
		{"what cannot be read ends all", "what cannot be read is told, and the rest is found", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			return in.Tree.Walk("etc", func(path string, e fs.DirEntry) error {
				if !e.Type().IsRegular() {
					return nil
				}
				data, err := in.Tree.ReadFile(path)
				if err != nil {
					return err
				}
				return emit(path, len(data))
			})
		})},
		{"it reads all for what is in a part", "it looks at nothing outside of its scope", scans(func(ctx context.Context, in scan.Input, emit scan.Emit) error {
			_, _ = in.Tree.ReadFile("var/secret")
			return list(ctx, in, emit)
		})},
		{"its scope is no path", "it looks at nothing outside of its scope", func(l *lister) { l.scope = []string{"/etc", "etc"} }},
	}
}

// TestScannerMutants shows that the suite is worth something: each thing that a scanner can get wrong is told by the law that is
// named for it.
func TestScannerMutants(t *testing.T) {
	t.Parallel()
	for _, m := range scannerMutants() {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			i := slices.IndexFunc(scannerLaws(), func(l scannerLaw) bool { return l.name == m.law })
			if i < 0 {
				t.Fatalf("there is no law %q", m.law)
			}
			synctest.Test(t, func(t *testing.T) { // who waits a moment, so that others come meanwhile, waits for all of them
				l := newLister()
				m.breaks(l)
				r := &recordtest.Recorder{TB: t}
				r.Run(func() {
					scannerLaws()[i].check(&scannerScene{TB: r, scannerKit: scannerKit{scanner: l, trees: []fs.FS{listed()}}})
				})
				if !r.Failed() {
					t.Errorf("%q finds nothing wrong; it must", m.law)
				}
				t.Log(strings.Join(r.Lines(), "\n"))
			})
		})
	}
}

// Nothing is told of what breaks nothing.
func TestUnbrokenScanner(t *testing.T) {
	t.Parallel()
	TestScanner(t, newLister(), nil, listed(), fstest.MapFS{})
}

func TestEveryScannerLawTells(t *testing.T) {
	t.Parallel()
	for _, l := range scannerLaws() {
		if !slices.ContainsFunc(scannerMutants(), func(m scannerMutant) bool { return m.law == l.name }) {
			t.Errorf("no mutant breaks %q; one must", l.name)
		}
	}
}
