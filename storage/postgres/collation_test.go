package postgres_test

import (
	"fmt"
	"net/url"
	"sync"
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// fast is a server that never waits for the disk: to make a database, and to drop one, waits for all that is not
// yet on it.
var fast = sync.OnceValues(func() (*pgtest.Server, error) {
	return pgtest.Open("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "checkpoint_timeout=1h",
		"session_preload_libraries=auto_explain")
})

// fastServer returns the URL of the server that tests with databases of their own share.
func fastServer(t testing.TB) string {
	t.Helper()
	pgtest.URL(t) // skips the test, or fails it
	server, err := fast()
	if err != nil {
		t.Skip(err)
	}
	return server.URL()
}

// databaseOn makes a database of the test's own on a server, and returns its URL.
func databaseOn(t testing.TB, server, with string) string {
	t.Helper()
	name := pgtest.Schema(t)
	must(t, poolOn(t, server), fmt.Sprintf("CREATE DATABASE %s TEMPLATE template0 %s", name, with))
	return atDatabase(t, server, name)
}

// atDatabase returns the URL of another database on a server.
func atDatabase(t testing.TB, server, name string) string {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// Where texts sort as in a dictionary, keys sort byte by byte all the same. The schema may have any name, and
// pgx need not keep what it knows of statements.
func TestCollation(t *testing.T) {
	t.Parallel()
	const dictionary = "ENCODING UTF8 LOCALE_PROVIDER icu ICU_LOCALE 'de-AT' LOCALE 'C.UTF-8'"
	p := placesOn(t, withSetting(databaseOn(t, fastServer(t), dictionary), "default_query_exec_mode=describe_exec"))
	p.name = oddName
	var sorts bool
	if err := p.pool.QueryRow(t.Context(), "SELECT 'a' < 'B'").Scan(&sorts); err != nil || !sorts {
		t.Fatalf("the database does not sort as in a dictionary: %v", err)
	}
	storagetest.Run(t, storagetest.Harness{New: p.backend})
}

// oddName is a name of a schema that has to be quoted with care.
func oddName(t testing.TB) string {
	t.Helper()
	const odd = `Reeve's "estate"; DROP TABLE $1 %s `
	name := pgtest.Schema(t)
	return odd + name[len(name)-26:]
}
