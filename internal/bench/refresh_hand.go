package main

import (
	"context"
	"database/sql"
	"strings"
)

// rowsAtOnce is how many rows are inserted by one statement: of 1 to 2000, 256 and 512 were the fastest.
const rowsAtOnce = 256

// insertCloud is the host's own SQL for an inventory that is empty: one transaction, statements of many
// rows that are prepared once, and references by a map of ids.
func insertCloud(ctx context.Context, db *sql.DB, c *cloud) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it has been committed, or the error is the first one
	hosts, vms := make(map[string]int64, len(c.hosts)), make(map[string]int64, len(c.vms))
	err = insertRows(ctx, tx, "hosts (id, manager, ems_ref, name, address, vendor, model, os, cpus, memory, maintenance)", 11, len(c.hosts), func(args []any, i int) []any {
		h := &c.hosts[i]
		hosts[h.id] = int64(i + 1)
		return append(args, int64(i+1), "one", h.id, h.name, h.address, h.vendor, h.model, h.os, int64(h.cpus), int64(h.memory), h.maintenance)
	})
	if err != nil {
		return err
	}
	err = insertRows(ctx, tx, "vms (id, manager, ems_ref, uuid, name, os, power, flavor, cpus, memory, template, boot, host_id)", 13, len(c.vms), func(args []any, i int) []any {
		vm := &c.vms[i]
		vms[vm.id] = int64(i + 1)
		return append(args, int64(i+1), "one", vm.id, vm.uuid, vm.name, vm.os, vm.power, vm.flavor, int64(vm.cpus), int64(vm.memory), vm.template,
			vm.boot.Format("2006-01-02T15:04:05.000000Z07:00"), hosts[vm.host])
	})
	if err != nil {
		return err
	}
	err = insertRows(ctx, tx, "disks (id, vm_id, device_name, file, controller, mode, size)", 7, len(c.disks), func(args []any, i int) []any {
		d := &c.disks[i]
		return append(args, int64(i+1), vms[d.vm], d.device, d.file, d.controller, d.mode, int64(d.size))
	})
	if err != nil {
		return err
	}
	return tx.Commit()
}

// readCloud reads all columns of all rows that one manager has, as a host would that looks whether they are as they
// should be.
func readCloud(ctx context.Context, db *sql.DB) error {
	for _, text := range []string{
		`SELECT id, ems_ref, name, address, vendor, model, os, cpus, memory, maintenance FROM hosts WHERE manager = 'one'`,
		`SELECT id, ems_ref, uuid, name, os, power, flavor, cpus, memory, template, boot, host_id FROM vms WHERE manager = 'one'`,
		`SELECT id, vm_id, device_name, file, controller, mode, size FROM disks WHERE vm_id IN (SELECT id FROM vms WHERE manager = 'one')`,
	} {
		if err := readRows(ctx, db, text); err != nil {
			return err
		}
	}
	return nil
}

func readRows(ctx context.Context, db *sql.DB, text string) error {
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		return err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	row, to := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		to[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return err
		}
	}
	return rows.Err()
}

// insertRows inserts n rows of so many columns.
func insertRows(ctx context.Context, tx *sql.Tx, into string, columns, n int, row func(args []any, i int) []any) error {
	one := "(?" + strings.Repeat(", ?", columns-1) + ")"
	text := func(rows int) string {
		return "INSERT INTO " + into + " VALUES " + one + strings.Repeat(", "+one, rows-1)
	}
	many, err := tx.PrepareContext(ctx, text(rowsAtOnce))
	if err != nil {
		return err
	}
	defer func() { _ = many.Close() }()
	args := make([]any, 0, rowsAtOnce*columns)
	for i := range n {
		if args = row(args, i); len(args) < rowsAtOnce*columns {
			continue
		}
		if _, err := many.ExecContext(ctx, args...); err != nil {
			return err
		}
		args = args[:0]
	}
	if len(args) > 0 {
		_, err = tx.ExecContext(ctx, text(len(args)/columns), args...)
	}
	return err
}
