package postgres_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage/storagetest"
)

// Statements may be sent in each way that New accepts, and the schema may have any name. The other ways are
// those of TestStore and of the tests with a pooler.
func TestDescribeExec(t *testing.T) {
	t.Parallel()
	p := placesOn(t, withSetting(inNoHurry(pgtest.URL(t)), "default_query_exec_mode=describe_exec"))
	p.name = oddName
	storagetest.Run(t, storagetest.Harness{New: p.backend})
}

// oddName is a name of a schema that has to be quoted with care.
func oddName(t testing.TB) string {
	t.Helper()
	const odd = `Reeve's "estate"; DROP TABLE $1 %s `
	name := pgtest.Schema(t)
	return odd + name[len(name)-26:]
}
