//go:build unix

package pgtest

import (
	"io"
	"strings"
	"testing"
)

func TestPgBouncerPoolsTransactions(t *testing.T) {
	t.Parallel()
	server := URL(t)
	var pooled string
	t.Run("", func(t *testing.T) {
		pooled = PgBouncer(t, server, 1, "max_client_conn = 2", "query_wait_timeout = 20")
		const who = "select pg_backend_pid(), current_user, current_database()"
		backend := connected(t, pooled, who)
		// That client is connected still, and would keep the only connection in session mode.
		if got := ask(t, pooled, who); got != backend {
			t.Errorf("a second client is served by %s, the first by %s", got, backend)
		}
		if here := ask(t, server, "select current_user, current_database()"); !strings.HasSuffix(backend, "|"+here) {
			t.Errorf("behind the pooler one is %s, before it %s", backend, here)
		}
		connected(t, pooled, "select 2")
		if out, err := psql(t, pooled, who); err == nil || !strings.Contains(out, "no more connections allowed") {
			t.Errorf("max_client_conn is 2, and a third client gets %q", out)
		}
	})
	if out, err := psql(t, pooled, "select 1"); err == nil || !strings.Contains(out, "refused") {
		t.Errorf("after its test the pooler answers %q", out)
	}
}

// connected returns the answer to a client that stays connected until the test ends.
func connected(t *testing.T, url, sql string) string {
	t.Helper()
	stdin, stdout := start(t, command(t, url))
	if _, err := io.WriteString(stdin, sql+";\n"); err != nil || !stdout.Scan() {
		t.Fatalf("%s: no answer: %v", sql, err)
	}
	return stdout.Text()
}

func TestPgBouncerRefuses(t *testing.T) {
	t.Parallel()
	if _, err := findPooler(); err != nil {
		demand(t, err)
	}
	for _, c := range []struct{ server, extra, want string }{
		{"dbname=postgres", "", "postgres://user:password@host:port/database is right"},
		{"postgres://me@127.0.0.1:1/db", "pool_mode = sometimes", "sometimes"},
	} {
		if _, err := openPooler(c.server, 1, []string{c.extra}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("a pooler for %q with %q: %v", c.server, c.extra, err)
		}
	}
}
