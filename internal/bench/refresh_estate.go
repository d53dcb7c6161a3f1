package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage/postgres"
)

// A site is a schema with the tables of a cloud: with foreign keys, with unique indexes on the keys, and without
// autovacuum, which would come at any time.
type site struct {
	schema string
	pool   *pgxpool.Pool
}

var siteTables = []string{
	`CREATE TABLE hosts (
	id BIGSERIAL PRIMARY KEY, manager TEXT NOT NULL, ems_ref TEXT NOT NULL,
	name TEXT, address TEXT, vendor TEXT, model TEXT, os TEXT, cpus INTEGER, memory BIGINT, maintenance BOOLEAN,
	UNIQUE (manager, ems_ref)) WITH (autovacuum_enabled = off)`,
	`CREATE TABLE vms (
	id BIGSERIAL PRIMARY KEY, manager TEXT NOT NULL, ems_ref TEXT NOT NULL,
	uuid TEXT, name TEXT, os TEXT, power TEXT, flavor TEXT, cpus INTEGER, memory BIGINT, template BOOLEAN, boot TIMESTAMPTZ,
	host_id BIGINT REFERENCES hosts (id) ON DELETE SET NULL,
	UNIQUE (manager, ems_ref)) WITH (autovacuum_enabled = off)`,
	`CREATE TABLE disks (
	id BIGSERIAL PRIMARY KEY, vm_id BIGINT NOT NULL REFERENCES vms (id) ON DELETE CASCADE,
	device_name TEXT NOT NULL, file TEXT, controller TEXT, mode TEXT, size BIGINT,
	UNIQUE (vm_id, device_name)) WITH (autovacuum_enabled = off)`,
}

// openSite makes the tables in a schema of their own.
func (pg *server) openSite(ctx context.Context, s *setup, schema string) (*site, error) {
	if _, err := pg.admin.Exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		return nil, err
	}
	config := pg.admin.Config()
	config.ConnConfig.RuntimeParams["search_path"] = schema
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	s.closeAfter(closer(func() error { pool.Close(); return nil }))
	e := &site{schema, pool}
	return e, e.exec(ctx, siteTables...)
}

func (e *site) exec(ctx context.Context, queries ...string) error {
	for _, query := range queries {
		if _, err := e.pool.Exec(ctx, query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return nil
}

func (e *site) empty(ctx context.Context) error { return e.exec(ctx, "TRUNCATE hosts, vms, disks") }

// A mark is a place in the order of transactions.
type mark int64

func (e *site) mark(ctx context.Context) (m mark, err error) {
	return m, e.pool.QueryRow(ctx, "SELECT pg_current_xact_id()::text::bigint").Scan(&m)
}

// has demands that a cloud's rows are there, all linked and no others.
func (e *site) has(ctx context.Context, c *cloud) error {
	var all, linked int
	err := e.pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM hosts) + (SELECT count(*) FROM vms) + (SELECT count(*) FROM disks),
		(SELECT count(*) FROM hosts) + (SELECT count(*) FROM vms JOIN hosts ON hosts.id = host_id) + (SELECT count(*) FROM disks JOIN vms ON vms.id = vm_id)`).Scan(&all, &linked)
	if err == nil && (all != c.rows() || linked != all) {
		err = fmt.Errorf("%s: %d rows are there, and %d linked, of %d", e.schema, all, linked, c.rows())
	}
	return err
}

// writtenSince counts the rows that were inserted or updated.
func (e *site) writtenSince(ctx context.Context, m mark) (rows int, err error) {
	const since = "xmin::text::bigint >= $1"
	return rows, e.pool.QueryRow(ctx, "SELECT (SELECT count(*) FROM hosts WHERE "+since+") + (SELECT count(*) FROM vms WHERE "+since+
		") + (SELECT count(*) FROM disks WHERE "+since+")", m).Scan(&rows)
}

// A keeper keeps a site up to date by refreshes.
type keeper struct {
	*site

	persister *refresh.Persister[*cloudInventory]
}

// openKeeper makes the tables, with a column of hashes if hashed.
func (pg *server) openKeeper(ctx context.Context, s *setup, schema string, hashed bool) (*keeper, error) {
	e, err := pg.openSite(ctx, s, schema)
	if err != nil {
		return nil, err
	}
	store, err := postgres.New(ctx, e.pool, &postgres.Options{Schema: schema})
	if err != nil {
		return nil, err
	}
	if err := store.Migrate(ctx); err != nil {
		return nil, err
	}
	column := ""
	if hashed {
		column = "row_hash"
		for _, table := range []string{"hosts", "vms", "disks"} {
			if err := e.exec(ctx, "ALTER TABLE "+table+" ADD row_hash BIGINT"); err != nil {
				return nil, err
			}
		}
	}
	k := &keeper{site: e}
	k.persister, err = refresh.NewPersister(declareCloud(column), store, nil)
	return k, err
}

// refresh is a full refresh, or one of what targets name.
func (k *keeper) refresh(ctx context.Context, c *cloud, t *refresh.Targets) (err error) {
	return refreshCloud(ctx, k.persister, c, t)
}

func refreshCloud(ctx context.Context, p *refresh.Persister[*cloudInventory], c *cloud, t *refresh.Targets) error {
	r, err := p.Open(ctx, "one", t)
	if err != nil {
		return err
	}
	c.parse(r.Inventory)
	plan, err := r.Save(ctx, 0)
	if err != nil {
		return errors.Join(err, r.Close())
	}
	return errors.Join(plan.Close(), r.Close())
}

// renamed returns the cloud with other names in one row of so many, and how many that are.
func (c *cloud) renamed(one, round int) (*cloud, int) {
	d := &cloud{slices.Clone(c.hosts), slices.Clone(c.vms), slices.Clone(c.disks)}
	n := 0
	for i := 0; i < len(d.hosts); i, n = i+one, n+1 {
		d.hosts[i].name = fmt.Sprintf("node%d-%d.example.org", i, round)
	}
	for i := 0; i < len(d.vms); i, n = i+one, n+1 {
		d.vms[i].name = fmt.Sprintf("machine-%d-%d", i, round)
	}
	for i := 0; i < len(d.disks); i, n = i+one, n+1 {
		d.disks[i].file = fmt.Sprintf("/pool/%d/%d.qcow2", i, round)
	}
	return d, n
}

// without returns the cloud without one machine of so many, and their disks.
func (c *cloud) without(one int) *cloud {
	d := &cloud{hosts: c.hosts}
	for i := range c.vms {
		if i%one > 0 {
			d.vms = append(d.vms, c.vms[i])
			d.disks = append(d.disks, c.disks[2*i], c.disks[2*i+1])
		}
	}
	return d
}
