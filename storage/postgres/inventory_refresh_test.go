package postgres_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/refresh/refreshtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// homes are schemas with tables of the host's and of a store, which tests have one after another.
type homes struct {
	testing.TB
	pool *pgxpool.Pool

	mu   sync.Mutex
	free map[string][]oneHome // by the name of the first table
}

type oneHome struct {
	schema string
	store  *postgres.Store
}

func homesOn(t testing.TB) *homes {
	t.Helper()
	return &homes{TB: t, pool: poolOn(t, inNoHurry(pgtest.URL(t))), free: map[string][]oneHome{}}
}

// open is an [inventorytest.Opener].
func (h *homes) open(t refreshtest.TB, tables []storage.Table) storage.Inventory {
	t.Helper()
	at, ok := h.pop(tables[0].Name)
	if !ok {
		o, url, _ := home(h, h.pool, tables)
		at = oneHome{o.Schema, openOn(h, poolOn(h, url), o)}
	}
	t.Cleanup(func() {
		must(h, h.pool, clearing(at.schema), pgx.QueryExecModeSimpleProtocol)
		h.mu.Lock()
		defer h.mu.Unlock()
		h.free[tables[0].Name] = append(h.free[tables[0].Name], at)
	})
	return at.store
}

func (h *homes) pop(name string) (at oneHome, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if n := len(h.free[name]); n > 0 {
		at, h.free[name] = h.free[name][n-1], h.free[name][:n-1]
		return at, true
	}
	return at, false
}

// clearing removes all rows from a schema, whatever points where.
func clearing(schema string) string {
	return `DO $$ DECLARE one regclass; BEGIN
	SET LOCAL session_replication_role = replica;
	FOR one IN SELECT c.oid FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE n.nspname = '` + schema + `' AND c.relkind = 'r' AND c.relname <> 'migration'
	LOOP
		EXECUTE format('DELETE FROM %s', one);
	END LOOP;
END $$`
}

func TestRefreshKeepsTheLaws(t *testing.T) {
	t.Parallel()
	inventorytest.RunLaws(t, homesOn(t).open)
}

func TestRefreshWrites(t *testing.T) {
	t.Parallel()
	inventorytest.RunWrites(t, homesOn(t).open)
}

func TestRefreshOfAVanishingDatabase(t *testing.T) {
	t.Parallel()
	inventorytest.RunVanishing(t, homesOn(t).open, 5)
}

// TestSavingProcess is what other processes do.
func TestSavingProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	inventorytest.SavingProcess(t, func(t testing.TB, address string) storage.Inventory { t.Helper(); return openBackend(t, address) })
}

// TestRefreshingProcess is what other processes do.
func TestRefreshingProcess(t *testing.T) { //nolint:paralleltest // in a process of its own
	inventorytest.RefreshingProcess(t, openBackend)
}

func openBackend(t testing.TB, address string) inventorytest.Backend {
	t.Helper()
	schema, url, _ := strings.Cut(address, " ")
	return openOn(t, poolOn(t, url), postgres.Options{Schema: schema})
}

func TestKilledRefresh(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, inNoHurry(pgtest.URL(t)))
	inventorytest.RunKilled(t, inventorytest.Files{
		New: func(t testing.TB, tables []storage.Table) string {
			t.Helper()
			_, _, address := home(t, pool, tables)
			return address
		},
		Open: func(t testing.TB, address string) storage.Inventory { t.Helper(); return openBackend(t, address) },
	})
}

func TestKilledRefreshers(t *testing.T) {
	t.Parallel()
	_, _, address := home(t, poolOn(t, inNoHurry(pgtest.URL(t))), inventorytest.EstateTables())
	inventorytest.RunRefreshers(t, openBackend(t, address), address)
}
