package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A save needs the rights to do in the tables what it does there, and to use the sequence of the ids; no more.
func TestRightsThatASaveNeeds(t *testing.T) {
	t.Parallel()
	super := poolOn(t, pgtest.URL(t))
	o := dropped(t, super, postgres.Options{})
	storeOn(t, super, o)
	role, pool := roleOn(t, pgtest.URL(t))
	must(t, super, fmt.Sprintf(`CREATE TABLE %[1]s.machine (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, ref text UNIQUE, n integer);
		INSERT INTO %[1]s.machine (ref, n) VALUES ('changed', 1), ('gone', 2);
		GRANT USAGE ON SCHEMA %[1]s TO %[2]s; GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %[1]s TO %[2]s`, o.Schema, role), pgx.QueryExecModeSimpleProtocol)
	store := openOn(t, pool, o)
	save := func() error { return saveMachines(t.Context(), store, o.Schema+".machine") }
	says(t, save(), "reserve", "permission denied for sequence machine_seq_seq")
	must(t, super, fmt.Sprintf("GRANT USAGE ON SEQUENCE %s.machine_seq_seq TO %s", o.Schema, role))
	for right, call := range map[string]string{"SELECT": "rows", "INSERT": "insert", "UPDATE": "update", "DELETE": "delete"} {
		must(t, super, fmt.Sprintf("REVOKE %s ON %s.machine FROM %s", right, o.Schema, role))
		says(t, save(), call, "permission denied for table machine")
		must(t, super, fmt.Sprintf("GRANT %s ON %s.machine TO %s", right, o.Schema, role))
	}
	demand(t, "save", save())
	if n, err := store.Saves(t.Context(), "one"); n != 1 || err != nil {
		t.Errorf("there are %d saves, %v; want 1", n, err)
	}
	must(t, super, fmt.Sprintf("ALTER TABLE %s.machine ENABLE ROW LEVEL SECURITY; DELETE FROM %[1]s.machine", o.Schema), pgx.QueryExecModeSimpleProtocol)
	must(t, super, fmt.Sprintf("CREATE POLICY all_rows ON %s.machine TO %s USING (true)", o.Schema, role))
	must(t, super, fmt.Sprintf("INSERT INTO %s.machine (ref, n) VALUES ('changed', 1)", o.Schema))
	if err := save(); err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("rows are copied into a table with row security: %v", err)
	}
}
