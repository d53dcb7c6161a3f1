package postgres_test

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/reeve-go/reeve/fsm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// An errand is run some times over, one after another; people say something to it meanwhile.
type errand struct {
	Runs     int
	Receipts []string
	Heard    []string
}

type (
	errandKind = supervision.Kind[errand, string, string]
	errandTurn = supervision.Turn[errand, string, string]
)

var (
	errands = fsm.MustCompile(fsm.Definition[string, string]{
		Name:    "errand",
		Initial: "asked",
		States: fsm.States[string, string]{
			"asked":  {Mode: fsm.Active, After: time.Hour, Then: "give up"},
			"out":    {Mode: fsm.Waiting, After: time.Hour, Then: "give up"},
			"back":   {Mode: fsm.Resting},
			"failed": {Mode: fsm.Resting},
		},
		Table: fsm.Table[string, string]{
			"asked": {"leave": "out", "give up": "failed"},
			"out":   {"again": "asked", "return": "back", "give up": "failed"},
		},
	})
	run  = supervision.NewEffect[string, string]("run")
	hint = supervision.NewMessage[string]("hint")
)

// decideErrand is the decider of errands.
func decideErrand(t *errandTurn) error {
	for _, m := range t.Messages {
		if text, ok := hint.Body(m); ok {
			t.Data.Heard = append(t.Data.Heard, text)
		}
		receipt, err, ok := run.Outcome(m)
		if !ok {
			continue
		}
		if err != nil {
			return err
		}
		t.Data.Receipts = append(t.Data.Receipts, receipt)
		next := "again"
		if len(t.Data.Receipts) == t.Data.Runs {
			next = "return"
		}
		if err := t.Fire(next); err != nil {
			return err
		}
	}
	if t.State != "asked" {
		return nil
	}
	run.Emit(t, t.Key.ID)
	return t.Fire("leave")
}

func errandsOn(t testing.TB, store storage.Store) *errandKind {
	t.Helper()
	k, err := supervision.NewKind("errand", errands, store, &supervision.KindOptions[errand, string, string]{Journal: true})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The outside is a folder with a file for each idempotency key that was honored.
type outside string

// honor does what an effect stands for, unless that was done before. Either way it takes a while.
func (o outside) honor(ctx context.Context, c supervision.Call, _ string) (string, error) {
	for range 2 {
		select {
		case <-ctx.Done():
			return "", context.Cause(ctx)
		case <-time.After(rand.N(15 * time.Millisecond)):
		}
	}
	f, err := os.OpenFile(filepath.Join(string(o), c.Key), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err == nil {
		err = f.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return c.Key, nil
}

func (o outside) keys(t testing.TB) (keys []string) {
	t.Helper()
	entries, err := os.ReadDir(string(o))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		keys = append(keys, e.Name())
	}
	return keys
}

// crewOf returns a supervisor of errands who is in a hurry.
func crewOf(k *errandKind, o outside) (*supervision.Supervisor, error) {
	soon := func(int) time.Duration { return time.Millisecond }
	s, err := supervision.New(&supervision.Options{Poll: 20 * time.Millisecond, Lease: 300 * time.Millisecond, Batch: 4, Effects: 4, Backoff: soon})
	if err != nil {
		return nil, err
	}
	supervision.Supervise(s, k, decideErrand, supervision.Emits(run))
	supervision.Perform(s, run, o.honor, nil)
	return s, nil
}
