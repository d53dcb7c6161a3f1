package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/scantest"
)

// dirBlobs are blobs in a folder that tests look into.
type dirBlobs struct {
	*scan.DirBlobs

	dir string
}

func blobsIn(t testing.TB, dir string) *dirBlobs {
	t.Helper()
	b, err := scan.NewDirBlobs(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &dirBlobs{b, dir}
}

// files returns the paths of all files beneath a folder.
func files(t testing.TB, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// fileOf returns the path of the file of a blob.
func (b *dirBlobs) fileOf(t testing.TB, d scan.Digest) string {
	t.Helper()
	for _, path := range files(t, b.dir) {
		if strings.HasSuffix(string(d), ":"+filepath.Base(path)) {
			return path
		}
	}
	t.Fatalf("there is no file of %s", d)
	return ""
}

func TestDirBlobs(t *testing.T) {
	t.Parallel()
	scantest.TestBlobs(t, func(t testing.TB) scan.Blobs { return blobsIn(t, t.TempDir()) }, &scantest.BlobsOptions{
		Reopen: func(t testing.TB, b scan.Blobs) scan.Blobs { return blobsIn(t, b.(*dirBlobs).dir) },
		Corrupt: func(t testing.TB, b scan.Blobs, d scan.Digest) {
			b.(*dirBlobs).damage(t, d, func(data []byte) []byte { data[len(data)/2] ^= 1; return data })
		},
	})
}

// damage changes what is in the file of a blob.
func (b *dirBlobs) damage(t testing.TB, d scan.Digest, by func([]byte) []byte) {
	t.Helper()
	path := b.fileOf(t, d)
	data, err := os.ReadFile(path)
	if err := errors.Join(err, os.WriteFile(path, by(data), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// However a file was damaged, its reader says so at the end, and to put it once more mends it.
func TestDamagedBlobs(t *testing.T) {
	t.Parallel()
	for name, by := range map[string]func([]byte) []byte{
		"cut off": func(data []byte) []byte { return data[:len(data)-1] },
		"longer":  func(data []byte) []byte { return append(data, 0) },
		"empty":   func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := blobsIn(t, t.TempDir())
			for range 2 {
				d, _, err := b.Put(t.Context(), strings.NewReader("an apple"))
				if err != nil {
					t.Fatal(err)
				}
				if err := readWhole(t.Context(), b, scan.Blob{Digest: d, Size: 8}); err != nil {
					t.Error(err)
				}
				b.damage(t, d, by)
				if err := readWhole(t.Context(), b, scan.Blob{Digest: d, Size: 8}); !errors.Is(err, scan.ErrCorrupt) {
					t.Errorf("the error is %v; it must be ErrCorrupt", err)
				}
			}
		})
	}
}

// readWhole reads a blob to its end.
func readWhole(ctx context.Context, blobs scan.Blobs, b scan.Blob) error {
	r, err := blobs.Open(ctx, b.Digest)
	if err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, r)
	if err == nil && n != b.Size {
		err = fmt.Errorf("%s has %d bytes; %d were listed", b.Digest, n, b.Size)
	}
	return errors.Join(err, r.Close())
}

// What a program that was killed has left is removed, but not what one may still be writing.
func TestDirBlobsSweep(t *testing.T) {
	t.Parallel()
	b := blobsIn(t, t.TempDir())
	d, _, err := b.Put(t.Context(), strings.NewReader("an apple"))
	if err != nil {
		t.Fatal(err)
	}
	blob := b.fileOf(t, d)
	for name, age := range map[string]time.Duration{"old": 2 * time.Hour, "young": 0} {
		path, at := filepath.Join(b.dir, "new", name), time.Now().Add(-age)
		if err := errors.Join(os.WriteFile(path, []byte("half"), 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-1000 * time.Hour)
	if err := os.Chtimes(blob, long, long); err != nil {
		t.Fatal(err)
	}
	blobsIn(t, b.dir)
	for path, want := range map[string]bool{filepath.Join(b.dir, "new", "old"): false, filepath.Join(b.dir, "new", "young"): true, blob: true} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v; want %v", path, err == nil, want)
		}
	}
}

// What is in the folder and no blob is left alone, and not listed.
func TestDirBlobsListsBlobsAlone(t *testing.T) {
	t.Parallel()
	b := blobsIn(t, t.TempDir())
	d, _, err := b.Put(t.Context(), strings.NewReader("an apple"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(b.fileOf(t, d))
	digits := strings.TrimPrefix(string(scan.DigestOf([]byte("a pear"))), "sha256:")
	elsewhere := "00" + digits[2:]
	if filepath.Base(folder) == "00" {
		elsewhere = "01" + digits[2:]
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(folder, "README"), nil, 0o600),
		os.WriteFile(filepath.Join(folder, elsewhere), nil, 0o600), // in the wrong folder
		os.Mkdir(filepath.Join(folder, filepath.Base(folder)+digits[2:]), 0o700),
		os.WriteFile(filepath.Join(b.dir, digits), nil, 0o600),
	)
	if err != nil {
		t.Fatal(err)
	}
	for blob, err := range b.List(t.Context()) {
		if err != nil || blob.Digest != d {
			t.Errorf("List yields %s (%v); there is one blob, %s", blob.Digest, err, d)
		}
	}
}

func TestDirBlobsLimit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b, err := scan.NewDirBlobs(dir, &scan.DirBlobsOptions{Max: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]bool{0: true, 999: true, 1000: true, 1001: false, 100_000: false} {
		_, _, err := b.Put(t.Context(), bytes.NewReader(bytes.Repeat([]byte{byte(n)}, n)))
		if (err == nil) != want || err != nil && !strings.Contains(err.Error(), "more than 1000 bytes") {
			t.Errorf("Put of %d bytes: %v; at most 1000 are right", n, err)
		}
	}
	if left := files(t, dir); len(left) != 3 {
		t.Errorf("three blobs were put; there are the files %v", left)
	}
}

func TestNewDirBlobsRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"", file, filepath.Join(file, "below")} {
		if _, err := scan.NewDirBlobs(dir, nil); err == nil || !strings.HasPrefix(err.Error(), "scan: blobs in ") {
			t.Errorf("NewDirBlobs in %q: the error is %v; it must fail", dir, err)
		}
	}
}

// The folder shows to nobody else what was found in somebody's machines.
func TestDirBlobsAreTheirOwners(t *testing.T) {
	t.Parallel()
	b := blobsIn(t, filepath.Join(t.TempDir(), "deep", "blobs"))
	d, _, err := b.Put(t.Context(), strings.NewReader("an apple"))
	if err != nil {
		t.Fatal(err)
	}
	path := b.fileOf(t, d)
	for path, want := range map[string]fs.FileMode{path: 0o600, filepath.Dir(path): 0o700, b.dir: 0o700} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v (%v); want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

// A file of much more than memory holds goes through in pieces.
func TestDirBlobsStream(t *testing.T) {
	t.Parallel()
	b := blobsIn(t, t.TempDir())
	const size = 64 << 20
	source := &counting{Reader: io.LimitReader(zeros{}, size)}
	d, n, err := b.Put(t.Context(), source)
	if err != nil || n != size {
		t.Fatalf("Put of %d bytes: %d, %v", size, n, err)
	}
	if source.most > 1<<20 {
		t.Errorf("Put reads %d bytes at once; small pieces are right", source.most)
	}
	r, err := b.Open(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	n, err = io.Copy(io.Discard, struct{ io.Reader }{r})
	if err := errors.Join(err, r.Close()); n != size || err != nil {
		t.Errorf("read were %d bytes, and then %v; want %d", n, err, size)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// Counting notes how much is read at once.
type counting struct {
	io.Reader

	most int
}

func (c *counting) Read(p []byte) (int, error) {
	c.most = max(c.most, len(p))
	return c.Reader.Read(p)
}

func ExampleNewDirBlobs() {
	dir, err := os.MkdirTemp("", "blobs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir) //nolint:errcheck // the example is over
	ctx := context.Background()
	blobs, err := scan.NewDirBlobs(dir, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	digest, size, err := blobs.Put(ctx, strings.NewReader("root:x:0:0"))
	fmt.Println(digest[:15], size, err)
	// Output: sha256:89ef98f8 10 <nil>
}
