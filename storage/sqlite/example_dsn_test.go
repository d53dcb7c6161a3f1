package sqlite_test

import (
	"fmt"

	"github.com/reeve-go/reeve/storage/sqlite"
)

// The options that say what a commit waits for say it to the connections, too.
func ExampleOptions_DSN() {
	o := &sqlite.Options{Synchronous: sqlite.Normal}
	fmt.Println(o.DSN("estate.db")) // and then sqlite.New(ctx, db, o)
	// Output:
	// file:estate.db?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_txlock=immediate
}

func ExampleDSN() {
	fmt.Println(sqlite.DSN("data/my estate.db"))
	fmt.Println(sqlite.DSN("/srv/estate.db"))
	// Output:
	// file:data/my%20estate.db?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate
	// file:///srv/estate.db?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate
}
