package postgres_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

const (
	copyingVar = "REEVE_COPYING" // has a process copy: the schema and the address
	copying    = "copying"       // is what it says in the middle
)

// TestCopyingProcess is a process that begins a save, and does not get beyond the middle of its COPY.
func TestCopyingProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	address, isOne := os.LookupEnv(copyingVar)
	if !isOne {
		t.Skip("only in a process of another test")
	}
	schema, url, _ := strings.Cut(address, " ")
	tx := saveIn(t, openOn(t, poolOn(t, url), postgres.Options{Schema: schema}), "s")
	_, err := weigh(tx, schema+".machine", 1, 0, 7)
	demand(t, "update", err)
	demand(t, "insert", tx.Insert(t.Context(), schema+".machine", []storage.Column{{Name: "ref"}}, func(yield func([]storage.Value) bool) {
		for i := range 10_000 {
			if !yield([]storage.Value{storage.TextValue(fmt.Sprintf("new %080d", i))}) {
				return
			}
		}
		_, _ = fmt.Println(copying)
		select {} // until it is killed
	}))
}

// A program that is killed in the middle of a COPY leaves what was there before, and nothing locked.
func TestKilledInACopy(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, inNoHurry(pgtest.URL(t)))
	o := dropped(t, pool, postgres.Options{})
	store := storeOn(t, pool, o)
	table := machinesOn(t, pool, o.Schema, 2)
	binary, err := os.Executable()
	demand(t, "executable", err)
	child := exec.CommandContext(t.Context(), binary, "-test.run=^TestCopyingProcess$")
	child.Env = append(os.Environ(), copyingVar+"="+o.Schema+" "+withSetting(pool.Config().ConnString(), "application_name="+o.Schema))
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	demand(t, "pipe", err)
	demand(t, "start", child.Start())
	defer func() { _ = child.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != copying+"\n" {
		t.Fatalf("the process says %q, %v", line, err)
	}
	eventually(t, "the server does not wait for rows", func() bool {
		return askPool[int](t, pool, "SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'COPY %' AND wait_event = 'ClientRead'", o.Schema) > 0
	})
	demand(t, "kill", child.Process.Kill())
	tx := saveIn(t, store, "s")
	missed, err := weigh(tx, table, 1, 0, 8)
	demand(t, "update", err)
	if n := tx.Number(); n != 1 || len(missed) > 0 {
		t.Errorf("the next save is number %d and misses %v; want the first, and none", n, missed)
	}
	demand(t, "commit", tx.Commit(t.Context()))
	if n := askPool[int](t, pool, "SELECT count(*) FROM "+table); n != 2 {
		t.Errorf("there are %d rows; want 2", n)
	}
}

func askPool[T any](t testing.TB, pool *pgxpool.Pool, query string, args ...any) (out T) {
	t.Helper()
	demand(t, "query", pool.QueryRow(t.Context(), query, args...).Scan(&out))
	return out
}
