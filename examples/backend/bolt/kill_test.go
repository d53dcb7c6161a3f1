package bolt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/examples/backend/bolt"
	"github.com/reeve-go/reeve/storage"
)

// childVar names the file of a process that works until it is killed.
const childVar = "REEVE_BOLT_CHILD"

func TestMain(m *testing.M) {
	if path, isChild := os.LookupEnv(childVar); isChild {
		fmt.Fprintln(os.Stderr, work(context.Background(), path))
		os.Exit(1)
	}
	m.Run()
}

// A file has one process at a time, so that the suite's tests with several cannot run. This is what they
// ask for: what a process acknowledged before it was killed is there, and each change as a whole.
func TestKilled(t *testing.T) {
	t.Parallel()
	path, acknowledged := filepath.Join(t.TempDir(), "estate.db"), uint64(0)
	for round := range 5 {
		acknowledged = max(acknowledged, killed(t, path, 10*(round+1)))
		db, err := bbolt.Open(path, 0o600, nil)
		if err != nil {
			t.Fatal(err)
		}
		found, err := whole(t.Context(), storeOn(t, db))
		if err = errors.Join(err, bolt.Check(db), db.Close()); err != nil {
			t.Fatal(err)
		}
		if found < acknowledged {
			t.Fatalf("version %d is there after round %d; %d was acknowledged", found, round, acknowledged)
		}
	}
}

var (
	counter = storage.Key{Kind: "node", ID: "counter"}
	sink    = storage.Key{Kind: "node", ID: "sink"}
)

// killed runs a process until it has acknowledged some changes, and kills it in the middle of the next.
// It returns the last version that was acknowledged.
func killed(t *testing.T, path string, changes int) (version uint64) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self)
	child.Env = append(os.Environ(), childVar+"="+path)
	child.Stderr = t.Output()
	stdout, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stdout)
	for n := 0; lines.Scan(); n++ {
		if version, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			t.Fatal(err)
		}
		if n == changes {
			_ = child.Process.Kill()
		}
	}
	_ = child.Wait() // that it was killed is no news
	return version
}

// work changes a record again and again, each time with a bit of everything, and says its version.
func work(ctx context.Context, path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Minute})
	if err != nil {
		return err
	}
	store, err := bolt.New(db, nil)
	if err != nil {
		return err
	}
	_, err = store.Apply(ctx, []storage.Change{{Key: sink, Record: storage.Record{State: "new"}}})
	for err == nil {
		var seen []storage.Snapshot
		if seen, err = store.Load(ctx, []storage.Key{counter}); err != nil {
			break
		}
		version := seen[0].Version + 1
		id := strconv.FormatUint(version, 10)
		var answers []error
		answers, err = store.Apply(ctx, []storage.Change{{
			Key: counter, Version: seen[0].Version, Record: storage.Record{State: "new"},
			Elements: []storage.Element{{Name: id, State: "new"}},
			Emit:     []storage.Effect{{ID: id, Key: id, Name: "do", Lane: "lane"}},
			Send:     []storage.Message{{ID: id, To: sink, Name: "news"}},
			Lines:    []storage.Line{{Cause: id}},
		}})
		if err = errors.Join(append(answers, err)...); err == nil {
			fmt.Println(version)
		}
	}
	return err
}

// whole returns the record's version, and an error unless there is one of everything for each.
func whole(ctx context.Context, store *bolt.Store) (version uint64, err error) {
	seen, err := store.Load(ctx, []storage.Key{counter})
	if err != nil {
		return 0, err
	}
	version = seen[0].Version
	counts := map[string]uint64{}
	for _, err2 := range store.Elements(ctx, counter, storage.ElementQuery{}) {
		counts["elements"]++
		err = errors.Join(err, err2)
	}
	for _, err2 := range store.Effects(ctx, storage.EffectQuery{From: counter}) {
		counts["effects"]++
		err = errors.Join(err, err2)
	}
	for _, err2 := range store.Messages(ctx, storage.MessageQuery{To: sink}) {
		counts["messages"]++
		err = errors.Join(err, err2)
	}
	for l, err2 := range store.History(ctx, counter, 0) {
		if counts["lines"]++; l.Version != counts["lines"] {
			err2 = fmt.Errorf("the history has version %d where %d should be", l.Version, counts["lines"])
		}
		err = errors.Join(err, err2)
	}
	for what, n := range counts {
		if n != version {
			err = errors.Join(err, fmt.Errorf("there are %d %s after %d changes", n, what, version))
		}
	}
	return version, err
}
