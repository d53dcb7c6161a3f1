package postgres_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A host has a store, and a table of its own beside those of the store.
type host struct {
	hand
	pool   *pgxpool.Pool
	store  *postgres.Store
	schema string
	notes  string // the table
}

func newHost(t testing.TB) host {
	t.Helper()
	pool := poolOn(t, pgtest.URL(t))
	o := dropped(t, pool, postgres.Options{})
	store := storeOn(t, pool, o)
	h := host{hand: hand{t, store}, pool: pool, store: store, schema: o.Schema, notes: pgx.Identifier{o.Schema, "notes"}.Sanitize()}
	must(t, pool, "CREATE TABLE "+h.notes+" (text text PRIMARY KEY)")
	return h
}

// begin begins a transaction of the host, and returns the store inside it.
func (h host) begin(o pgx.TxOptions) (pgx.Tx, hand) {
	h.Helper()
	tx, err := h.pool.BeginTx(context.Background(), o)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	return tx, h.inside(tx)
}

func (h host) inside(tx any) hand {
	h.Helper()
	inside, err := h.store.With(tx)
	if err != nil {
		h.Fatal(err)
	}
	return hand{h, inside}
}

// note writes into the host's table.
func (h host) note(ctx context.Context, tx any, text string) error {
	_, err := tx.(pgx.Tx).Exec(ctx, "INSERT INTO "+h.notes+" VALUES ($1)", text)
	return err
}

// there demands that just these records are there, and notes of the same names.
func (h host) there(ids ...string) {
	h.Helper()
	var records []string
	for _, r := range every(h.hand, h.List(context.Background(), storage.Query{Kind: "node"})) {
		records = append(records, r.Key.ID)
	}
	if diff := cmp.Diff(ids, records); diff != "" {
		h.Errorf("the records (-want +got):\n%s", diff)
	}
	rows, _ := h.pool.Query(context.Background(), "SELECT text FROM "+h.notes+` ORDER BY text COLLATE "C"`)
	notes, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		h.Fatal(err)
	}
	if diff := cmp.Diff(ids, append([]string(nil), notes...)); diff != "" {
		h.Errorf("the host's own rows (-want +got):\n%s", diff)
	}
}

// creation returns a change that creates a record.
func creation(id string) storage.Change {
	return storage.Change{Key: aNode(id), Record: storage.Record{State: "new"}, Lines: []storage.Line{{To: "new"}}}
}

func TestWithNamesWhatItTakes(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	for _, handle := range []any{nil, "a transaction", h.pool, 42} {
		_, err := h.store.With(handle)
		says(t, err, "with", "pgx.Tx is right")
	}
}

// A host that goes back to a savepoint of its own takes back what the store wrote since, and no more.
func TestSavepointsOfTheHost(t *testing.T) {
	t.Parallel()
	ctx, h := t.Context(), newHost(t)
	tx, outer := h.begin(pgx.TxOptions{})
	outer.apply(creation("a"))
	for id, keep := range map[string]bool{"b": true, "c": false} {
		nested, err := tx.Begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		h.inside(nested).apply(creation(id))
		outer.apply(creation(id + "2")) // the outer one is the same
		end := nested.Rollback
		if keep {
			end = nested.Commit
		}
		if err := end(ctx); err != nil {
			t.Fatal(err)
		}
	}
	outer.apply(creation("d"))
	for _, id := range []string{"a", "b", "b2", "d"} {
		if err := h.note(ctx, tx, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	h.there("a", "b", "b2", "d")
}

// A call that fails inside a transaction of the host leaves nothing, and the transaction goes on.
func TestACallFailsInsideATransaction(t *testing.T) {
	t.Parallel()
	ctx, h := t.Context(), newHost(t)
	tx, inside := h.begin(pgx.TxOptions{})
	inside.apply(creation("first"))

	canceled, cancel := context.WithCancel(ctx)
	changes := []storage.Change{creation("canceled"), creation("canceled too")}
	changes[1].Project = func(context.Context, any) error {
		cancel()
		return nil
	}
	if _, err := inside.Apply(canceled, changes); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled apply: %v", err)
	}
	if _, err := inside.Claim(canceled, storage.Claim{Names: []string{"node"}, Owner: "x", Limit: 1, TTL: leaseTime}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled claim: %v", err)
	}

	// A statement that fails takes the transaction with it, unless there is a savepoint.
	if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '20ms'"); err != nil {
		t.Fatal(err)
	}
	h.apply(creation("held"))
	_, elsewhere := h.begin(pgx.TxOptions{})
	elsewhere.deliver(storage.Message{ID: "m", To: aNode("held"), Name: "news"})
	answers, err := inside.Apply(ctx, []storage.Change{{Key: aNode("held"), Version: 1, Record: storage.Record{State: "on"}}})
	if err := firstError(answers, err); !errors.Is(err, storage.ErrLocked) {
		t.Errorf("what another keeps locked: %v", err)
	}
	inside.apply(creation("last"))
	for _, id := range []string{"first", "held", "last"} {
		if err := h.note(ctx, tx, id); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	h.there("first", "held", "last")
}
