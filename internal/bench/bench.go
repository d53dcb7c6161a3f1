package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"time"
)

// A row is one figure: what an operation of ours costs, beside what it is compared with.
type row struct {
	name  string // topic/what, which -run matches
	peer  string // what it is compared with; empty: nothing
	meter meter
	goal  goal
	// prepare makes the two sides. They may keep ctx and use what is in the setup.
	prepare func(ctx context.Context, s *setup) (sides, error)
}

// Sides are the two that a row compares. Each does n operations. Peer is nil where there is nothing
// to compare with. If what came of them is noted already, as rounds that several rows have in common, nothing is done.
type sides struct {
	ours, peer func(n int) error
	noted      *figures
}

// A setup is what a row may use while it is measured.
type setup struct {
	dir     string // is removed afterwards
	quick   bool   // it is to be measured in seconds
	closers []io.Closer
}

// size returns how large something is made: so large, or smaller for a quick run.
func (s *setup) size(large, small int) int {
	if s.quick {
		return small
	}
	return large
}

// Skipped is the error of a row that cannot be measured here, and says why.
type skipped string

func (s skipped) Error() string { return string(s) }

// closeAfter has c closed when the row has been measured, before those that were given earlier.
func (s *setup) closeAfter(c io.Closer) { s.closers = append(s.closers, c) }

// A closer is a function that ends something.
type closer func() error

// Close calls the function.
func (c closer) Close() error { return c() }

func (s *setup) close() (err error) {
	for _, c := range slices.Backward(s.closers) {
		err = errors.Join(err, c.Close())
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// An effort says how long a row is measured: in how many rounds, of four slices of time each, and
// after what time no further round begins, because a single operation takes longer than a slice.
type effort struct {
	rounds      int
	slice, most time.Duration
}

var (
	full  = effort{rounds: 31, slice: 30 * time.Millisecond, most: 20 * time.Second}
	quick = effort{rounds: 11, slice: 10 * time.Millisecond, most: 2 * time.Second}
)

// measure prepares the row and lets its sides compete.
func (r *row) measure(ctx context.Context, e effort) (_ result, err error) {
	dir, err := os.MkdirTemp("", "reeve-bench-")
	if err != nil {
		return result{}, err
	}
	s := &setup{dir: dir, quick: e != full}
	defer func() { err = errors.Join(err, s.close()) }()
	both, err := r.prepare(ctx, s)
	if err != nil {
		return result{}, err
	}
	if both.noted != nil {
		return r.result(*both.noted), nil
	}
	f, err := both.compete(ctx, r.meter, e)
	return r.result(f), err
}

// compete lets the sides take turns, round after round: ours, the peer twice, ours, so that a machine
// that becomes slower or faster does so for both. The values are the medians over all turns. The ratio
// is the median of the rounds' ratios rather than the ratio of the medians: what slows a machine down
// for longer than a round changes the values, but not the ratio.
func (s *sides) compete(ctx context.Context, m meter, e effort) (figures, error) {
	ours, peer := &side{work: s.ours}, &side{work: s.peer}
	turns := []*side{ours, peer, peer, ours}
	if s.peer == nil {
		turns = []*side{ours, ours}
	}
	for _, side := range turns[:len(turns)/2] {
		if err := side.calibrate(ctx, e.slice); err != nil {
			return figures{}, err
		}
	}
	var ratios []float64
	begun := time.Now()
	for range e.rounds {
		for _, side := range turns {
			if err := side.measure(ctx, m); err != nil {
				return figures{}, err
			}
		}
		if s.peer != nil {
			ratios = append(ratios, ours.inRound()/peer.inRound())
		}
		if time.Since(begun) >= e.most {
			break
		}
	}
	return figures{median(ours.costs), median(peer.costs), median(ratios)}, nil
}

// A side is one of the two while it is measured.
type side struct {
	work  func(n int) error
	n     int       // how many operations fill a slice
	costs []float64 // of an operation, a figure a turn
}

// inRound returns the cost of an operation in each of the last two turns together.
func (s *side) inRound() float64 { return s.costs[len(s.costs)-2] + s.costs[len(s.costs)-1] }

// calibrate finds n, and is the warm-up.
func (s *side) calibrate(ctx context.Context, slice time.Duration) error {
	const most = 1_000_000_000
	for s.n = 1; ; {
		start := time.Now()
		if err := s.run(ctx); err != nil {
			return err
		}
		took := max(time.Since(start), 1)
		enough := float64(s.n) * float64(slice) / float64(took)
		if took >= slice/2 || s.n == most {
			s.n = max(int(enough), 1)
			return nil
		}
		s.n = min(int(enough)+1, 100*s.n, most) // a first guess may be far off
	}
}

// measure is a turn. It collects garbage first: what one side leaves is not the other's to clear.
func (s *side) measure(ctx context.Context, m meter) error {
	runtime.GC()
	stop := m.start()
	err := s.run(ctx)
	s.costs = append(s.costs, stop(s.n))
	return err
}

func (s *side) run(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := s.work(s.n); err != nil {
		return fmt.Errorf("after at most %d operations: %w", s.n, err)
	}
	return nil
}

// median returns zero if there are no figures.
func median(figures []float64) float64 {
	if len(figures) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(figures))
	half := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[half-1] + sorted[half]) / 2
	}
	return sorted[half]
}
