package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/reeve-go/reeve/scan"
	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/storage/postgres"
)

// Watched is a store that looks, after each commit of the pool of permits, at who has them by then.
type watched struct {
	*postgres.Store

	admin             *pgxpool.Pool // what it sends is not counted
	commits, overruns atomic.Int64
}

// Apply implements [storage.Store].
func (w *watched) Apply(ctx context.Context, changes []storage.Change) ([]error, error) {
	answers, err := w.Store.Apply(ctx, changes)
	if err != nil {
		return answers, err
	}
	for i := range changes {
		if changes[i].Key.Kind == poolKind && answers[i] == nil {
			return answers, w.look(ctx)
		}
	}
	return answers, nil
}

const poolKind = "scan.pool"

// look counts what those have together who have permits, and compares that with the limits, and with what the pool says of itself.
func (w *watched) look(ctx context.Context) error {
	var record, held []byte
	if err := w.admin.QueryRow(ctx, `SELECT r.data, (SELECT coalesce(json_agg(convert_from(e.data, 'UTF8')::json), '[]')
		FROM ours.element AS e WHERE e.kind = r.kind AND e.id = r.id AND e.state = 'held') FROM ours.record AS r WHERE r.kind = $1`, poolKind).Scan(&record, &held); err != nil {
		return err
	}
	var pool scan.Pool
	var seats []struct {
		Permits []scan.Permit `json:"permits"`
	}
	if err := errors.Join(json.Unmarshal(record, &pool), json.Unmarshal(held, &seats)); err != nil {
		return err
	}
	used := map[string]int{}
	for _, s := range seats {
		for _, p := range s.Permits {
			used[p.Key] += max(p.Weight, 1)
		}
	}
	w.commits.Add(1)
	if overrun(used, jobLimits) {
		w.overruns.Add(1)
	}
	if !maps.Equal(used, pool.Used) {
		return fmt.Errorf("the pool says that %v is given out; its seats have %v", pool.Used, used)
	}
	return nil
}

// overrun reports whether more is given out of something than there is.
func overrun(used, limits map[string]int) bool {
	for key, n := range used {
		most, ok := limits[key]
		if sort, _, found := strings.Cut(key, "/"); found && !ok {
			most, ok = limits[sort+"/*"]
		}
		if ok && n > most {
			return true
		}
	}
	return false
}
