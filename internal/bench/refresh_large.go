package main

import (
	"context"
	"errors"
	"runtime/debug"
)

// holdLarge compares a large estate with one of usual size.
func holdLarge(ctx context.Context, s *setup, c *contest) error {
	r := &race{contest: c}
	var err error
	if r.pg, err = s.openServer(ctx); err != nil {
		return err
	}
	if r.ours, err = r.pg.openKeeper(ctx, s, "ours", false); err != nil {
		return err
	}
	usual, many := s.size(100_000, 1000), s.size(1_000_000, 5000)
	if err := errors.Join(r.fill(ctx, "warm-up", usual), r.fill(ctx, "hundred thousand", usual), r.fill(ctx, "million", many)); err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(5))
	return r.fill(ctx, "eager", many)
}

// fill notes the time of a row, and the memory, of a refresh of empty tables.
func (r *race) fill(ctx context.Context, name string, machines int) error {
	if err := r.ours.empty(ctx); err != nil {
		return err
	}
	all := newCloud(machines, 50)
	before, peak := heldNow(), heapPeak()
	t, err := r.timed(ctx, r.ours.site, func() error { return r.ours.refresh(ctx, all, nil) })
	r.note(name+" memory", float64(peak()-before)/1e6)
	if err != nil {
		return err
	}
	r.note(name, float64(t.took)/float64(all.rows()))
	return r.ours.has(ctx, all)
}
