package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/inventorytest"
	"github.com/reeve-go/reeve/internal/pgtest"
)

// What is unique goes round in columns that have hardly room for anything else.
func TestUniqueValuesGoRound(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, inNoHurry(pgtest.URL(t)))
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	days, texts, numbers := [4]time.Time{day(1), day(2), day(3), day(4)}, [4]string{"a", "b", "c", "d"}, [4]int{1, 2, 3, 4}
	const uuid = "00000000-0000-0000-0000-00000000000"
	goRound(t, pool, "text", false, texts)
	goRound(t, pool, `text COLLATE "und-x-icu"`, false, texts)
	goRound(t, pool, "varchar(8)", false, texts)
	goRound(t, pool, "varchar(1)", false, texts)
	goRound(t, pool, "char(3)", false, texts)
	goRound(t, pool, "text CHECK (length(mark) = 1)", false, texts)
	goRound(t, pool, "text CHECK (mark ~ '^[a-z]$')", true, texts)
	goRound(t, pool, "uuid", false, [4]string{uuid + "1", uuid + "2", uuid + "3", uuid + "4"})
	goRound(t, pool, "smallint", false, numbers)
	goRound(t, pool, "bigint", false, numbers)
	goRound(t, pool, "port", true, numbers)
	goRound(t, pool, "numeric(4,2)", false, [4]string{"1", "2.25", "3.5", "4"})
	goRound(t, pool, "numeric(1)", false, [4]string{"1", "2", "3", "4"})
	goRound(t, pool, "real", false, [4]float64{1, 2.25, 3.5, 4})
	goRound(t, pool, "date", false, days)
	goRound(t, pool, "timestamp(0)", false, days)
	goRound(t, pool, "timestamptz", false, days)
	goRound(t, pool, "bytea", false, [4][]byte{{1}, {2}, {3}, {4}})
}

func goRound[T any](t *testing.T, pool *pgxpool.Pool, declared string, refused bool, marks [4]T) {
	t.Helper()
	t.Run(declared, func(t *testing.T) {
		t.Parallel()
		o, url, _ := home(t, pool, nil)
		host := poolOn(t, url)
		must(t, host, `CREATE DOMAIN port AS integer CHECK (VALUE > 0);
			CREATE TABLE seats (id bigserial PRIMARY KEY, manager text NOT NULL, ref text NOT NULL, mark `+declared+` NOT NULL UNIQUE, UNIQUE (manager, ref));
			CREATE TABLE guests (id bigserial PRIMARY KEY, manager text NOT NULL, ref text NOT NULL, seat_id bigint NOT NULL REFERENCES seats, UNIQUE (manager, ref))`,
			pgx.QueryExecModeSimpleProtocol)
		inventorytest.RunRound(t, openOn(t, host, o), refused, marks)
	})
}
