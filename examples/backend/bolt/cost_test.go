package bolt_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/reeve-go/reeve/examples/backend/bolt"
	"github.com/reeve-go/reeve/storage"
)

// Finding out that nothing is due costs the same however much there is, and writes nothing.
func TestIdleAllocs(t *testing.T) {
	const few, many = 50, 2000
	amongFew, amongMany := idle(t, few), idle(t, many)
	if amongMany > 2*amongFew { // the trees are a little deeper
		t.Errorf("an idle look at %d records and effects allocates %v times, at %d %v times", many, amongMany, few, amongFew)
	}
}

// idle returns how often a claim and a take that find nothing allocate in a store with n records and
// effects that are due in an hour.
func idle(t *testing.T, n int) float64 {
	t.Helper()
	db := open(t, filepath.Join(t.TempDir(), "estate.db"))
	store, ctx, later := storeOn(t, db), t.Context(), time.Now().Add(time.Hour)
	fill(t, store, n, later)
	claim := storage.Claim{Names: []string{"node", "do"}, Owner: "test", Limit: 100, TTL: time.Minute}
	look := func() {
		records, err := store.Claim(ctx, claim)
		if err != nil || len(records) > 0 {
			t.Fatal(len(records), err)
		}
		effects, err := store.Take(ctx, claim)
		if err != nil || len(effects) > 0 {
			t.Fatal(len(effects), err)
		}
	}
	before := writes(db)
	allocs := testing.AllocsPerRun(20, look)
	if after := writes(db); after != before {
		t.Errorf("looking for what is due wrote to the disk %d times", after-before)
	}
	return allocs
}

func writes(db *bbolt.DB) int64 {
	stats := db.Stats()
	return stats.TxStats.GetWrite()
}

// fill spawns n records and emits n effects, which come to be due later.
func fill(t *testing.T, store *bolt.Store, n int, due time.Time) {
	t.Helper()
	c := storage.Change{Key: storage.Key{Kind: "node", ID: "first"}, Record: storage.Record{State: "new"}}
	for i := range n {
		id := fmt.Sprint(i)
		c.Spawn = append(c.Spawn, storage.Spawn{Record: storage.Record{Key: storage.Key{Kind: "node", ID: id}, State: "new", Due: due}})
		c.Emit = append(c.Emit, storage.Effect{ID: id, Key: id, Name: "do"})
	}
	answers, err := store.Apply(t.Context(), []storage.Change{c})
	if err != nil || answers[0] != nil {
		t.Fatal(answers, err)
	}
	taken, err := store.Take(t.Context(), storage.Claim{Names: []string{"do"}, Owner: "test", Limit: n, TTL: time.Hour})
	if err != nil || len(taken) != n {
		t.Fatal(len(taken), err)
	}
}
