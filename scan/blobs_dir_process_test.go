//go:build unix

package scan_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-go/reeve/internal/childtest"
	"github.com/reeve-go/reeve/scan"
)

// blobsTask is the variable in which a process of TestBlobsProcess finds what it is to do: a word, a blank and a folder.
const blobsTask = "REEVE_TEST_BLOBS"

// TestBlobsProcess is what other processes do.
func TestBlobsProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	task, dir, ok := strings.Cut(os.Getenv(blobsTask), " ")
	if !ok {
		t.Skip("it is what processes do that other tests begin")
	}
	childtest.EndWithTest()
	blobs, err := scan.NewDirBlobs(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	if task == "full" {
		fmt.Println(putOnFullDisk(blobs))
		return
	}
	for n := rand.N(50); ; n++ {
		// Two processes put the same now and then, and some take many blocks of the disk.
		data := bytes.Repeat(fmt.Appendf(nil, "fruit %d, ", n%50), 1+n%7*5000)
		d, _, err := blobs.Put(t.Context(), bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println(d)
	}
}

// Whenever processes are killed, what they have put is there, and all that is listed is whole.
func TestKilledPutters(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	blobs := blobsIn(t, dir)
	kills := 20
	if testing.Short() {
		kills = 4
	}
	put := map[scan.Digest]bool{}
	for range kills {
		crew := []*childtest.Process{childtest.Spawn(t, "TestBlobsProcess", blobsTask, "put "+dir), childtest.Spawn(t, "TestBlobsProcess", blobsTask, "put "+dir)}
		for _, p := range crew {
			line, more := p.Line()
			if !more {
				t.Fatal("a process ended before it put anything")
			}
			put[scan.Digest(line)] = true
		}
		for _, p := range crew {
			time.AfterFunc(rand.N(50*time.Millisecond), func() { _ = p.Cmd.Process.Kill() })
		}
		for _, p := range crew {
			for line, more := p.Line(); more; line, more = p.Line() {
				if d := scan.Digest(line); d.Check() == nil { // the last line may be cut off
					put[d] = true
				}
			}
			p.Kill()
		}
		for blob, err := range blobs.List(t.Context()) {
			if err != nil {
				t.Fatal(err)
			}
			if err := readWhole(t.Context(), blobs, blob); err != nil {
				t.Fatalf("after a kill: %v", err)
			}
		}
	}
	for d := range put {
		r, err := blobs.Open(t.Context(), d)
		if err != nil {
			t.Fatalf("a process said that it had put %s: %v", d, err)
		}
		_ = r.Close()
	}
	left, err := filepath.Glob(filepath.Join(dir, "new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills, %d blobs, %d files were left half written", 2*kills, len(put), len(left))
	old := time.Now().Add(-2 * time.Hour)
	for _, path := range left {
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	blobsIn(t, dir)
	if left, err := filepath.Glob(filepath.Join(dir, "new", "*")); err != nil || len(left) > 0 {
		t.Errorf("an hour later there are %v still (%v)", left, err)
	}
}

// putOnFullDisk tries to put while no file can have more than a few bytes.
func putOnFullDisk(blobs scan.Blobs) error {
	signal.Ignore(syscall.SIGXFSZ)
	full := syscall.Rlimit{Cur: 100_000, Max: 100_000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		return err
	}
	_, _, err := blobs.Put(context.Background(), strings.NewReader(strings.Repeat("x", 200_000)))
	if !errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("put on a full disk: the error is %w; want that the file cannot grow", err)
	}
	return nil
}

func TestDirBlobsOnFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := childtest.Spawn(t, "TestBlobsProcess", blobsTask, "full "+dir)
	if line, _ := p.Line(); line != "<nil>" {
		t.Error(line)
	}
	if left := files(t, dir); len(left) > 0 {
		t.Errorf("there are %v; nothing must be left of what did not fit", left)
	}
}
