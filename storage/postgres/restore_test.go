package postgres_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/internal/kindtest"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A dump that was taken while a supervisor worked is whole: restored somewhere else, it goes on from there. What was
// done outside after it was taken is done again, under the same keys.
func TestARestoredDumpGoesOn(t *testing.T) {
	t.Parallel()
	for runs := 15; !restoredInBetween(t, runs); runs *= 4 {
		if runs > 1000 {
			t.Fatal("no dump was taken in between")
		}
	}
}

// restoredInBetween restores a dump. It is false if all had been done when the dump was taken.
func restoredInBetween(t *testing.T, runs int) bool {
	t.Helper()
	const number = 8
	options, first := postgres.Options{Schema: "estate"}, databaseOn(t, fastServer(t), "")
	crowd := kindtest.NewCrowd(t, storeOn(t, poolOn(t, first), options), runs)
	crowd.Ask(t, number)
	untilDone := func(n int) {
		t.Helper()
		eventually(t, fmt.Sprintf("fewer than %d of %d things were done", n, number*runs), func() bool { return len(crowd.Outside.Keys(t)) >= n })
	}
	stop := crowd.Supervise(t)
	untilDone(number * runs / 3)
	dump := filepath.Join(t.TempDir(), "estate.dump")
	program(t, "pg_dump", "--format=custom", "--schema=estate", "--file="+dump, first)
	untilDone(number * runs * 2 / 3)
	stop() // and the first database is lost

	second := databaseOn(t, fastServer(t), "")
	program(t, "pg_restore", "--exit-on-error", "--dbname="+second, dump)
	crowd.On(t, openOn(t, poolOn(t, second), options))
	known := 0
	for r, err := range crowd.Kind.List(t.Context(), nil) {
		if err != nil {
			t.Fatal(err)
		}
		known += len(r.Data.Receipts)
	}
	if known == 0 {
		t.Error("the dump knows of nothing that was done")
	}
	if known == len(crowd.Outside.Keys(t)) {
		return false
	}
	stop = crowd.Supervise(t)
	crowd.Finish(t)
	stop()
	return true
}

// program runs one of PostgreSQL's client programs. It skips the test where there is none that fits the server.
func program(t testing.TB, name string, args ...string) {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	missing := errors.Is(err, exec.ErrNotFound) || strings.Contains(string(said), "server version mismatch")
	if missing && os.Getenv("REEVE_TEST_POSTGRES") != "required" {
		t.Skipf("%s: %v\n%s", name, err, said)
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, said)
	}
}
