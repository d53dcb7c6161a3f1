package postgres_test

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
)

// A transaction that the server ends for the sake of others is made again, and its answers are those of the
// last try. It is not tried for ever.
func TestSerializationFailures(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"40001", "40P01"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			eachCall(t, inTwoTrips, true, func(t *testing.T, i int) {
				k := newCutter(t, i)
				k.again()
				k.failing(code, 3)
				k.undisturbed()
				k.failing(code, 0)
				k.is("made at the fourth try", k.after)
				k.again()
				k.failing(code, 1000)
				err := k.make(k.store)
				var refused *pgconn.PgError
				if !errors.As(err, &refused) || refused.Code != code {
					t.Errorf("it fails again and again, but the call answers %v", err)
				}
				k.failing(code, 0)
				k.is("failed again and again", k.before)
			})
		})
	}
}

// failing lets the server end so many transactions that write to records or to what belongs to them.
func (r *rig) failing(code string, times int) {
	r.Helper()
	// A sequence counts what is rolled back, too.
	statements := `DROP SEQUENCE IF EXISTS reeve.tries; CREATE SEQUENCE reeve.tries;
CREATE OR REPLACE FUNCTION reeve.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
	IF nextval('reeve.tries') <= ` + strconv.Itoa(times) + ` THEN RAISE 'somebody was in the way' USING ERRCODE = '` + code + `'; END IF;
	RETURN NULL;
END $$;`
	for _, table := range []string{"record", "message", "effect"} {
		statements += `CREATE OR REPLACE TRIGGER fails AFTER INSERT OR UPDATE ON reeve.` + table + ` FOR EACH STATEMENT EXECUTE FUNCTION reeve.fail();`
	}
	r.do(statements)
}

// Two who lock the same in different orders wait for each other until the server ends one of them. The store
// tries again then.
func TestDeadlock(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.URL(t), 1)
	h := hand{t, r.store}
	for _, id := range []string{"a", "b"} {
		h.apply(storage.Change{Key: aNode(id), Record: storage.Record{State: "on"}})
	}
	ctx := context.Background()
	foreign, err := r.direct.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	lock := func(id string) error {
		_, err := foreign.Exec(ctx, r.here("SELECT FROM reeve.record WHERE id = $1 FOR UPDATE"), id)
		return err
	}
	if err := lock("b"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		r.waiting() // the store has a, and waits for b
		err := lock("a")
		_ = foreign.Rollback(ctx)
		ended <- err
	}()
	h.apply(storage.Change{
		Key: aNode("a"), Version: 1, Record: storage.Record{State: "off"}, Lines: []storage.Line{{To: "off"}},
		Send: []storage.Message{{ID: "m", To: aNode("b"), Name: "news"}},
	})
	t.Logf("the other's lock: %v", <-ended)
	if lines, messages := h.lines(aNode("a")), every(h, h.Messages(ctx, storage.MessageQuery{})); len(lines) != 1 || len(messages) != 1 {
		t.Errorf("there are %d lines and %d messages, not one each", len(lines), len(messages))
	}
}

// A server that takes no writes says so.
func TestReadOnlyServer(t *testing.T) {
	t.Parallel()
	eachCall(t, allCalls, true, func(t *testing.T, i int) {
		k := newCutter(t, i)
		k.again()
		k.set("default_transaction_read_only", "on")
		err := k.make(k.store)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "25006" || !strings.Contains(err.Error(), "takes no writes") {
			t.Errorf("the call answers %v", err)
		}
		k.is("refused", k.before)
		if _, err := k.store.Load(t.Context(), []storage.Key{aNode("a")}); err != nil {
			t.Errorf("what is there can be read, but: %v", err)
		}
		k.set("default_transaction_read_only", "off")
		k.undisturbed()
	})
}
