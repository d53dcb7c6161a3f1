package temp_test

import (
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/reeve-go/reeve/internal/temp"
)

func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f, err := temp.New(dir, "test-*")
	if err != nil {
		t.Fatal(err)
	}
	if left := names(t, dir); len(left) > 0 && runtime.GOOS != "windows" {
		t.Errorf("who is killed now leaves %q", left)
	}
	if _, err := f.WriteString("text"); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(io.NewSectionReader(f, 0, 4))
	if err != nil || string(got) != "text" {
		t.Errorf("%q was read back, %v", got, err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}

func TestNoFolder(t *testing.T) {
	t.Parallel()
	if f, err := temp.New(t.TempDir()+"/none", "test-*"); err == nil || f != nil {
		t.Errorf("a file in no folder: %v", f)
	}
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}
