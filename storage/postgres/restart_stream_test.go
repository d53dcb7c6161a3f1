package postgres_test

import (
	"testing"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
)

// A server that is restarted, in order or after a crash, loses nothing and doubles nothing. Calls fail while
// it is down and not afterwards: the same pool goes on.
func TestRestartedServer(t *testing.T) {
	t.Parallel()
	server := pgtest.Own(t)
	r := newRig(t, server.URL(), 4)
	s := newStream(t, r, func(_ error, down bool) bool { return down })
	restart := func(stop func() error) {
		s.ups.Add(1)
		right(t, stop())
		right(t, server.Start())
		s.ups.Add(1)
	}
	s.run(func() {
		for _, stop := range []func() error{server.Stop, server.Kill} {
			s.goOn(100)
			restart(stop)
		}
		s.goOn(100)
	})

	// Between calls nobody notices, however many connections were open.
	wide := r.connect(server.URL(), 30)
	store := storeOn(t, wide, r.options)
	for i, stop := range []func() error{server.Stop, server.Kill} {
		openAll(t, wide)
		restart(stop)
		hand{t, store}.apply(storage.Change{Key: s.key(i), Version: hand{t, store}.version(s.key(i)), Record: storage.Record{State: "off"}})
		openAll(t, wide)
		restart(stop)
		if found, err := store.Load(t.Context(), []storage.Key{s.key(i)}); err != nil || found[0].State != "off" {
			t.Errorf("the record is %v: %v", found, err)
		}
	}
}

func right(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
