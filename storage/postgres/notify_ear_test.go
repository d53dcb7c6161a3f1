package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A process is a store as one process has it.
type process struct {
	hand
	store *postgres.Store
	pool  *pgxpool.Pool
	name  string // of its connections
	hints chan struct{}
}

// processOn returns a process on tables that are there.
func processOn(t testing.TB, url string, o postgres.Options) *process {
	t.Helper()
	name := pgtest.Schema(t)
	pool := poolOn(t, withSetting(url, "application_name="+name))
	store := openOn(t, pool, o)
	return &process{hand: hand{t, store}, store: store, pool: pool, name: name, hints: make(chan struct{}, 1)}
}

// listen listens until the test ends, or stop is called, which returns what Listen does.
func (p *process) listen() (stop func() error) {
	p.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- p.store.Listen(ctx, func(storage.Hint) {
			select {
			case p.hints <- struct{}{}:
			default:
			}
		})
	}()
	stop = sync.OnceValue(func() error {
		cancel()
		return <-ended
	})
	p.Cleanup(func() { _ = stop() })
	return stop
}

// hears waits for a hint.
func (p *process) hears() {
	p.Helper()
	select {
	case <-p.hints:
	case <-time.After(endless):
		p.Fatal("there is no hint")
	}
}

// deaf forgets the hints so far.
func (p *process) deaf() {
	for {
		select {
		case <-p.hints:
		default:
			return
		}
	}
}

// listening is how many connections of the process listen on the server.
func (p *process) listening(observer *pgxpool.Pool) (n int) {
	p.Helper()
	err := observer.QueryRow(context.Background(),
		"SELECT count(*) FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN %'", p.name).Scan(&n)
	if err != nil {
		p.Fatal(err)
	}
	return n
}

// An ear counts notifications.
type ear struct {
	testing.TB
	conn    *pgx.Conn
	channel string
}

func earOn(t testing.TB, url, channel string) *ear {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(context.Background(), "LISTEN "+channel); err != nil {
		t.Fatal(err)
	}
	return &ear{t, conn, channel}
}

// heard returns how many notifications there were since the last call: they come in the order of the
// commits, so all have come when one of its own does.
func (e *ear) heard() (n int) {
	e.Helper()
	if _, err := e.conn.Exec(context.Background(), "SELECT pg_notify($1, 'over')", e.channel); err != nil {
		e.Fatal(err)
	}
	for {
		got, err := e.conn.WaitForNotification(context.Background())
		if err != nil {
			e.Fatal(err)
		}
		if got.Payload == "over" {
			return n
		}
		n++
	}
}
