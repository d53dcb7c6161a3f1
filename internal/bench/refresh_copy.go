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

// renameByHand is what a refresh of some machines comes to where only their names are new, as a careful host would write it:
// the machines, their hosts and their disks are read, and the names are written, with a note of who was the last to do so.
func renameByHand(ctx context.Context, e *site, c *cloud) error {
	refs, names, hosts := make([]string, len(c.vms)), map[string]string{}, []string{}
	for i := range c.vms {
		refs[i] = c.vms[i].id
		names[refs[i]] = c.vms[i].name
		hosts = append(hosts, c.vms[i].host)
	}
	return pgx.BeginFunc(ctx, e.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "INSERT INTO last AS l VALUES ('one', 1) ON CONFLICT (manager) DO UPDATE SET n = l.n + 1"); err != nil {
			return err
		}
		if err := readRowsOf(ctx, tx, func(pgx.Rows) error { return nil },
			"SELECT id, ems_ref FROM hosts WHERE manager = 'one' AND ems_ref = ANY($1)", hosts); err != nil {
			return err
		}
		var ids []int64
		var news []string
		err := readRowsOf(ctx, tx, func(rows pgx.Rows) error {
			values, err := rows.Values()
			if err != nil {
				return err
			}
			if ref := values[1].(string); names[ref] != values[3] { //nolint:forcetypeassert // it is text
				ids, news = append(ids, values[0].(int64)), append(news, names[ref]) //nolint:forcetypeassert // it is a bigint
			}
			return nil
		}, "SELECT id, ems_ref, uuid, name, os, power, flavor, cpus, memory, template, boot, host_id FROM vms WHERE manager = 'one' AND ems_ref = ANY($1)", refs)
		if err != nil {
			return err
		}
		disks := 0
		err = readRowsOf(ctx, tx, func(rows pgx.Rows) error {
			disks++
			_, err := rows.Values()
			return err
		}, "SELECT id, vm_id, device_name, file, controller, mode, size FROM disks WHERE vm_id = ANY($1)", ids)
		if err == nil && (len(ids) != len(refs) || disks != 2*len(refs)) {
			err = fmt.Errorf("%d machines with other names and %d disks are there, of %d", len(ids), disks, len(refs))
		}
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE vms AS t SET name = v.name FROM unnest($1::bigint[], $2::text[]) AS v (id, name) WHERE t.id = v.id", ids, news)
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
