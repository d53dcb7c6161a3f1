package packages_test

import (
	"bytes"
	"compress/gzip"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/packages"
)

// found is what came of a scan.
type found struct {
	facts    map[string]packages.Package
	problems []string
	err      error
}

// look has a scanner look into a tree, for its only category.
func look(t testing.TB, s scan.Scanner, fsys fs.FS, config string) found {
	t.Helper()
	return lookWithin(t, s, fsys, config, scan.Limits{})
}

func lookWithin(t testing.TB, s scan.Scanner, fsys fs.FS, config string, limits scan.Limits) found {
	t.Helper()
	out := found{facts: map[string]packages.Package{}}
	tree := scan.NewTree(t.Context(), fsys, limits)
	var mu sync.Mutex
	out.err = s.Scan(t.Context(), scan.Input{Category: s.Categories()[0], Config: json.RawMessage(config), Tree: tree}, func(key string, value any) error {
		mu.Lock()
		defer mu.Unlock()
		if _, twice := out.facts[key]; twice {
			t.Errorf("%s is emitted twice", key)
		}
		b, err := json.Marshal(value)
		if err != nil || bytes.Contains(b, []byte(`\ufffd`)) {
			t.Errorf("%s: %s: %v", key, b, err)
		}
		var p packages.Package
		if err := json.Unmarshal(b, &p); err != nil {
			t.Error(err)
		}
		if p.Name == "" || p.Version == "" && p.State != packages.Locked || p.State == "" {
			t.Errorf("%s: %+v", key, p)
		}
		out.facts[key] = p
		return nil
	})
	listed, _ := tree.Problems()
	for _, p := range listed {
		out.problems = append(out.problems, p.Path+": "+p.Text)
	}
	return out
}

func (f found) keys() []string {
	keys := make([]string, 0, len(f.facts))
	for key := range f.facts {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: -want +got\n%s", what, d)
	}
}

// unzipped returns what is in a file of testdata.
func unzipped(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rpmTree returns a tree with a database of rpm.
func rpmTree(name string, b []byte) fstest.MapFS {
	return fstest.MapFS{"var/lib/rpm/" + name: {Data: b}}
}

// empty fails if there is anything in a folder.
func empty(t testing.TB, folder string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func manifest(name, version string) *fstest.MapFile {
	return &fstest.MapFile{Data: fmt.Appendf(nil, `{"name":%q,"version":%q,"license":"MIT"}`, name, version)}
}

// sqliteFile returns a database of SQLite.
func sqliteFile(t testing.TB, statements string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ExecContext(t.Context(), statements); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
