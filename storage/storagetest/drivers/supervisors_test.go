package drivers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

// crewVar tells a process that it is a supervisor of [TestSupervisorsAreKilled]: the address of the
// store and the ledger, in lines of their own.
const crewVar = "REEVE_SUPERVISOR"

// A ledger is what is outside: a directory with a file for each idempotency key that was honoured.
type ledger string

// carryOut does what an effect stands for, unless that was done before. Either way it takes a while.
func (l ledger) carryOut(ctx context.Context, c supervision.Call, _ string) (string, error) {
	for range 2 {
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(rand.N(15 * time.Millisecond)):
		}
	}
	f, err := os.OpenFile(filepath.Join(string(l), c.Key), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return c.Key, nil
}

func (l ledger) keys(t *testing.T) (keys []string) {
	t.Helper()
	entries, err := os.ReadDir(string(l))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		keys = append(keys, e.Name())
	}
	return keys
}

// crew is a supervisor of parcels that works on a ledger, in a hurry.
func crew(k *parcelKind, l ledger) (*supervision.Supervisor, error) {
	soon := func(int) time.Duration { return time.Millisecond }
	s, err := supervision.New(&supervision.Options{Poll: 5 * time.Millisecond, Lease: 250 * time.Millisecond, Batch: 4, Effects: 4, Backoff: soon})
	if err != nil {
		return nil, err
	}
	supervision.Supervise(s, k, decideParcel)
	supervision.Perform(s, ship, l.carryOut, nil)
	return s, nil
}

// TestSupervisorProcess is no test: it is what the processes of the next one do, until they are killed.
func TestSupervisorProcess(t *testing.T) { //nolint:paralleltest // it has its process to itself
	job, isOne := os.LookupEnv(crewVar)
	if !isOne {
		t.Skip("only in a process of another test")
	}
	address, dir, _ := strings.Cut(job, "\n")
	store, err := openAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := crew(parcelsOn(t, store, &parcelOptions{Journal: true}), ledger(dir))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin) // ends with the test
		os.Exit(0)
	}()
	fmt.Println("ready")
	t.Fatal(s.Run(context.Background()))
}

// Two supervisors work on one file and are killed at random moments, again and again. In the end each
// order was carried out once, by its key; each message was heard once; and the history has no gap.
func TestSupervisorsAreKilled(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		deaths := 8
		if testing.Short() {
			deaths = 2
		}
		path, outside := filepath.Join(t.TempDir(), "estate.db"), ledger(t.TempDir())
		k := parcelsOn(t, storeOn(t, open(t, driver, dsnOf(path)), sqlite.Options{}), &parcelOptions{Journal: true})
		w := wanted{kind: k, notes: map[string][]string{}}
		for i := range 12 {
			id := fmt.Sprint("p", i)
			w.notes[id] = nil
			if err := k.Create(t.Context(), id, parcel{Rounds: 20}, supervision.At("packing")); err != nil {
				t.Fatal(err)
			}
		}
		for range deaths {
			doomed := []*exec.Cmd{startCrew(t, addressOf(driver, path), outside), startCrew(t, addressOf(driver, path), outside)}
			w.say(t, rand.N(300*time.Millisecond))
			for _, cmd := range doomed {
				if err := cmd.Process.Kill(); err != nil {
					t.Error(err)
				}
			}
			w.say(t, rand.N(20*time.Millisecond))
			for _, cmd := range doomed {
				_ = cmd.Wait()
			}
		}
		t.Logf("after the last death %d orders have been carried out", len(outside.keys(t)))
		w.finish(t, outside)
		w.check(t, outside)
	})
}

// startCrew starts another process and waits until it works.
func startCrew(t *testing.T, address string, l ledger) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "-test.run=^TestSupervisorProcess$")
	cmd.Env = append(os.Environ(), crewVar+"="+address+"\n"+string(l))
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { // before its files are removed
		_ = stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("a supervisor said %q instead of being ready", lines.Text())
	}
	return cmd
}

// Wanted is what has to be true of parcels in the end.
type wanted struct {
	kind  *parcelKind
	notes map[string][]string // what was said to each, in this order
}

// say says something to parcels for a while.
func (w *wanted) say(t *testing.T, d time.Duration) {
	t.Helper()
	ids := make([]string, 0, len(w.notes))
	for id := range w.notes {
		ids = append(ids, id)
	}
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(rand.N(10 * time.Millisecond)) {
		id := ids[rand.N(len(ids))]
		text := fmt.Sprint("note ", len(w.notes[id]))
		for range 1 + rand.N(2) { // some say it twice
			if err := note.Deliver(t.Context(), w.kind, id, text, supervision.MessageID(text)); err != nil {
				t.Fatal(err)
			}
		}
		w.notes[id] = append(w.notes[id], text)
	}
}

// finish has a last supervisor do what is left.
func (w *wanted) finish(t *testing.T, l ledger) {
	t.Helper()
	s, err := crew(w.kind, l)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	for end := time.Now().Add(2 * time.Minute); !w.done(t); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Error("the parcels are not there after two minutes")
			break
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// done reports whether all parcels have arrived and have heard everything.
func (w *wanted) done(t *testing.T) bool {
	t.Helper()
	for id, said := range w.notes {
		if r := parcelOf(t, w.kind, id); r.State != "there" || len(r.Data.Notes) < len(said) {
			return false
		}
	}
	return true
}

func (w *wanted) check(t *testing.T, l ledger) {
	t.Helper()
	var keys []string
	for id, said := range w.notes {
		r := parcelOf(t, w.kind, id)
		if r.Failures != 0 || r.Status != storage.OK {
			t.Errorf("it is %+v", r)
		}
		if diff := cmp.Diff(said, r.Data.Notes); diff != "" {
			t.Errorf("what %s heard (-said +heard):\n%s", id, diff)
		}
		keys = append(keys, r.Data.Receipts...)
		if n := len(r.Data.Receipts); n != r.Data.Rounds {
			t.Errorf("%s has %d receipts, want %d", id, n, r.Data.Rounds)
		}
		w.checkHistory(t, id, r.Version)
	}
	slices.Sort(keys)
	if diff := cmp.Diff(keys, l.keys(t)); diff != "" {
		t.Errorf("what was carried out (-receipts +ledger):\n%s", diff)
	}
}

// checkHistory demands a line for each version, and that the decider comes to the same again.
func (w *wanted) checkHistory(t *testing.T, id string, version uint64) {
	t.Helper()
	last, state := uint64(0), ""
	for l, err := range w.kind.History(t.Context(), id) {
		switch {
		case err != nil:
			t.Fatal(err)
		case l.Version != last && l.Version != last+1:
			t.Errorf("after version %d of %s comes %d", last, id, l.Version)
		case l.From != state:
			t.Errorf("version %d of %s comes from %q, and the one before led to %q", l.Version, id, l.From, state)
		}
		last, state = l.Version, l.To
	}
	if last != version {
		t.Errorf("the history of %s ends at version %d, it is at %d", id, last, version)
	}
	if err := w.kind.Replay(t.Context(), id, decideParcel); err != nil {
		t.Error(err)
	}
}
