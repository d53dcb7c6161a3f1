package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/reeve-go/reeve/refresh"
)

// refreshPostgresRows are about refreshes of 2,000 hosts, 100,000 machines and 200,000 disks, on a server of their own
// with the settings that PostgreSQL has by default. All but the last two come from five rounds, in each of which all ways
// take turns; before each of them VACUUM and CHECKPOINT have been done. Time is that on the wall, because the server
// does most of the work, from Open to the commit.
//
// By COPY is the least that a host can do: to insert the same rows, of which it knows that none are there, into the same
// tables, with their indexes and foreign keys. GORM is a host that inserts or overwrites everything by CreateInBatches
// with OnConflict and UpdateAll. Hashed tables have a column in which hashes of the rows are kept. Changed is a row of a
// hundred in each table; gone is one machine of ten, with its disks. Targeted is 100 machines among the 100,000, with new
// names, as host and store see it from the plan to the commit; by hand is the same in SQL.
//
// Written are the rows that were inserted or updated, WAL is what the server has written to its log. Memory is how much larger
// the heap is at most than before, garbage included, in a full refresh of empty tables: the objects that the host has
// are not in it.
//
// The last two are about 1,000,000 machines and 20,000 hosts, once.
func refreshPostgresRows() []row {
	const byCopy, byGORM = "COPY of the same rows", "GORM, CreateInBatches"
	ns, mb, kb, rows := meter{unit: "ns", parts: 1}, meter{unit: "MB", parts: 10}, meter{unit: "kB", parts: 1}, meter{unit: "rows", parts: 1}
	rounds := &contest{hold: holdRounds}
	large := &contest{hold: holdLarge}
	noted := func(name, peer string, m meter, g goal, c *contest, ours, theirs string) row {
		return row{name: "refresh/postgres-" + name, peer: peer, meter: m, goal: g, prepare: c.of(ours, theirs)}
	}
	return []row{
		noted("full", byCopy, ns, ratioAtMost(1.25), rounds, "full", "copy"),
		noted("full-beside-gorm", byGORM, ns, ratioAtMost(0.7), rounds, "full", "gorm full"),
		noted("full-client", "", ns, within(2500*time.Millisecond), rounds, "full cpu", ""),
		noted("full-server", "COPY of the same rows", ns, goal{}, rounds, "full server", "copy server"),
		noted("full-memory", "", mb, atMost(80), rounds, "full memory", ""),
		noted("full-hashed", byCopy, ns, goal{}, rounds, "hashed full", "copy"),
		noted("unchanged", byCopy, ns, ratioAtMost(0.3), rounds, "unchanged", "copy"),
		noted("unchanged-beside-gorm", byGORM, ns, ratioAtMost(0.125), rounds, "unchanged", "gorm unchanged"),
		noted("unchanged-written", "", rows, atMost(0), rounds, "unchanged written", ""),
		noted("unchanged-wal", byGORM, kb, atMost(1000), rounds, "unchanged wal", "gorm wal"),
		noted("unchanged-hashed", byCopy, ns, ratioAtMost(0.2), rounds, "hashed unchanged", "copy"),
		noted("unchanged-hashed-written", "", rows, atMost(0), rounds, "hashed written", ""),
		noted("unchanged-hashed-wal", "", kb, atMost(64), rounds, "hashed wal", ""),
		noted("changed", byCopy, ns, ratioAtMost(0.3), rounds, "changed", "copy"),
		noted("changed-hashed", byCopy, ns, ratioAtMost(0.3), rounds, "hashed changed", "copy"),
		noted("changed-written", "rows that changed", rows, ratioAtMost(1), rounds, "changed written", "changed rows"),
		noted("gone", byCopy, ns, ratioAtMost(0.3), rounds, "gone", "copy"),
		noted("targeted", "the same by hand", ns, ratioAtMost(2), rounds, "targeted", "targeted by hand"),
		noted("targeted-time", "", ns, within(20*time.Millisecond), rounds, "targeted", ""),
		noted("million-a-row", "the same in 100,000", ns, ratioAtMost(1.3), large, "million", "hundred thousand"),
		noted("million-memory", "", mb, atMost(600), large, "million memory", ""),
	}
}

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
	return r.ours.exec(ctx, "CREATE TABLE last (manager TEXT PRIMARY KEY, n BIGINT)")
}

// A turn is what one way took.
type turn struct {
	took, client, server time.Duration
	wal                  int64
	written              int // rows that were inserted or updated
	memory               int64
}

// timed does work at a site when the server has done there what it would do at some time.
func (r *race) timed(ctx context.Context, e *site, work func() error) (t turn, err error) {
	if !r.pg.quick {
		if err := e.exec(ctx, "VACUUM (ANALYZE) hosts, vms, disks", "CHECKPOINT"); err != nil {
			return t, err
		}
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

// holdLarge compares a large estate with one of usual size.
func holdLarge(ctx context.Context, s *setup, c *contest) error {
	r := &race{contest: c}
	if err := r.prepare(ctx, s); err != nil {
		return err
	}
	for _, size := range []struct {
		name     string
		machines int
	}{{"", s.size(100_000, 1000)}, {"hundred thousand", s.size(100_000, 1000)}, {"million", s.size(1_000_000, 5000)}} {
		if err := r.ours.empty(ctx); err != nil {
			return err
		}
		all := newCloud(size.machines, 50)
		before, peak := heldNow(), heapPeak()
		t, err := r.timed(ctx, r.ours.site, func() error { return r.ours.refresh(ctx, all, nil) })
		c.note(size.name+" memory", float64(peak()-before)/1e6)
		if err != nil {
			return err
		}
		c.note(size.name, float64(t.took)/float64(all.rows()))
		if err := r.ours.has(ctx, all); err != nil {
			return err
		}
	}
	return nil
}

// wal returns how much the server has written to its log.
func (pg *server) wal(ctx context.Context) (bytes int64, err error) {
	return bytes, pg.admin.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint").Scan(&bytes)
}

// cpu returns the processor time of the server's processes that are there now; nothing where that cannot be told.
func (pg *server) cpu(ctx context.Context) (sum time.Duration, err error) {
	rows, err := pg.admin.Query(ctx, "SELECT pid FROM pg_stat_activity")
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			return 0, err
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil {
			continue // it has ended, or this is not Linux
		}
		_, after, _ := strings.Cut(string(stat), ") ")
		fields := strings.Fields(after)
		var user, system int64
		if _, err := fmt.Sscan(fields[11]+" "+fields[12], &user, &system); err != nil {
			return 0, err
		}
		sum += time.Duration(user+system) * (time.Second / 100)
	}
	return sum, rows.Err()
}
