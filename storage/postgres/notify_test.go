package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

func dueNow(id string) storage.Change {
	c := creation(id)
	c.Record.Due = longAgo
	return c
}

// processesOn makes a place for processes that hear of each other, and who observes it. Start is for one of them.
func processesOn(t testing.TB, url string, o postgres.Options) (observer *pgxpool.Pool, start func() *process) {
	t.Helper()
	observer = poolOn(t, url)
	o = dropped(t, observer, o)
	storeOn(t, observer, o)
	return observer, func() *process {
		t.Helper()
		return processOn(t, url, o)
	}
}

func TestHintsFromAnotherProcess(t *testing.T) {
	t.Parallel()
	_, start := processesOn(t, pgtest.URL(t), postgres.Options{})
	one, other := start(), start()
	one.listen()
	one.hears() // of what was there before
	for i := range 3 {
		other.apply(dueNow(fmt.Sprint(i)))
		one.hears()
		if claimed := one.claim(9); len(claimed) != 1 {
			t.Errorf("%d records can be claimed when the hint comes; want one", len(claimed))
		}
		one.deaf()
	}
}

// What a process does itself it hears of at once, and not a second time when the notification is back.
func TestHintsOfOnesOwn(t *testing.T) {
	t.Parallel()
	_, start := processesOn(t, pgtest.URL(t), postgres.Options{})
	one, other := start(), start()
	var hints atomic.Int64
	ctx, cancel := context.WithCancel(t.Context())
	var listening sync.WaitGroup
	listening.Go(func() { _ = one.store.Listen(ctx, func(storage.Hint) { hints.Add(1) }) })
	eventually(t, "it does not listen", func() bool { return hints.Load() == 2 }) // here, and elsewhere
	const own = 5
	for i := range own {
		one.apply(dueNow(fmt.Sprint("own", i)))
	}
	other.apply(dueNow("other")) // comes after them
	eventually(t, "another process is not heard", func() bool { return hints.Load() >= 2+own+1 })
	if n := hints.Load(); n != 2+own+1 {
		t.Errorf("%d hints for %d commits of its own and one of another", n-2, own)
	}
	cancel()
	listening.Wait()
}

// A connection that breaks costs a hint, and there is one when it was replaced.
func TestHintsGoOnAfterTheConnectionEnded(t *testing.T) {
	t.Parallel()
	observer, start := processesOn(t, pgtest.URL(t), postgres.Options{})
	one, other := start(), start()
	one.listen()
	eventually(t, "not one connection listens", func() bool { return one.listening(observer) == 1 })
	for i := range 2 {
		must(t, observer, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN %'", one.name)
		other.apply(dueNow(fmt.Sprint("meanwhile", i)))
		one.hears()
		if claimed := one.claim(9); len(claimed) != 1 {
			t.Errorf("%d records can be claimed when the connection is back; want one", len(claimed))
		}
		one.deaf()
		other.apply(dueNow(fmt.Sprint("afterwards", i)))
		one.hears()
		one.claim(9)
		one.deaf()
	}
	eventually(t, "not one connection listens in the end", func() bool { return one.listening(observer) == 1 })
}

func TestListenEnds(t *testing.T) {
	t.Parallel()
	observer, start := processesOn(t, pgtest.URL(t), postgres.Options{})
	p := start()
	for range 3 {
		stop := p.listen()
		eventually(t, "not one connection listens", func() bool { return p.listening(observer) == 1 })
		if err := stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("listening ended with %v; want the context's error", err)
		}
		eventually(t, "a connection goes on listening", func() bool { return p.listening(observer) == 0 })
	}
	if n := p.pool.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections of the pool are kept", n)
	}
}

// A call is one notification at most, and none if nothing is due because of it.
func TestNotificationsAreFew(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	_, start := processesOn(t, url, postgres.Options{})
	p := start()
	e := earOn(t, url, p.store.Channel())
	counted := func(what string, want int, do func()) {
		t.Helper()
		do()
		if n := e.heard(); n != want {
			t.Errorf("%s: %d notifications, want %d", what, n, want)
		}
	}
	var batch, resting []storage.Change
	for i := range 100 {
		batch, resting = append(batch, dueNow(fmt.Sprint("due", i))), append(resting, creation(fmt.Sprint("rests", i)))
	}
	counted("a batch of records that are due", 1, func() { p.apply(batch...) })
	counted("a batch of records at rest", 0, func() { p.apply(resting...) })
	counted("a claim", 0, func() { p.claim(100) })
	counted("a delivery", 1, func() { p.deliver(storage.Message{ID: "m", To: aNode("rests0"), Name: "news"}) })
	counted("a refused change", 0, func() { _, _ = p.Apply(t.Context(), []storage.Change{dueNow("due1")}) })
	counted("what is rolled back", 0, func() { p.inHost(pgx.Tx.Rollback) })
	counted("what only the host knows the end of", 0, func() { p.inHost(pgx.Tx.Commit) })

	const crew, each = 8, 20
	var all sync.WaitGroup
	for worker := range crew {
		all.Go(func() {
			for i := range each {
				p.apply(dueNow(fmt.Sprint("crew", worker, " ", i)))
			}
		})
	}
	all.Wait()
	if n := e.heard(); n == 0 || n > crew*each {
		t.Errorf("%d notifications of %d changes", n, crew*each)
	}
}

// inHost creates a record that is due in a transaction of the host.
func (p *process) inHost(end func(pgx.Tx, context.Context) error) {
	p.Helper()
	tx, err := p.pool.Begin(context.Background())
	if err != nil {
		p.Fatal(err)
	}
	inside, err := p.store.With(tx)
	if err != nil {
		p.Fatal(err)
	}
	hand{p, inside}.apply(dueNow(fmt.Sprintf("%p", tx)))
	if err := end(tx, context.Background()); err != nil {
		p.Fatal(err)
	}
}

// Behind a pooler a process hears of what it does itself, and keeps no connection.
func TestHintsBehindAPooler(t *testing.T) {
	t.Parallel()
	observer, start := processesOn(t, withSetting(pgtest.URL(t), "default_query_exec_mode=cache_describe"), postgres.Options{Pooled: true})
	p := start()
	p.listen()
	p.hears() // of what was there before
	said := 0
	eventually(t, "it does not hear of what it does itself", func() bool {
		p.apply(dueNow(fmt.Sprint("own", said)))
		said++
		return len(p.hints) > 0
	})
	if n := p.listening(observer); n != 0 {
		t.Errorf("%d connections listen, which the pooler gives to others, too", n)
	}
	if n := p.pool.Stat().AcquiredConns(); n != 0 {
		t.Errorf("%d connections of the pool are kept", n)
	}
}

// What is said counts, although the others cannot be told so.
func TestDeliveryWithoutNotification(t *testing.T) {
	t.Parallel()
	pool := poolOn(t, pgtest.URL(t))
	store := storeOn(t, pool, dropped(t, pool, postgres.Options{}))
	h := hand{t, store}
	h.apply(creation("n"))
	store.Mute()
	h.deliver(storage.Message{ID: "m", To: aNode("n"), Name: "news"})
	h.apply(dueNow("o"))
	if claimed := h.claim(9); len(claimed) != 2 || len(claimed[0].Messages)+len(claimed[1].Messages) != 1 {
		t.Errorf("%d records can be claimed; want both, with one message", len(claimed))
	}
}
