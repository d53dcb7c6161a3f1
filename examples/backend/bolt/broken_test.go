package bolt_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/storage"
)

// Rows that cannot be read, and a database that was closed, are errors that say so.
func TestBroken(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "estate.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	store, ctx, key := storeOn(t, db), t.Context(), storage.Key{Kind: "node", ID: "n-17"}
	answers, err := store.Apply(ctx, []storage.Change{{
		Key: key, Record: storage.Record{State: "new", Due: time.Now()},
		Elements: []storage.Element{{Name: "x", State: "new", Due: time.Now()}},
		Emit:     []storage.Effect{{ID: "e", Key: "k", Name: "do", Lane: "lane"}, {ID: "f", Key: "l", Name: "do", Lane: "lane"}},
		Send:     []storage.Message{{ID: "m", To: key, Name: "news", Slot: "slot", Element: "x"}},
		Lines:    []storage.Line{{Cause: "test"}},
	}})
	if err != nil || answers[0] != nil {
		t.Fatal(answers, err)
	}
	record := storage.Lease{Key: key, Token: 1, TTL: time.Minute}
	effect := storage.Lease{Key: storage.Key{Kind: storage.EffectKind, ID: "e"}, Token: 1, TTL: time.Minute}
	claim := func(name string) storage.Claim {
		return storage.Claim{Names: []string{name}, Owner: "test", Limit: 9, TTL: time.Minute}
	}
	fail := func(want string) {
		t.Helper()
		for what, call := range map[string]func() error{
			"claim":   func() error { _, err := store.Claim(ctx, claim("node")); return err },
			"take":    func() error { _, err := store.Take(ctx, claim("do")); return err },
			"extend":  func() error { _, err := store.Extend(ctx, []storage.Lease{record, effect}); return err },
			"release": func() error { return store.Release(ctx, []storage.Lease{record, effect}, 0) },
			"load":    func() error { _, err := store.Load(ctx, []storage.Key{key}); return err },
			"settle": func() error {
				_, err := store.Settle(ctx, []storage.Settlement{{Lease: effect, As: storage.EffectDone}})
				return err
			},
			"apply": func() error {
				_, err := store.Apply(ctx, []storage.Change{{Key: key, Version: 1, Record: storage.Record{State: "new"}}})
				return err
			},
			"deliver": func() error {
				_, err := store.Deliver(ctx, []storage.Message{{ID: "n", To: key, Name: "news", Slot: "slot"}})
				return err
			},
			"redrive messages": func() error { _, err := store.RedriveMessages(ctx, []uint64{1}); return err },
			"redrive effects":  func() error { _, err := store.RedriveEffects(ctx, []string{"e"}, 0); return err },
			"list": func() (err error) {
				for _, err = range store.List(ctx, storage.Query{Kind: "node"}) {
					break
				}
				return err
			},
		} {
			if err := call(); err == nil || !strings.Contains(err.Error(), "bolt: "+what+": ") || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: the error is %v; it must say %q", what, err, want)
			}
		}
	}
	for _, table := range []string{"record", "element", "message", "effect", "line"} {
		err := db.Update(func(tx *bbolt.Tx) error {
			rows := tx.Bucket([]byte("reeve")).Bucket([]byte(table))
			first, _ := rows.Cursor().First()
			return rows.Put(bytes.Clone(first), []byte("{"))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	fail("unexpected end of JSON input")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	fail("database not open")
}
