package chaos

import (
	"context"
	"net/url"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// beginPostgres starts a server, and puts a proxy before it.
func beginPostgres(ctx context.Context, _ string) (*database, error) {
	server, err := pgtest.Open() //nolint:contextcheck // its programs outlive the call
	if err != nil {
		return nil, err
	}
	base := &database{direct: server.URL(), end: func() { _ = server.Close() }}
	address, err := url.Parse(server.URL())
	if err != nil {
		return base, err
	}
	proxied, err := newProxy(ctx, address.Host)
	if err != nil {
		return base, err
	}
	address.Host = proxied.address
	base.address, base.cut = address.String(), proxied.conns.cut
	base.restart = func(ctx context.Context) error { return crash(ctx, server) }
	pool, err := pgxpool.New(ctx, base.direct)
	if err != nil {
		return base, err
	}
	defer pool.Close()
	store, err := postgres.New(ctx, pool, nil)
	if err != nil {
		return base, err
	}
	return base, store.Migrate(ctx)
}

// crash ends a server as a loss of power would, but for what the system has in its memory, and starts
// it again.
func crash(ctx context.Context, server *pgtest.Server) error {
	if err := server.Kill(); err != nil { //nolint:contextcheck // as above
		return err
	}
	wait(ctx, 500*time.Millisecond)
	return server.Start() //nolint:contextcheck // as above
}

func openPostgres(ctx context.Context, address string) (storage.Store, func(), error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, nil, err
	}
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, err
	}
	store, err := postgres.New(ctx, pool, nil)
	if err != nil {
		pool.Close()
		return nil, nil, err
	}
	return store, pool.Close, nil
}
