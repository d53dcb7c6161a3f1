package postgres_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A migration whose connection is cut at any byte makes all tables or none, and can be made again.
func TestMigrateCutAtAnyByte(t *testing.T) {
	t.Parallel()
	r := newRig(t, pgtest.URL(t), 1)
	fresh := func() *postgres.Store {
		r.do("DROP SCHEMA IF EXISTS " + r.options.Schema + " CASCADE")
		s, err := postgres.New(t.Context(), r.pool, &r.options)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	migrate := func(s *postgres.Store) error {
		ctx, cancel := context.WithTimeout(t.Context(), endless)
		defer cancel()
		return s.Migrate(ctx)
	}
	s := fresh()
	r.listen()
	if err := migrate(s); err != nil {
		t.Fatal(err)
	}
	flights, whole := r.heard(), len(r.tables())
	refused := 0
	for n, to := range whereToCut(flights, 2000) {
		s := fresh()
		happened := r.on(to, n, (*link).cut)
		err := migrate(s)
		if r.takeBack() {
			continue
		}
		<-happened
		at := fmt.Sprintf("cut after %d bytes to the %s", n, to)
		r.settled(at)
		made := ask[int](r, "SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE nspname = $1 AND relkind = 'r' AND relname <> 'witness'", r.options.Schema)
		if err == nil && made != whole || err != nil && made != 0 {
			t.Errorf("%s: of %d tables %d are there, and the answer is %v", at, whole, made, err)
		}
		if err != nil {
			refused++
		}
		if err := migrate(s); err != nil {
			t.Errorf("%s: the next migration: %v", at, err)
		}
		hand{t, s}.apply(storage.Change{Key: aNode("n"), Record: storage.Record{State: "new"}})
	}
	t.Logf("%d of the migrations failed; without a cut, these bytes go: %v", refused, flights)
}
