package scan_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/reeve-go/reeve/scan"
)

// BenchmarkTreeWalk reads and digests a tree of 200,000 small files (20,000 with -short), with fs.WalkDir alone and through a Tree over the same file
// system; and what a fingerprint takes beside.
func BenchmarkTreeWalk(b *testing.B) {
	root := b.TempDir()
	files := grow(b, root)
	dir, err := scan.OpenDir(root, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = dir.Close() }()
	osRoot, err := os.OpenRoot(root)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = osRoot.Close() }()
	for _, fsys := range []struct {
		name string
		fs.FS
	}{{"Dir", dir}, {"Root", osRoot.FS()}, {"DirFS", os.DirFS(root)}} {
		b.Run(fsys.name+"/plain", func(b *testing.B) {
			each(b, files, func() int { return plain(b, fsys.FS) })
		})
		b.Run(fsys.name+"/tree", func(b *testing.B) {
			each(b, files, func() int { return through(b, scan.NewTree(b.Context(), fsys.FS, scan.Limits{})) })
		})
		b.Run(fsys.name+"/fingerprint", func(b *testing.B) {
			for settled := false; !settled; { // The tree is new.
				_, settled, _ = scan.Fingerprint(b.Context(), fsys.FS, nil, scan.Limits{})
			}
			each(b, files, func() int {
				if _, settled, err := scan.Fingerprint(b.Context(), fsys.FS, nil, scan.Limits{}); err != nil || !settled {
					b.Fatal(settled, err)
				}
				return files
			})
		})
	}
}

func each(b *testing.B, files int, f func() int) {
	b.Helper()
	b.ReportAllocs()
	before := work(b)
	for b.Loop() {
		if got := f(); got != files {
			b.Fatalf("%d files of %d", got, files)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*files), "ns/file")
	b.ReportMetric(float64(work(b)-before)/float64(b.N*files), "cpu-ns/file")
}

// work is how long processors have worked for this process, which others on the machine do not change by much.
func work(b *testing.B) int64 {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return used.Utime.Nano() + used.Stime.Nano()
}

func plain(b *testing.B, fsys fs.FS) (files int) {
	b.Helper()
	hash, buf := sha256.New(), make([]byte, 32<<10)
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		f, err := fsys.Open(name)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		hash.Reset()
		_, err = io.CopyBuffer(hash, struct{ io.Reader }{f}, buf)
		files++
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return files
}

func through(b *testing.B, t *scan.Tree) (files int) {
	b.Helper()
	hash, buf := sha256.New(), make([]byte, 32<<10)
	err := t.Walk(".", func(name string, e fs.DirEntry) error {
		if !e.Type().IsRegular() {
			return nil
		}
		files++
		_, err := t.ReadEntry(name, e, func(r io.Reader, _ fs.FileInfo) error {
			hash.Reset()
			_, err := io.CopyBuffer(hash, struct{ io.Reader }{r}, buf)
			return err
		})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return files
}

// grow makes a tree of many small files, three folders deep.
func grow(b *testing.B, root string) (files int) {
	b.Helper()
	tops := 20
	if testing.Short() {
		tops = 2
	}
	data := make([]byte, 1000)
	for i := range tops * 100 {
		folder := filepath.Join(root, fmt.Sprintf("top%d", i/100), fmt.Sprintf("middle%d", i/10%10), fmt.Sprintf("low%d", i%10))
		if err := os.MkdirAll(folder, 0o755); err != nil {
			b.Fatal(err)
		}
		for j := range 100 {
			data[0], data[1] = byte(i), byte(j)
			if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("file%d.conf", j)), data[:200+j*8], 0o600); err != nil {
				b.Fatal(err)
			}
			files++
		}
	}
	return files
}
