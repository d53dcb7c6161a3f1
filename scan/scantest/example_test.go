package scantest_test

import (
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"testing"
	"testing/fstest"
	"time"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/scan/inspect"
	"github.com/reeve-go/reeve/scan/scantest"
	"github.com/reeve-go/reeve/storage/memory"
)

// The test of a queue is a few lines. What it cannot do is said, and then in the output.
func ExampleTestQueue() {
	var t *testing.T // the test's own

	scantest.TestQueue(t, func(t testing.TB) scantest.Queues {
		q, err := scan.NewStoreQueue(memory.New(nil), "requests", &scan.StoreQueueOptions{Wait: -1})
		if err != nil {
			t.Fatal(err)
		}
		return scantest.Queues{Queue: q}
	}, &scantest.QueueOptions{Virtual: true, Cannot: []scantest.Ability{scantest.Order}})
}

// So is that of blobs.
func ExampleTestBlobs() {
	var t *testing.T // the test's own

	scantest.TestBlobs(t, func(testing.TB) scan.Blobs { return &scantest.MemoryBlobs{} }, nil)
}

// A scanner is shown trees in which there is something of each of its categories.
func ExampleTestScanner() {
	var t *testing.T // the test's own

	scantest.TestScanner(t, inspect.Files(), &scantest.ScannerOptions{
		Config: map[string]json.RawMessage{"files": json.RawMessage(`{"globs":["etc/**"]}`)},
	}, fstest.MapFS{"etc/motd": {Data: []byte("hello\n")}})
}

// A launcher ends with the test whatever it has.
func ExampleTestLauncher() {
	var t *testing.T // the test's own

	scantest.TestLauncher(t, func(t testing.TB) scan.Launcher {
		p, err := scan.NewProcesses(t.TempDir(), func(string, scan.AgentSpec) *exec.Cmd {
			return exec.Command("sleep", "600") //nolint:noctx // it outlives the program on purpose
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			for i, err := range p.List(context.Background()) {
				if err = errors.Join(err, p.Terminate(context.Background(), i.Token)); err != nil {
					t.Error(err)
				}
			}
		})
		return p
	}, &scantest.LauncherOptions{Settle: time.Second})
}
