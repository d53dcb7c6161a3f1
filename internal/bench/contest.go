package main

import (
	"context"
	"sync"
)

// A contest is rounds in which many ways take turns, one run of which is too long to have it for each row. It
// is held when the first row asks for its figures.
type contest struct {
	hold func(ctx context.Context, s *setup, c *contest) error

	once    sync.Once
	figures map[string][]float64
	err     error
}

// note notes a figure of one of the ways.
func (c *contest) note(way string, figure float64) { c.figures[way] = append(c.figures[way], figure) }

// of returns what one way came to, in the median, beside another; empty: beside nothing. The ratio is that of the medians.
func (c *contest) of(ours, peer string) func(ctx context.Context, s *setup) (sides, error) {
	return func(ctx context.Context, s *setup) (sides, error) {
		c.once.Do(func() {
			c.figures = map[string][]float64{}
			c.err = c.hold(ctx, s, c)
		})
		f := figures{ours: median(c.figures[ours]), peer: median(c.figures[peer])}
		if f.peer > 0 {
			f.ratio = f.ours / f.peer
		}
		return sides{noted: &f}, c.err
	}
}
