package postgres_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/reeve-go/reeve/internal/pgtest"
)

// Connections that end while goroutines work are replaced, and nobody notices; a statement that somebody
// cancels is an error, and nothing more.
func TestStreamDisturbed(t *testing.T) {
	t.Parallel()
	const (
		terminate = `SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = $1 ORDER BY random() LIMIT 1) AS one`
		cancel    = `SELECT count(pg_cancel_backend(pid)) FROM (SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND state = 'active' ORDER BY random() LIMIT 1) AS one`
	)
	never := func(error, bool) bool { return false }
	canceled := func(err error, _ bool) bool {
		var refused *pgconn.PgError
		return errors.As(err, &refused) && refused.Code == "57014"
	}
	for _, c := range []struct {
		name    string
		conns   int32
		mayFail func(error, bool) bool
		disturb func(*rig)
	}{
		{"terminated", 4, never, func(r *rig) { ask[int](r, terminate, r.name()) }},
		{"terminated of one", 1, never, func(r *rig) { ask[int](r, terminate, r.name()) }},
		{"cut", 4, never, func(r *rig) { r.all((*link).cut) }},
		{"forgotten", 4, never, func(r *rig) { r.all((*link).reset) }},
		{"canceled", 4, canceled, func(r *rig) { ask[int](r, cancel, r.name()) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, pgtest.URL(t), c.conns)
			s := newStream(t, r, c.mayFail)
			s.run(func() {
				times := 20
				if testing.Short() {
					times = 5
				}
				for range times {
					c.disturb(r)
					s.goOn(5)
				}
			})
		})
	}
}
