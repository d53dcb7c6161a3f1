package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver, the host's choice

	"github.com/reeve-go/reeve/examples/transfer/connector"
	"github.com/reeve-go/reeve/examples/transfer/external"
	"github.com/reeve-go/reeve/examples/transfer/local"
	"github.com/reeve-go/reeve/provisioning"
	"github.com/reeve-go/reeve/provisioning/agevault"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/sqlite"
	"github.com/reeve-go/reeve/supervision"
)

// An estate is a connector with its store and its provisioners.
type estate struct {
	connector *connector.Connector
	shares    local.Provisioner
	vault     *agevault.Vault
	closers   []func()
}

func (e *estate) close() {
	for _, close := range e.closers {
		close()
	}
}

// callbacks is the path under which the connector is called back.
const callbacks = "/callbacks/"

// open opens the connector in the folder.
func (o *orders) open(ctx context.Context) (e *estate, err error) {
	e = &estate{}
	defer func() {
		if err != nil {
			e.close()
		}
	}()
	db, err := sql.Open("sqlite", sqlite.DSN(filepath.Join(o.Folder, "connector.db")))
	if err != nil {
		return nil, err
	}
	e.closers = append(e.closers, func() { _ = db.Close() })
	store, err := migrated(ctx, db)
	if err != nil {
		return nil, err
	}
	if err := o.openVault(e); err != nil {
		return nil, err
	}
	manager, err := provisioning.NewManager(store, &provisioning.Options{
		Vault: e.vault, CallbackURL: "http://" + o.Callbacks + callbacks, Secret: o.Secret,
	})
	if err != nil {
		return nil, err
	}
	buckets, err := provisioning.NewHTTP("http://"+o.Buckets+"/", &provisioning.HTTPOptions{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPlain: true, Observes: true, Timeout: o.beats(30),
	})
	if err != nil {
		return nil, err
	}
	if err := o.openShares(ctx, e); err != nil {
		return nil, err
	}
	manager.Register(connector.Bucket, buckets, o.typed())
	manager.Register(connector.Share, e.shares, o.typed())
	e.connector, err = connector.New(store, manager, func(ctx context.Context, f connector.Flow) error {
		return o.openBucket(ctx, e.vault, &f.Bucket)
	})
	return e, err
}

func migrated(ctx context.Context, db *sql.DB) (storage.Store, error) {
	store, err := sqlite.New(ctx, db, nil)
	if err != nil {
		return nil, err
	}
	return store, store.Migrate(ctx)
}

const vaultKey = "vault.key"

// openVault opens the vault, which keeps secrets over the death of a connector.
func (o *orders) openVault(e *estate) error {
	identities, err := agevault.LoadIdentities(filepath.Join(o.Folder, vaultKey))
	if err != nil {
		return err
	}
	if e.vault, err = agevault.Open(filepath.Join(o.Folder, "vault"), identities, nil); err == nil {
		e.closers = append(e.closers, func() { _ = e.vault.Close() })
	}
	return err
}

// openBucket sees whether a bucket opens with the secret that came with it: that is all that flows here.
func (o *orders) openBucket(ctx context.Context, vault provisioning.Vault, bucket *provisioning.Known) error {
	if bucket.Secrets == nil {
		return supervision.Permanent(fmt.Errorf("bucket %q has no secret", bucket.Handle))
	}
	secrets, err := vault.Get(ctx, *bucket.Secrets)
	if err != nil {
		return err
	}
	return external.Open(ctx, "http://"+o.Buckets, bucket.Handle, string(secrets["access"].Value))
}

// typed returns the options of both types.
func (o *orders) typed() *provisioning.TypeOptions {
	return &provisioning.TypeOptions{
		Within: o.beats(400), ReleaseWithin: o.beats(400), Attempts: 30, Timeout: o.beats(40), Poll: o.beats(12),
		Wait: provisioning.Doubling(o.Beat, o.beats(8)), Breaker: provisioning.Breaker{Failures: 20, Cool: o.beats(5)},
	}
}

const fillBeats = 5

// openShares opens who makes shares.
func (o *orders) openShares(ctx context.Context, e *estate) error {
	if o.Postgres == "" {
		root := filepath.Join(o.Folder, "shares")
		e.shares = &local.Directories{Root: root, Fill: o.beats(fillBeats)}
		return os.MkdirAll(root, 0o700)
	}
	pool, err := pgxpool.New(ctx, o.Postgres)
	if err != nil {
		return errors.New("the URL of -postgres cannot be read") // the error shows it
	}
	e.closers = append(e.closers, pool.Close)
	e.shares = &local.Databases{Server: pool, Prefix: o.Prefix, Secret: o.Secret, Fill: o.beats(fillBeats)}
	if err := pool.Ping(ctx); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	return nil
}

func (o *orders) beats(n int) time.Duration { return time.Duration(n) * o.Beat }
