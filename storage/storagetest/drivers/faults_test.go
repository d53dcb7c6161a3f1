package drivers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// batchOf returns orders that create n records with a kilobyte of data each.
func batchOf(n int, prefix string) (changes []storage.Change) {
	for i := range n {
		changes = append(changes, storage.Change{
			Key:    storage.Key{Kind: "node", ID: fmt.Sprintf("%s%d", prefix, i)},
			Record: storage.Record{State: "new", Data: []byte(strings.Repeat("x", 1000))},
			Emit:   []storage.Effect{{ID: fmt.Sprintf("%s%d/boot", prefix, i), Key: "k", Name: "boot"}},
			Lines:  []storage.Line{{To: "new"}},
		})
	}
	return changes
}

// contents is what is stored of records of kind node.
type contents struct {
	Records  []storage.Record
	Messages []storage.Message
	Effects  []storage.Effect
}

func contentsOf(t *testing.T, store storage.Store) (c contents) {
	t.Helper()
	for r, err := range store.List(t.Context(), storage.Query{Kind: "node"}) {
		if err != nil {
			t.Fatal(err)
		}
		c.Records = append(c.Records, r)
	}
	for m, err := range store.Messages(t.Context(), storage.MessageQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		c.Messages = append(c.Messages, m)
	}
	for e, err := range store.Effects(t.Context(), storage.EffectQuery{}) {
		if err != nil {
			t.Fatal(err)
		}
		c.Effects = append(c.Effects, e)
	}
	return c
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		db.SetMaxOpenConns(1)
		store := storeOn(t, db, sqlite.Options{})
		apply(t, store, batchOf(10, "before")...)
		before := contentsOf(t, store)
		limit := func(pages string) {
			t.Helper()
			if _, err := db.ExecContext(t.Context(), "PRAGMA max_page_count = "+pages); err != nil {
				t.Fatal(err)
			}
		}

		limit("60")
		_, err := store.Apply(t.Context(), batchOf(500, "after"))
		says(t, err, "apply", "full")
		if diff := cmp.Diff(before, contentsOf(t, store)); diff != "" {
			t.Errorf("a batch that did not fit left something (-before +after):\n%s", diff)
		}

		limit("100000")
		apply(t, store, batchOf(500, "after")...)
	})
}

// A disk that is full in the host's own code is the answer to that change, or to all.
func TestFullDiskInAProjection(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		db.SetMaxOpenConns(1)
		store := storeOn(t, db, sqlite.Options{})
		for _, query := range []string{"CREATE TABLE host (data BLOB)", "PRAGMA max_page_count = 60"} {
			if _, err := db.ExecContext(t.Context(), query); err != nil {
				t.Fatal(err)
			}
		}
		changes := batchOf(3, "n")
		changes[1].Project = func(ctx context.Context, tx any) error {
			_, err := tx.(sqlite.Tx).ExecContext(ctx, "INSERT INTO host VALUES (zeroblob(1000000))")
			return err
		}
		answers, err := store.Apply(t.Context(), changes)
		there := len(contentsOf(t, store).Records)
		switch {
		case err != nil && there != 0:
			t.Errorf("the batch failed with %v, and %d of its records are there", err, there)
		case err == nil && (answers[0] != nil || answers[1] == nil || answers[2] != nil || there != 2):
			t.Errorf("the answers are %v, and %d records are there; want all but the second", answers, there)
		}
		apply(t, store, batchOf(1, "later")...)
	})
}

func TestLockedByAnother(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		impatient := strings.Replace(dsnOf(path), "busy_timeout(10000)", "busy_timeout(20)", 1)
		store := storeOn(t, open(t, driver, impatient), sqlite.Options{})
		apply(t, store, batchOf(1, "before")...)

		db := open(t, driver, dsnOf(path))
		outside := storeOn(t, db, sqlite.Options{})
		other := beginOnConn(db)(t)
		another, err := outside.With(other.Handle)
		if err != nil {
			t.Fatal(err)
		}
		apply(t, another, batchOf(1, "other")...)
		_, err = store.Apply(t.Context(), batchOf(1, "mine"))
		says(t, err, "apply", "another connection", "busy timeout", "locked")
		if n := len(contentsOf(t, store).Records); n != 1 { // reading goes on
			t.Errorf("%d records are seen beside a transaction that is open, want 1", n)
		}
		if err := other.Commit(); err != nil {
			t.Fatal(err)
		}
		apply(t, store, batchOf(1, "mine")...)
		if n := len(contentsOf(t, store).Records); n != 3 {
			t.Errorf("%d records are there in the end, want 3", n)
		}
	})
}

func TestCorruptFile(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		path := filepath.Join(t.TempDir(), "estate.db")
		first := open(t, driver, dsnOf(path))
		apply(t, storeOn(t, first, sqlite.Options{}), batchOf(500, "n")...)
		if err := first.Close(); err != nil { // the log goes into the file
			t.Fatal(err)
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for i := 20 * 4096; i < len(file); i++ {
			file[i] ^= 0x5a
		}
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		store, err := sqlite.New(t.Context(), open(t, driver, dsnOf(path)), &unhurried)
		for _, readErr := range store.List(t.Context(), storage.Query{Kind: "node"}) {
			err = errors.Join(err, readErr)
		}
		says(t, err, "list", "malformed")
		_, err = store.Apply(t.Context(), batchOf(500, "m"))
		says(t, err, "apply", "malformed")
	})
}

// When the file becomes read-only for the program, it says so, and goes on when that is mended.
func TestReadOnlyFile(t *testing.T) {
	t.Parallel()
	eachDriver(t, func(t *testing.T, driver string) {
		db := open(t, driver, dsnOf(filepath.Join(t.TempDir(), "estate.db")))
		db.SetMaxOpenConns(1)
		store := storeOn(t, db, sqlite.Options{})
		apply(t, store, batchOf(1, "before")...)
		for _, c := range []struct{ pragma, word string }{{"ON", "readonly"}, {"OFF", ""}} {
			if _, err := db.ExecContext(t.Context(), "PRAGMA query_only = "+c.pragma); err != nil {
				t.Fatal(err)
			}
			_, err := store.Apply(t.Context(), batchOf(1, "after"))
			if c.word != "" {
				says(t, err, "apply", c.word)
				contentsOf(t, store)
			} else if err != nil {
				t.Error(err)
			}
		}
	})
}
