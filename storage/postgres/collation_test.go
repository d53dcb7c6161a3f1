package postgres_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// fastServer returns the URL of a server of the test's own that never waits for the disk: to make and to drop a
// database waits for all that is not yet on it.
func fastServer(t testing.TB) string {
	t.Helper()
	return pgtest.Own(t, "fsync=off", "full_page_writes=off", "synchronous_commit=off").URL()
}

// databaseOn makes a database on a server of the test's own, and returns its URL.
func databaseOn(t testing.TB, server, name, with string) string {
	t.Helper()
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

// Where texts sort as in a dictionary, keys sort byte by byte all the same.
func TestCollation(t *testing.T) {
	t.Parallel()
	const dictionary = "ENCODING UTF8 LOCALE_PROVIDER icu ICU_LOCALE 'de-AT' LOCALE 'C.UTF-8'"
	p := placesOn(t, databaseOn(t, fastServer(t), "dictionary", dictionary))
	var sorts bool
	if err := p.pool.QueryRow(t.Context(), "SELECT 'a' < 'B'").Scan(&sorts); err != nil || !sorts {
		t.Fatalf("the database does not sort as in a dictionary: %v", err)
	}
	storagetest.Run(t, storagetest.Harness{New: p.backend})
}
