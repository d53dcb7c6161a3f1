package postgres_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
)

// A crash of the server can take with it that a transaction's number was given out, and the next client gets the
// same. What became of that transaction says nothing of the store's.
func TestNumberGivenOutAgain(t *testing.T) {
	t.Parallel()
	server := pgtest.Own(t, "wal_writer_delay=10s", "autovacuum=off") // nothing of it is on the disk by chance
	k := newCutterOn(t, newRig(t, server.URL(), 1).stand(), 0)
	k.again()
	happened := k.on(toServer, k.flights[0].bytes+1, func(l *link) {
		k.refuse(true)
		l.forsake()
	})
	answer := make(chan error, 1)
	go func() { answer <- k.make(k.store) }()
	<-happened
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		ask[string](k.rig, "SELECT pg_current_xact_id()::text")
	}
	k.refuse(false)
	k.isTrue("the server crashed", <-answer)
}
