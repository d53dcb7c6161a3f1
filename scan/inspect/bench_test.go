package inspect_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/scantest"
)

// small makes a folder of many small files, 100 in each folder.
func small(b *testing.B) string {
	b.Helper()
	n := 200_000
	if testing.Short() {
		n = 5_000
	}
	dir := b.TempDir()
	for i := range n {
		folder := filepath.Join(dir, fmt.Sprintf("%02d/%02d", i/10_000, i/100%100))
		if i%100 == 0 {
			if err := os.MkdirAll(folder, 0o700); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("file-%02d.txt", i%100)), fmt.Appendf(nil, "%0*d", i%4000, i), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// BenchmarkFiles says how many times as long as a plain walk with the same digests on as many goroutines it takes to tell of the files; stored: and of
// the software too, and to keep the results.
func BenchmarkFiles(b *testing.B) {
	dir := small(b)
	discarded := func(ctx context.Context) error {
		tree := scan.NewTree(ctx, os.DirFS(dir), scan.Limits{})
		return inspect.Files().Scan(ctx, scan.Input{Category: "files", Tree: tree}, func(string, any) error { return nil })
	}
	stored := func(ctx context.Context) error {
		inspector, err := scan.NewInspector(&scantest.MemoryBlobs{}, inspect.All(), nil)
		if err != nil {
			return err
		}
		results, err := inspector.Inspect(ctx, os.DirFS(dir), scan.Inspection{Target: "tree", Categories: []scan.Category{{Name: "files"}, {Name: "software"}}})
		if err == nil && results[0].Outcome != scan.OK {
			err = fmt.Errorf("%+v", results[0])
		}
		return err
	}
	for name, look := range map[string]func(context.Context) error{"discarded": discarded, "stored": stored} {
		b.Run(name, func(b *testing.B) {
			var plain, ours time.Duration
			for b.Loop() {
				began := time.Now()
				if err := plainWalk(os.DirFS(dir)); err != nil {
					b.Fatal(err)
				}
				between := time.Now()
				if err := look(b.Context()); err != nil {
					b.Fatal(err)
				}
				plain, ours = plain+between.Sub(began), ours+time.Since(between)
			}
			b.ReportMetric(float64(ours)/float64(plain), "×plain")
			b.ReportMetric(ours.Seconds()/float64(b.N), "s/look")
		})
	}
}

func plainWalk(fsys fs.FS) error {
	var group errgroup.Group
	names := make(chan string, 1000)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			sum, buffer := sha256.New(), make([]byte, 128<<10)
			for name := range names {
				f, err := fsys.Open(name)
				if err != nil {
					return err
				}
				sum.Reset()
				if _, err := io.CopyBuffer(sum, struct{ io.Reader }{f}, buffer); err != nil {
					return err
				}
				_ = sum.Sum(nil)
				if err := f.Close(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(names)
		return fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() {
				names <- name
			}
			return err
		})
	})
	return group.Wait()
}
