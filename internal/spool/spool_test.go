package spool_test

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/reeve-go/reeve/internal/spool"
	"github.com/reeve-go/reeve/scan"
)

// What is kept is what was read, whether it fits into memory or not, and nobody who is killed meanwhile leaves a file.
func TestSpool(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 9, 10, 11, 100_000} {
		dir, text := t.TempDir(), strings.Repeat("x", size)
		s, err := spool.New(t.Context(), iotest.OneByteReader(strings.NewReader(text)), dir, 10)
		if err != nil {
			t.Fatal(err)
		}
		if s.Size != int64(size) || s.Digest != scan.DigestOf([]byte(text)) {
			t.Errorf("%d bytes are %d of digest %s", size, s.Size, s.Digest)
		}
		for range 2 {
			if got, err := io.ReadAll(s.Open()); err != nil || string(got) != text {
				t.Errorf("of %d bytes %d were read, %v", size, len(got), err)
			}
		}
		if runtime.GOOS != "windows" {
			empty(t, dir)
		}
		s.Close()
		empty(t, dir)
	}
}

// What cannot be read to its end is not kept, also if the error has io.EOF inside.
func TestSpoolBreaks(t *testing.T) {
	t.Parallel()
	ended, end := context.WithCancel(t.Context())
	end()
	broken := errors.Join(errors.New("it breaks"), io.EOF)
	for want, c := range map[error]struct {
		ctx  context.Context
		tail io.Reader
	}{broken: {t.Context(), iotest.ErrReader(broken)}, context.Canceled: {ended, strings.NewReader("")}} {
		for _, size := range []int{1, 100} {
			dir := t.TempDir()
			s, err := spool.New(c.ctx, io.MultiReader(strings.NewReader(strings.Repeat("x", size)), c.tail), dir, 10)
			if !errors.Is(err, want) || s != nil {
				t.Errorf("after %d bytes the error is %v, want %v", size, err, want)
			}
			empty(t, dir)
		}
	}
	if _, err := spool.New(t.Context(), strings.NewReader("too much"), t.TempDir()+"/none", 1); err == nil {
		t.Error("it was kept in no folder")
	}
}

func empty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("in the folder is %v, %v", left, err)
	}
}
