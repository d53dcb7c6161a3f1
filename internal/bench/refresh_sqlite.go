package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"time"

	"github.com/reeve-go/reeve/refresh"
	"github.com/reeve-go/reeve/storage/sqlite"
)

// A mirror is a file with the tables of a cloud, and the store on it.
type mirror struct {
	db        *sql.DB
	path      string
	persister *refresh.Persister[*cloudInventory]
}

// openMirror opens a new file. Hash is a column of hashes that the tables have, if it is not empty.
func (s *setup) openMirror(ctx context.Context, hash string) (_ *mirror, err error) {
	dir, err := os.MkdirTemp(s.dir, "")
	if err != nil {
		return nil, err
	}
	options := &sqlite.Options{Synchronous: sqlite.Normal}
	m := &mirror{path: filepath.Join(dir, "mirror.db")}
	if m.db, err = sql.Open("sqlite", options.DSN(m.path)+"&_pragma=foreign_keys(1)"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.close())
		}
	}()
	m.db.SetMaxOpenConns(1) // nobody reads beside the writer here
	store, err := sqlite.New(ctx, m.db, options)
	if err != nil {
		return nil, err
	}
	if err := store.Migrate(ctx); err != nil {
		return nil, err
	}
	if _, err := m.db.ExecContext(ctx, cloudTables); err != nil {
		return nil, err
	}
	if hash != "" {
		for _, table := range []string{"hosts", "vms", "disks"} {
			if _, err := m.db.ExecContext(ctx, "ALTER TABLE "+table+" ADD "+hash+" INTEGER"); err != nil {
				return nil, err
			}
		}
	}
	m.persister, err = refresh.NewPersister(declareCloud(hash), store, nil)
	return m, err
}

func (m *mirror) close() error {
	return errors.Join(m.db.Close(), os.RemoveAll(filepath.Dir(m.path)))
}

// refresh is a full refresh, or one of what targets name.
func (m *mirror) refresh(ctx context.Context, c *cloud, t *refresh.Targets) error {
	return refreshCloud(ctx, m.persister, c, t)
}

// writes returns how many rows of the host's tables fn changes. The store itself changes one a save, the scope's.
func (m *mirror) writes(ctx context.Context, fn func() error) (rows int, err error) {
	var before int
	const changes = `SELECT total_changes() - coalesce(max(saves), 0) FROM reeve_scope`
	if err := m.db.QueryRowContext(ctx, changes).Scan(&before); err != nil {
		return 0, err
	}
	if err := fn(); err != nil {
		return 0, err
	}
	err = m.db.QueryRowContext(ctx, changes).Scan(&rows)
	return rows - before, err
}

// noting notes the processor time of fn.
func noting(to *notes, fn func() error) error {
	runtime.GC()
	before := cpuTime()
	err := fn()
	to.add(float64(cpuTime() - before))
	return err
}

func (s *setup) newCloud() *cloud { return newCloud(s.size(10_000, 200), 20) }

// inEmpty does something with a cloud, each time on a new file.
func (s *setup) inEmpty(ctx context.Context, c *cloud, to *notes, fn func(m *mirror) error) func(n int) error {
	return func(n int) error {
		for range n {
			m, err := s.openMirror(ctx, "")
			if err != nil {
				return err
			}
			err = noting(to, func() error { return fn(m) })
			if err == nil {
				err = m.has(ctx, c)
			}
			if err = errors.Join(err, m.close()); err != nil {
				return err
			}
		}
		return nil
	}
}

// byHand inserts a cloud by hand.
func (s *setup) byHand(ctx context.Context, c *cloud, to *notes) func(n int) error {
	return s.inEmpty(ctx, c, to, func(m *mirror) error { return insertCloud(ctx, m.db, c) })
}

func intoEmpty(to *notes) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		c := s.newCloud()
		ours := s.inEmpty(ctx, c, to, func(m *mirror) error { return m.refresh(ctx, c, nil) })
		return sides{ours: ours, peer: s.byHand(ctx, c, to)}, nil
	}
}

// has demands that a cloud's rows are there, and linked.
func (m *mirror) has(ctx context.Context, c *cloud) error {
	var rows int
	err := m.db.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM hosts) +
		(SELECT count(*) FROM vms JOIN hosts ON hosts.id = host_id) +
		(SELECT count(*) FROM disks JOIN vms ON vms.id = vm_id)`).Scan(&rows)
	if err == nil && rows != c.rows() {
		err = fmt.Errorf("%d rows are there and linked, of %d", rows, c.rows())
	}
	return err
}

// A full mirror is one that has the rows of a cloud.
func (s *setup) fullMirror(ctx context.Context, hash string) (*mirror, *cloud, error) {
	m, err := s.openMirror(ctx, hash)
	if err != nil {
		return nil, nil, err
	}
	s.closeAfter(closer(m.close))
	c := s.newCloud()
	return m, c, m.refresh(ctx, c, nil)
}

// each notes fn n times.
func each(to *notes, fn func() error) func(n int) error {
	return func(n int) error {
		for range n {
			if err := noting(to, fn); err != nil {
				return err
			}
		}
		return nil
	}
}

func unchanged(to *notes, hash string) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		m, c, err := s.fullMirror(ctx, hash)
		if err != nil {
			return sides{}, err
		}
		return sides{ours: each(to, func() error { return m.refresh(ctx, c, nil) }), peer: s.byHand(ctx, c, to)}, nil
	}
}

func unchangedAndRead(to *notes) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		m, c, err := s.fullMirror(ctx, "")
		if err != nil {
			return sides{}, err
		}
		return sides{ours: each(to, func() error { return m.refresh(ctx, c, nil) }), peer: each(to, func() error { return readCloud(ctx, m.db) })}, nil
	}
}

func unchangedWritten(to *notes) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		m, c, err := s.fullMirror(ctx, "")
		if err != nil {
			return sides{}, err
		}
		return sides{ours: func(n int) error {
			for range n {
				rows, err := m.writes(ctx, func() error { return m.refresh(ctx, c, nil) })
				if err != nil {
					return err
				}
				to.add(float64(rows))
			}
			return nil
		}}, nil
	}
}

func onePercent(to *notes) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		m, c, err := s.fullMirror(ctx, "")
		if err != nil {
			return sides{}, err
		}
		round := 0
		return sides{ours: func(n int) error {
			for range n {
				round++
				for i := 0; i < len(c.vms); i += 100 {
					c.vms[i].name = fmt.Sprintf("machine-%d-%d", i, round)
				}
				if err := noting(to, func() error { return m.refresh(ctx, c, nil) }); err != nil {
					return err
				}
			}
			return nil
		}, peer: s.byHand(ctx, c, to)}, nil
	}
}

func targeted(to *notes) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		m, c, err := s.fullMirror(ctx, "")
		if err != nil {
			return sides{}, err
		}
		some := &cloud{vms: c.vms[:100], disks: c.disks[:200]}
		inv, err := m.persister.Inventory()
		if err != nil {
			return sides{}, err
		}
		var targets refresh.Targets
		for i := range some.vms {
			if err := inv.vms.Target(&targets, vmRow{Ref: some.vms[i].id}); err != nil {
				return sides{}, err
			}
		}
		round := 0
		return sides{ours: func(n int) error {
			for range n {
				round++
				for i := range some.vms {
					some.vms[i].name = fmt.Sprintf("machine-%d-%d", i, round)
				}
				if err := noting(to, func() error { return m.refresh(ctx, some, &targets) }); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
}

func growing(to *notes) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		c := s.newCloud()
		return sides{ours: func(n int) error {
			for range n {
				m, err := s.openMirror(ctx, "")
				if err != nil {
					return err
				}
				before, peak := heldNow(), heapPeak()
				err = m.refresh(ctx, c, nil)
				to.add(float64(peak()-before) / 1e6)
				if err = errors.Join(err, m.close()); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
}

// heapPeak looks at the heap every millisecond until peak is called, which returns the most that it was: what is in
// use and what is not collected yet.
func heapPeak() (peak func() int64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	most := int64(0)
	look := func() {
		metrics.Read(sample)
		most = max(most, int64(sample[0].Value.Uint64())) //nolint:gosec // there is not so much memory
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			look()
			select {
			case <-tick.C:
			case <-stop:
				return
			}
		}
	}()
	return func() int64 {
		close(stop)
		<-stopped
		look()
		return most
	}
}
