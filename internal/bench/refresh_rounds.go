package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"gorm.io/gorm"

	"github.com/reeve-go/reeve/refresh"
)

// A race is what the rounds need.
type race struct {
	*contest

	pg            *server
	c             *cloud
	ours, hashed  *keeper
	copied, gorms *site
	gorm          *gorm.DB
}

func holdRounds(ctx context.Context, s *setup, c *contest) error {
	r := &race{contest: c, c: newCloud(s.size(100_000, 1000), 50)}
	if err := r.prepare(ctx, s); err != nil {
		return err
	}
	for n := range s.size(5, 1) {
		for _, turn := range []func(ctx context.Context, n int) error{r.copies, r.ourTurn, r.hashedTurn, r.gormTurn} {
			if err := turn(ctx, n); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *race) prepare(ctx context.Context, s *setup) (err error) {
	if r.pg, err = s.openServer(ctx); err != nil {
		return err
	}
	if r.ours, err = r.pg.openKeeper(ctx, s, "ours", false); err != nil {
		return err
	}
	if r.hashed, err = r.pg.openKeeper(ctx, s, "hashed", true); err != nil {
		return err
	}
	if r.copied, err = r.pg.openSite(ctx, s, "copied"); err != nil {
		return err
	}
	if r.gorms, err = r.pg.openSite(ctx, s, "gorms"); err != nil {
		return err
	}
	if r.gorm, err = r.gorms.openGORM(s); err != nil {
		return err
	}
	return r.ours.exec(ctx, byHandTables...)
}

// A turn is what one way took.
type turn struct {
	took, client, server time.Duration
	wal                  int64
	written              int // rows that were inserted or updated
}

// timed does work at a site when the server has done there what it would do at some time.
func (r *race) timed(ctx context.Context, e *site, work func() error) (t turn, err error) {
	if err := r.pg.settle(ctx, e.schema+".hosts", e.schema+".vms", e.schema+".disks"); err != nil {
		return t, err
	}
	m, err := e.mark(ctx)
	if err != nil {
		return t, err
	}
	runtime.GC()
	wal, err := r.pg.wal(ctx)
	if err != nil {
		return t, err
	}
	server, err := r.pg.cpu(ctx)
	if err != nil {
		return t, err
	}
	begun, client := time.Now(), cpuTime()
	if err := work(); err != nil {
		return t, err
	}
	t.took, t.client = time.Since(begun), time.Duration(cpuTime()-client)
	after, err := r.pg.cpu(ctx)
	if err != nil {
		return t, err
	}
	t.server = after - server
	end, err := r.pg.wal(ctx)
	if err != nil {
		return t, err
	}
	t.wal = end - wal
	t.written, err = e.writtenSince(ctx, m)
	return t, err
}

// copies is the turn of COPY.
func (r *race) copies(ctx context.Context, _ int) error {
	if err := r.copied.empty(ctx); err != nil {
		return err
	}
	t, err := r.timed(ctx, r.copied, func() error { return copyCloud(ctx, r.copied, r.c) })
	if err != nil {
		return err
	}
	r.note("copy", float64(t.took))
	r.note("copy server", float64(t.server))
	r.note("copy both", float64(t.client+t.server))
	return r.copied.has(ctx, r.c)
}

// ourTurn is that of tables without hashes.
func (r *race) ourTurn(ctx context.Context, n int) error {
	fill := func() (turn, error) {
		if err := r.ours.empty(ctx); err != nil {
			return turn{}, err
		}
		return r.timed(ctx, r.ours.site, func() error { return r.ours.refresh(ctx, r.c, nil) })
	}
	before, peak := heldNow(), heapPeak()
	_, err := fill()
	r.note("full memory", float64(peak()-before)/1e6)
	if err != nil {
		return err
	}
	t, err := fill()
	if err != nil {
		return err
	}
	r.note("full", float64(t.took))
	r.note("full cpu", float64(t.client))
	r.note("full server", float64(t.server))
	r.note("full both", float64(t.client+t.server))
	if t, err = r.timed(ctx, r.ours.site, func() error { return r.ours.refresh(ctx, r.c, nil) }); err != nil {
		return err
	}
	r.note("unchanged", float64(t.took))
	r.note("unchanged written", float64(t.written))
	r.note("unchanged wal", float64(t.wal)/1e3)
	changed, rows := r.c.renamed(100, n)
	if t, err = r.timed(ctx, r.ours.site, func() error { return r.ours.refresh(ctx, changed, nil) }); err != nil {
		return err
	}
	r.note("changed", float64(t.took))
	r.note("changed written", float64(t.written))
	r.note("changed rows", float64(rows))
	if err := r.targeted(ctx, n); err != nil {
		return err
	}
	if err := r.ours.refresh(ctx, r.c, nil); err != nil {
		return err
	}
	rest := r.c.without(10)
	if t, err = r.timed(ctx, r.ours.site, func() error { return r.ours.refresh(ctx, rest, nil) }); err != nil {
		return err
	}
	r.note("gone", float64(t.took))
	return r.ours.has(ctx, rest)
}

// targeted is 100 machines, time and again, by us and by hand.
func (r *race) targeted(ctx context.Context, round int) error {
	inv, err := r.ours.persister.Inventory()
	if err != nil {
		return err
	}
	for n := range 20 {
		var t refresh.Targets
		some, again := &cloud{}, &cloud{}
		for i := n; i < len(r.c.vms) && len(some.vms) < 100; i += max(1, len(r.c.vms)/100) {
			vm := r.c.vms[i]
			vm.name = fmt.Sprintf("%s-%d-%d", vm.name, round, n)
			some.vms, some.disks = append(some.vms, vm), append(some.disks, r.c.disks[2*i], r.c.disks[2*i+1])
			vm.name += "-again"
			again.vms = append(again.vms, vm)
			if err := inv.vms.Target(&t, vmRow{Ref: vm.id}); err != nil {
				return err
			}
		}
		one, err := r.ours.persister.Open(ctx, "one", &t)
		if err != nil {
			return err
		}
		some.parse(one.Inventory)
		begun := time.Now()
		plan, err := one.Save(ctx, 0)
		if err != nil {
			return errors.Join(err, one.Close())
		}
		r.note("targeted", float64(time.Since(begun)))
		if err := errors.Join(plan.Close(), one.Close()); err != nil {
			return err
		}
		begun = time.Now()
		if err := renameByHand(ctx, r.ours.site, again); err != nil {
			return err
		}
		r.note("targeted by hand", float64(time.Since(begun)))
	}
	return nil
}

// hashedTurn is that of tables with hashes.
func (r *race) hashedTurn(ctx context.Context, n int) error {
	if err := r.hashed.empty(ctx); err != nil {
		return err
	}
	t, err := r.timed(ctx, r.hashed.site, func() error { return r.hashed.refresh(ctx, r.c, nil) })
	if err != nil {
		return err
	}
	r.note("hashed full", float64(t.took))
	if t, err = r.timed(ctx, r.hashed.site, func() error { return r.hashed.refresh(ctx, r.c, nil) }); err != nil {
		return err
	}
	r.note("hashed unchanged", float64(t.took))
	r.note("hashed written", float64(t.written))
	r.note("hashed wal", float64(t.wal)/1e3)
	changed, rows := r.c.renamed(100, n)
	if t, err = r.timed(ctx, r.hashed.site, func() error { return r.hashed.refresh(ctx, changed, nil) }); err != nil {
		return err
	}
	r.note("hashed changed", float64(t.took))
	if t.written != rows {
		return fmt.Errorf("%d rows were written, of %d that changed", t.written, rows)
	}
	return r.hashed.has(ctx, r.c)
}

// gormTurn is that of GORM.
func (r *race) gormTurn(ctx context.Context, _ int) error {
	if err := r.gorms.empty(ctx); err != nil {
		return err
	}
	t, err := r.timed(ctx, r.gorms, func() error { return upsertCloud(ctx, r.gorm, r.c) })
	if err != nil {
		return err
	}
	r.note("gorm full", float64(t.took))
	if t, err = r.timed(ctx, r.gorms, func() error { return upsertCloud(ctx, r.gorm, r.c) }); err != nil {
		return err
	}
	r.note("gorm unchanged", float64(t.took))
	r.note("gorm wal", float64(t.wal)/1e3)
	return r.gorms.has(ctx, r.c)
}
