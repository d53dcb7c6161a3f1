package main

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/reeve-go/reeve/internal/pgtest"
	"github.com/reeve-go/reeve/refresh"
)

// rows returns what is at a site, with keys in the place of ids.
func (e *site) rows(t *testing.T) (all []string) {
	t.Helper()
	for _, query := range []string{
		`SELECT concat_ws('|', manager, ems_ref, name, address, vendor, model, os, cpus, memory, maintenance) FROM hosts`,
		`SELECT concat_ws('|', v.manager, v.ems_ref, v.uuid, v.name, v.os, v.power, v.flavor, v.cpus, v.memory, v.template, v.boot, h.ems_ref) FROM vms AS v LEFT JOIN hosts AS h ON h.id = v.host_id`,
		`SELECT concat_ws('|', v.ems_ref, d.device_name, d.file, d.controller, d.mode, d.size) FROM disks AS d JOIN vms AS v ON v.id = d.vm_id`,
	} {
		var some []string
		if err := e.pool.QueryRow(t.Context(), "SELECT array_agg(r) FROM ("+query+") AS q (r)").Scan(&some); err != nil {
			t.Fatal(err)
		}
		all = append(all, some...)
	}
	slices.Sort(all)
	return all
}

// Whichever way a cloud is written, by COPY, by GORM or by a refresh, the rows are the same; so they are when machines are renamed.
func TestWaysLeaveTheSameRows(t *testing.T) {
	t.Parallel()
	s, pg := newBench(t)
	c := newCloud(60, 20)
	copied, err := pg.openSite(t.Context(), s, pgtest.Schema(t))
	demand(t, err)
	demand(t, copied.exec(t.Context(), byHandTables...))
	demand(t, copyCloud(t.Context(), copied, c))
	want := copied.rows(t)
	if len(want) != c.rows() {
		t.Fatalf("by COPY there are %d rows, of %d", len(want), c.rows())
	}
	gorms, err := pg.openSite(t.Context(), s, pgtest.Schema(t))
	demand(t, err)
	db, err := gorms.openGORM(s)
	demand(t, err)
	for range 2 {
		demand(t, upsertCloud(t.Context(), db, c))
		if diff := cmp.Diff(want, gorms.rows(t)); diff != "" {
			t.Errorf("by COPY (-) and GORM (+): %s", diff)
		}
	}
	changed, _ := c.renamed(3, 1)
	some := &cloud{vms: changed.vms[:5], disks: changed.disks[:10]}
	for i := range some.vms {
		some.vms[i].name += " again"
	}
	demand(t, renameByHand(t.Context(), copied, some))
	renamed := copied.rows(t)
	for _, hashed := range []bool{false, true} {
		k, err := pg.openKeeper(t.Context(), s, pgtest.Schema(t), hashed)
		demand(t, err)
		demand(t, k.refresh(t.Context(), changed, nil))
		demand(t, k.refresh(t.Context(), c, nil))
		if diff := cmp.Diff(want, k.rows(t)); diff != "" {
			t.Errorf("by COPY (-) and refresh, hashed %t (+): %s", hashed, diff)
		}
		inv, err := k.persister.Inventory()
		demand(t, err)
		var targets refresh.Targets
		for i := range some.vms {
			demand(t, inv.vms.Target(&targets, vmRow{Ref: some.vms[i].id}))
		}
		demand(t, k.refresh(t.Context(), &cloud{vms: some.vms, disks: c.disks[:10]}, &targets))
		if diff := cmp.Diff(renamed, k.rows(t)); diff != "" {
			t.Errorf("renamed by hand (-) and by a refresh, hashed %t (+): %s", hashed, diff)
		}
	}
}

func demand(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
