package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// copyCloud is the least that can be done for an inventory that is empty: COPY, with ids that are counted and references by a
// map, in one transaction.
func copyCloud(ctx context.Context, e *site, c *cloud) error {
	hosts, vms := make(map[string]int64, len(c.hosts)), make(map[string]int64, len(c.vms))
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		err := copyRows(ctx, tx, "hosts", len(c.hosts), []string{"id", "manager", "ems_ref", "name", "address", "vendor", "model", "os", "cpus", "memory", "maintenance"}, func(i int, row []any) []any {
			h := &c.hosts[i]
			hosts[h.id] = int64(i + 1)
			return append(row, int64(i+1), "one", h.id, h.name, h.address, h.vendor, h.model, h.os, h.cpus, h.memory, h.maintenance)
		})
		if err != nil {
			return err
		}
		err = copyRows(ctx, tx, "vms", len(c.vms), []string{"id", "manager", "ems_ref", "uuid", "name", "os", "power", "flavor", "cpus", "memory", "template", "boot", "host_id"}, func(i int, row []any) []any {
			vm := &c.vms[i]
			vms[vm.id] = int64(i + 1)
			return append(row, int64(i+1), "one", vm.id, vm.uuid, vm.name, vm.os, vm.power, vm.flavor, vm.cpus, vm.memory, vm.template, vm.boot, hosts[vm.host])
		})
		if err != nil {
			return err
		}
		return copyRows(ctx, tx, "disks", len(c.disks), []string{"id", "vm_id", "device_name", "file", "controller", "mode", "size"}, func(i int, row []any) []any {
			d := &c.disks[i]
			return append(row, int64(i+1), vms[d.vm], d.device, d.file, d.controller, d.mode, d.size)
		})
	})
}

func copyRows(ctx context.Context, tx pgx.Tx, table string, n int, columns []string, row func(i int, row []any) []any) error {
	i, values := -1, make([]any, 0, len(columns))
	_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if i++; i == n {
			return nil, nil
		}
		values = row(i, values[:0])
		return values, nil
	}))
	return err
}

// byHandTables are what renameByHand notes.
var byHandTables = []string{
	"CREATE TABLE last (manager TEXT PRIMARY KEY, n BIGINT NOT NULL)",
	`CREATE TABLE noted (manager TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, key BYTEA NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (manager, kind, key))`,
	"CREATE INDEX ON noted (manager, n)",
}

// renameByHand is the statements of a refresh of some machines of which only the names are new, as a host would send them
// that knows as much: who is the last to write is noted and locked, the machines, their hosts and their disks are
// read, the names are written, and it is noted which rows that was about, so that an older refresh does not undo it.
func renameByHand(ctx context.Context, e *site, c *cloud) error {
	refs, names, hosts := make([]string, len(c.vms)), map[string]string{}, []string{}
	for i := range c.vms {
		refs[i] = c.vms[i].id
		names[refs[i]] = c.vms[i].name
		hosts = append(hosts, c.vms[i].host)
	}
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		var n int64
		err := tx.QueryRow(ctx, "INSERT INTO last AS l VALUES ('one', 1) ON CONFLICT (manager) DO UPDATE SET n = l.n + 1 RETURNING n").Scan(&n)
		if err != nil {
			return err
		}
		var kinds []string
		var keys [][]byte
		note := func(kind string, of any) {
			kinds, keys = append(kinds, kind), append(keys, fmt.Append(nil, of))
		}
		if err := readRowsOf(ctx, tx, func(pgx.Rows) error { return nil },
			"SELECT id, ems_ref FROM hosts WHERE manager = 'one' AND ems_ref = ANY($1)", hosts); err != nil {
			return err
		}
		var ids []int64
		var news []string
		err = readRowsOf(ctx, tx, func(rows pgx.Rows) error {
			values, err := rows.Values()
			if err != nil {
				return err
			}
			if ref := values[1].(string); names[ref] != values[3] { //nolint:forcetypeassert // it is text
				ids, news = append(ids, values[0].(int64)), append(news, names[ref]) //nolint:forcetypeassert // it is a bigint
				note("vms", ref)
			}
			return nil
		}, "SELECT id, ems_ref, uuid, name, os, power, flavor, cpus, memory, template, boot, host_id FROM vms WHERE manager = 'one' AND ems_ref = ANY($1)", refs)
		if err != nil {
			return err
		}
		disks := 0
		err = readRowsOf(ctx, tx, func(rows pgx.Rows) error {
			disks++
			values, err := rows.Values()
			if err == nil {
				note("disks", values[1:3])
			}
			return err
		}, "SELECT id, vm_id, device_name, file, controller, mode, size FROM disks WHERE vm_id = ANY($1)", ids)
		if err == nil && (len(ids) != len(refs) || disks != 2*len(refs)) {
			err = fmt.Errorf("%d machines with other names and %d disks are there, of %d", len(ids), disks, len(refs))
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE vms AS t SET name = v.name FROM unnest($1::bigint[], $2::text[]) AS v (id, name) WHERE t.id = v.id", ids, news); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO noted SELECT 'one', v.kind, v.key, $3 FROM unnest($1::text[], $2::bytea[]) AS v (kind, key)
			ON CONFLICT (manager, kind, key) DO UPDATE SET n = excluded.n`, kinds, keys, n)
		return err
	})
}

func readRowsOf(ctx context.Context, tx pgx.Tx, each func(pgx.Rows) error, query string, args ...any) error {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}
