package postgres_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/postgres"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// A pooler gives each transaction another connection, so the store must keep nothing in them.
func TestPooler(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"cache_describe", "exec"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			const connections = 5 // fewer than the store's
			bouncer := pgtest.PgBouncer(t, pgtest.URL(t), connections)
			url := withSetting(bouncer, "default_query_exec_mode="+mode)
			p := placesOn(t, url)
			p.address = func(schema string) string { return schema + " " + url }
			p.options = func(schema string) postgres.Options { return postgres.Options{Schema: schema, Pooled: true} }
			storagetest.Run(t, storagetest.Harness{New: p.backend})
		})
	}
}
