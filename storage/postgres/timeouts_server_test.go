package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/reeve-go/reeve/storage"
)

// What a timeout of the server ends says which one it was, and nothing of it is there. The store goes on.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"statement_timeout": "statement timeout",
		"lock_timeout":      "lock timeout",
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			eachCall(t, allCalls, true, func(t *testing.T, i int) {
				k := newCutter(t, i)
				if setting == "lock_timeout" && k.name == "apply" {
					t.Skip("what is not locked of it is made, see TestForeignLock")
				}
				k.again()
				unlock := k.lockAll()
				k.set(setting, "50ms")
				err := k.make(k.store)
				if err == nil || !strings.Contains(err.Error(), want) && !errors.Is(err, storage.ErrLocked) {
					t.Errorf("the records are locked, but the call answers %v, which does not say %q", err, want)
				}
				k.settled("after a timeout")
				unlock()
				k.set(setting, "0")
				k.is("after a timeout", k.before)
				k.undisturbed()
				k.is("once nothing is locked", k.after)
			})
		})
	}
}

// lockAll lets a foreign transaction lock all records and effects, until it is told to end.
func (r *rig) lockAll() (unlock func()) {
	r.Helper()
	tx, err := r.direct.Begin(context.Background())
	for _, table := range []string{"record", "effect"} {
		if err == nil {
			_, err = tx.Exec(context.Background(), r.here("SELECT FROM reeve."+table+" FOR UPDATE"))
		}
	}
	if err != nil {
		r.Fatal(err)
	}
	unlock = func() { _ = tx.Rollback(context.Background()) }
	r.Cleanup(unlock)
	return unlock
}

// set sets something on the store's only connection. What is set may be too short for the setting of something else.
func (r *rig) set(setting, value string) {
	r.Helper()
	eventually(r, setting+" cannot be set", func() bool {
		_, err := r.pool.Exec(context.Background(), "SELECT set_config($1, $2, false)", setting, value)
		return err == nil
	})
}

// A Project that leaves its transaction alone for too long is undone.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	r := newStillRig(t, "idle_in_transaction_session_timeout=50ms")
	h := hand{t, r.store}
	h.apply(storage.Change{Key: aNode("a"), Record: storage.Record{State: "on"}, Lines: []storage.Line{{To: "on"}}})
	answers, err := r.store.Apply(t.Context(), []storage.Change{{
		Key: aNode("a"), Version: 1, Record: storage.Record{State: "off"}, Lines: []storage.Line{{To: "off"}},
		Project: func(context.Context, any) error {
			r.settled("left alone")
			return nil
		},
	}})
	if err := firstError(answers, err); err == nil || !strings.Contains(err.Error(), "idle-in-transaction timeout") {
		t.Errorf("the change answers %v, which does not say that its transaction was left alone", err)
	}
	if lines := h.lines(aNode("a")); len(lines) != 1 {
		t.Errorf("the history is %v", lines)
	}
}

// Claims step over what others have locked, and do not wait.
func TestClaimsDoNotWait(t *testing.T) {
	t.Parallel()
	r := newStillRig(t, "lock_timeout=1s")
	newEstate(hand{t, r.aside()}, r.pass)
	h := hand{t, r.store}
	unlock := r.lockAll()
	if claimed, taken := h.claim(10), h.take(10); len(claimed)+len(taken) > 0 {
		t.Errorf("of what is locked %d records are claimed and %d effects taken", len(claimed), len(taken))
	}
	unlock()
	if claimed, taken := h.claim(10), h.take(10); len(claimed) != 2 || len(taken) != 4 {
		t.Errorf("once nothing is locked, %d of 2 records are claimed, and %d of 4 effects taken", len(claimed), len(taken))
	}
}
