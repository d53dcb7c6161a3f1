package cmdb_test

import (
	"database/sql"
	"encoding/json"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"github.com/reeve-go/reeve/examples/backend/cmdb"
	"github.com/reeve-go/reeve/examples/composition/acm"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// randomChecks is how many random sequences the table has to stand, unless the command line says
// otherwise: the store that it is in has stood many more.
const randomChecks = "25"

func TestMain(m *testing.M) {
	if err := flag.Set("rapid.checks", randomChecks); err != nil {
		panic(err)
	}
	m.Run()
}

// options do not wait for the disk: no test pulls the plug.
var options = sqlite.Options{
	Synchronous: sqlite.Normal,
	Tables:      map[string]sqlite.Table{"instance": cmdb.Services()},
}

// open opens a file of the host's, with its table.
func open(t testing.TB, path string) (*sql.DB, *sqlite.Store) {
	t.Helper()
	db, err := sql.Open("sqlite", options.DSN(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := db.ExecContext(t.Context(), cmdb.Schema); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.New(t.Context(), db, &options)
	if err == nil {
		err = store.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return db, store
}

// data is what a kind would store of an instance.
func data(i int) []byte {
	phase := i
	b, err := json.Marshal(acm.Instance{
		Words:  acm.Words{Deploy: "DEPLOYING", Lock: "NONE", Sub: "NONE"},
		Result: "NO_ERROR", Definition: "access", Target: "access2", Phase: &phase,
		Ordered: time.Date(2026, 1, 1, 0, i, 0, 0, time.UTC), Revision: "r", Participants: []string{"core", "edge"},
		Rollback: map[string]acm.Element{"radio-1": {Node: "radio", Version: "1.0.0"}},
	})
	if err != nil {
		panic(err)
	}
	return b
}

// The one call that a host's table has to pass.
func TestServices(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, storagetest.Harness{
		Virtual: true, Kind: "instance", Data: data,
		States: []string{string(acm.Undeployed), string(acm.Deploying), string(acm.Locked)},
		New: func(t testing.TB) storagetest.Backend {
			path := filepath.Join(t.TempDir(), "cmdb.db")
			db, store := open(t, path)
			return storagetest.Backend{
				Store: store,
				Open: func(t testing.TB) storage.Store {
					_, store := open(t, path)
					return store
				},
				Begin: func(t testing.TB) storagetest.Tx {
					t.Helper()
					tx, err := db.BeginTx(t.Context(), nil)
					if err != nil {
						t.Fatal(err)
					}
					return storagetest.Tx{Handle: tx, Commit: tx.Commit, Rollback: tx.Rollback}
				},
			}
		},
	})
}

// The host's programs write their columns and the supervisor writes its own, and neither is in the
// other's way.
func TestDesk(t *testing.T) {
	t.Parallel()
	db, store := open(t, filepath.Join(t.TempDir(), "cmdb.db"))
	ctx := t.Context()
	apply := func(c storage.Change) {
		t.Helper()
		answers, err := store.Apply(ctx, []storage.Change{c})
		if err != nil || answers[0] != nil {
			t.Fatal(answers, err)
		}
	}
	assign := func(tag, owner, costCenter string) {
		t.Helper()
		if err := cmdb.Assign(ctx, db, tag, owner, costCenter); err != nil {
			t.Fatal(err)
		}
	}
	change := func(id string, version uint64, state acm.State) storage.Change {
		return storage.Change{
			Key: storage.Key{Kind: "instance", ID: id}, Version: version,
			Record: storage.Record{State: string(state), Data: data(int(version))},
		}
	}
	report := func(when string, want ...cmdb.Service) {
		t.Helper()
		got, err := cmdb.Report(ctx, db)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("what the desk sees %s (-want +got):\n%s", when, diff)
		}
	}
	assign("planned-1", "network team", "4711")
	apply(change("access-1", 0, acm.Undeployed))
	report("of a service that it planned, and of one that was created without it",
		cmdb.Service{No: 1, Tag: "planned-1", Status: "planned", Owner: "network team", CostCenter: "4711"},
		cmdb.Service{No: 2, Tag: "access-1", Status: "undeployed"})

	apply(change("planned-1", 0, acm.Undeployed))
	apply(change("access-1", 1, acm.Deploying))
	assign("access-1", "radio team", "4712")
	apply(change("access-1", 2, acm.Locked))
	report("when both are supervised",
		cmdb.Service{No: 1, Tag: "planned-1", Status: "undeployed", Owner: "network team", CostCenter: "4711"},
		cmdb.Service{No: 2, Tag: "access-1", Status: "locked", Owner: "radio team", CostCenter: "4712"})

	gone := change("access-1", 3, acm.Locked)
	gone.Delete = true
	apply(gone)
	report("when one was deleted",
		cmdb.Service{No: 1, Tag: "planned-1", Status: "undeployed", Owner: "network team", CostCenter: "4711"})
}

// What the supervisor reads is what stands in the columns, not a copy.
func TestColumnsAreTheTruth(t *testing.T) {
	t.Parallel()
	db, store := open(t, filepath.Join(t.TempDir(), "cmdb.db"))
	key := storage.Key{Kind: "instance", ID: "access-1"}
	read := func() (in acm.Instance, err error) {
		seen, err := store.Load(t.Context(), []storage.Key{key})
		if err == nil {
			err = json.Unmarshal(seen[0].Data, &in)
		}
		return in, err
	}
	answers, err := store.Apply(t.Context(), []storage.Change{{Key: key, Record: storage.Record{State: "undeployed", Data: data(1)}}})
	if err != nil || answers[0] != nil {
		t.Fatal(answers, err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE services SET blueprint = 'access9' WHERE service_tag = 'access-1'`); err != nil {
		t.Fatal(err)
	}
	if in, err := read(); err != nil || in.Definition != "access9" || in.Target != "access2" {
		t.Errorf("the instance is %+v, %v; its definition must be what the column says", in, err)
	}
	if _, err := db.ExecContext(t.Context(), `UPDATE services SET details = '{' WHERE service_tag = 'access-1'`); err != nil {
		t.Fatal(err)
	}
	if _, err := read(); err == nil || !strings.Contains(err.Error(), `service "access-1": the details`) {
		t.Errorf("details that cannot be read: %v", err)
	}
}
