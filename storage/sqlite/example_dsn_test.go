package sqlite_test

import (
	"fmt"

	"github.com/reeve-go/reeve/storage/sqlite"
)

func ExampleDSN() {
	fmt.Println(sqlite.DSN("data/my estate.db"))
	fmt.Println(sqlite.DSN("/srv/estate.db"))
	// Output:
	// file:data/my%20estate.db?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate
	// file:///srv/estate.db?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate
}
