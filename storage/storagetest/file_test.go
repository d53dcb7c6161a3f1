//go:build unix

package storagetest

import (
	"bytes"
	"context"
	"encoding/gob"
	"flag"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A fileStore is a model whose state is a file: each call locks it, reads it, and replaces it. So
// the tests with several processes can be tested without any database.
type fileStore struct {
	path string
	// breaks is what the store gets wrong: "unlocked" does not lock the file, "forgets" now and then
	// acknowledges without writing, "repeats" now and then does again what it has done, "halves"
	// writes a change in two steps.
	breaks string
	calls  int
}

// openFile opens the store at an address, which is what it breaks and a path.
func openFile(address string) (storage.Store, error) {
	breaks, path, ok := strings.Cut(address, " ")
	if !ok {
		return nil, fmt.Errorf("%q is no address; what breaks, a blank and a path are right", address)
	}
	return &fileStore{path: path, breaks: breaks}, nil
}

// with calls do on the state in the file.
func (f *fileStore) with(do func(*model) error) error {
	lock, err := os.OpenFile(f.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Close() }()
	if f.breaks != "unlocked" {
		if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
			return err
		}
	}
	m := newModel(time.Now, storage.Limits{})
	if data, err := os.ReadFile(f.path); err == nil {
		if err := gob.NewDecoder(bytes.NewReader(data)).Decode(m.state); err != nil {
			return err
		}
	}
	for _, r := range m.state.Records {
		if r.Elements == nil {
			r.Elements = map[string]storage.Element{}
		}
	}
	if err := do(m); err != nil {
		return err
	}
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(m.state); err != nil {
		return err
	}
	next := fmt.Sprintf("%s.%d", f.path, os.Getpid())
	if err := os.WriteFile(next, out.Bytes(), 0o600); err != nil {
		return err
	}
	return os.Rename(next, f.path)
}

func (f *fileStore) Load(ctx context.Context, keys []storage.Key) (out []storage.Snapshot, err error) {
	err = f.with(func(m *model) error { out, err = m.Load(ctx, keys); return err })
	return out, err
}

func (f *fileStore) Count(ctx context.Context, kind string) (out map[string]int, err error) {
	err = f.with(func(m *model) error { out, err = m.Count(ctx, kind); return err })
	return out, err
}

func (f *fileStore) Apply(ctx context.Context, changes []storage.Change) (out []error, err error) {
	f.calls += len(changes)
	odd, whole := f.calls%5 == 1, slices.Clone(changes)
	if f.breaks == "forgets" && odd {
		return make([]error, len(changes)), nil
	}
	if f.breaks == "halves" {
		for i := range changes {
			changes[i].Send = nil
		}
	}
	err = f.with(func(m *model) error { out, err = m.Apply(ctx, changes); return err })
	if f.breaks == "repeats" && odd {
		for i := range changes {
			changes[i].Version, changes[i].Token = changes[i].Version+1, 0
		}
		_ = f.with(func(m *model) error { _, err := m.Apply(ctx, changes); return err })
	}
	if f.breaks == "halves" && err == nil {
		_ = f.with(func(m *model) error {
			for i := range whole {
				for _, message := range whole[i].Send {
					m.state.send(message, m.now())
				}
			}
			return nil
		})
	}
	return out, err
}

func (f *fileStore) Claim(ctx context.Context, c storage.Claim) (out []storage.Snapshot, err error) {
	err = f.with(func(m *model) error { out, err = m.Claim(ctx, c); return err })
	return out, err
}

func (f *fileStore) Take(ctx context.Context, c storage.Claim) (out []storage.Taken, err error) {
	err = f.with(func(m *model) error { out, err = m.Take(ctx, c); return err })
	return out, err
}

func (f *fileStore) Extend(ctx context.Context, leases []storage.Lease) (out []error, err error) {
	err = f.with(func(m *model) error { out, err = m.Extend(ctx, leases); return err })
	return out, err
}

func (f *fileStore) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	return f.with(func(m *model) error { return m.Release(ctx, leases, after) })
}

func (f *fileStore) Deliver(ctx context.Context, messages []storage.Message) (out []error, err error) {
	err = f.with(func(m *model) error { out, err = m.Deliver(ctx, messages); return err })
	return out, err
}

func (f *fileStore) RedriveMessages(ctx context.Context, seqs []uint64) (out []error, err error) {
	err = f.with(func(m *model) error { out, err = m.RedriveMessages(ctx, seqs); return err })
	return out, err
}

func (f *fileStore) Settle(ctx context.Context, settlements []storage.Settlement) (out []error, err error) {
	err = f.with(func(m *model) error { out, err = m.Settle(ctx, settlements); return err })
	return out, err
}

func (f *fileStore) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) (out []error, err error) {
	err = f.with(func(m *model) error { out, err = m.RedriveEffects(ctx, ids, deadline); return err })
	return out, err
}

func (f *fileStore) Prune(ctx context.Context, r storage.Retention, limit int) (n int, err error) {
	err = f.with(func(m *model) error { n, err = m.Prune(ctx, r, limit); return err })
	return n, err
}

func (f *fileStore) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	return readFile(f, func(m *model) iter.Seq2[storage.Record, error] { return m.List(ctx, q) })
}

func (f *fileStore) Elements(ctx context.Context, key storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return readFile(f, func(m *model) iter.Seq2[storage.Element, error] { return m.Elements(ctx, key, q) })
}

func (f *fileStore) Messages(ctx context.Context, q storage.MessageQuery) iter.Seq2[storage.Message, error] {
	return readFile(f, func(m *model) iter.Seq2[storage.Message, error] { return m.Messages(ctx, q) })
}

func (f *fileStore) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	return readFile(f, func(m *model) iter.Seq2[storage.Effect, error] { return m.Effects(ctx, q) })
}

func (f *fileStore) History(ctx context.Context, key storage.Key, after uint64) iter.Seq2[storage.Line, error] {
	return readFile(f, func(m *model) iter.Seq2[storage.Line, error] { return m.History(ctx, key, after) })
}

func readFile[T any](f *fileStore, read func(*model) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var seq iter.Seq2[T, error]
		err := f.with(func(m *model) error { seq = read(m); return nil })
		if err != nil {
			var none T
			yield(none, err)
			return
		}
		seq(yield)
	}
}

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.nofailfile", "true"); err != nil { // mutants fail on purpose
		panic(err)
	}
	Main(m, openFile)
}

func fileHarness(breaks string) Harness {
	return Harness{Virtual: true, New: func(t testing.TB) Backend {
		t.Helper()
		path := filepath.Join(t.TempDir(), "state")
		open := func(testing.TB) storage.Store { return &fileStore{path: path} }
		return Backend{Store: open(t), Open: open, Address: breaks + " " + path}
	}}
}

func TestProcesses(t *testing.T) {
	t.Parallel()
	runGroup(t, fileHarness(""), processes())
}

func TestProcessMutants(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("processes take a while")
	}
	cases := processes().cases
	for _, m := range []struct {
		breaks string
		fails  testCase
	}{
		{"unlocked", cases[0]},
		{"forgets", cases[1]},
		{"repeats", cases[1]},
		{"halves", cases[1]},
	} {
		t.Run(m.breaks, func(t *testing.T) {
			t.Parallel()
			h, err := fileHarness(m.breaks).withDefaults()
			if err != nil {
				t.Fatal(err)
			}
			if !failsOn(t, h, m.fails) {
				t.Errorf("%q passes", m.fails.name)
			}
		})
	}
}
