package postgres_test

import (
	"context"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
)

// Ids are reserved by one statement, however many, and rows are deleted hundreds at a time.
func TestInventoryReservesAndDeletesManyAtATime(t *testing.T) {
	t.Parallel()
	o, url, _ := home(t, poolOn(t, inNoHurry(pgtest.URL(t))), nil)
	config, err := pgxpool.ParseConfig(url)
	demand(t, "parse", err)
	var w wiretap
	config.MaxConns = 1
	config.AfterConnect = func(_ context.Context, c *pgx.Conn) error {
		c.PgConn().Frontend().Trace(&w, pgproto3.TracerOptions{SuppressTimestamps: true})
		return nil
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	demand(t, "connect", err)
	t.Cleanup(pool.Close)
	must(t, pool, "CREATE TABLE many (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)")
	store := openOn(t, pool, o)
	id := []storage.Column{{Name: "id"}}
	costs := map[int][2]int{}
	for _, n := range []int{1, 10_000, 1, 10_000} { // the first time the table gets known
		tx := saveIn(t, store, "s")
		before := w.statements
		ids, err := tx.Reserve(t.Context(), "many", n)
		demand(t, "reserve", err)
		reserve := w.statements - before
		rows := slices.Collect(slices.Chunk(ids, 1))
		demand(t, "insert", tx.Insert(t.Context(), "many", id, slices.Values(rows)))
		before = w.statements
		deleted, err := tx.Delete(t.Context(), "many", id, slices.Values(rows))
		if err != nil || deleted != n {
			t.Errorf("%d rows are deleted, %v; want %d", deleted, err, n)
		}
		costs[n] = [2]int{reserve, w.statements - before}
		demand(t, "close", tx.Close())
	}
	if few, many := costs[1], costs[10_000]; many[0] != few[0] || few[1] != 1 || many[1] > 100 {
		t.Errorf("a row costs %v statements to reserve and delete, and ten thousand cost %v", few, many)
	}
}
