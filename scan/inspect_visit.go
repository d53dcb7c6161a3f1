package scan

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// A visit is what is done for one category.
type visit struct {
	*look

	scanner  *namedScanner
	category Category
	tree     *Tree
	facts    *factWriter
	places   []string

	// Looked and packed count what a fingerprint looked at, and pieces of the result that were packed.
	looked, packed atomic.Int64
	// worked is what had been done when progress was last told, and told when that was.
	worked int64
	told   time.Time
}

func (l *look) visit(ctx context.Context, s *namedScanner, c Category) *visit {
	tree := NewTree(ctx, l.fsys, l.in.Limits)
	return &visit{look: l, scanner: s, category: c, tree: tree, facts: newFactWriter(ctx, l.limits, tree.Note, l.options.Temp, l.options.Memory)}
}

// scan runs the scanner until its time is up, and stores what it found. Without an error, r has what is stored.
func (v *visit) scan(ctx, timed context.Context, r *Result) error {
	err := v.watch(timed, func() error {
		return v.scanner.Scan(timed, Input{Category: v.category.Name, Config: v.category.Config, Tree: v.tree}, v.facts.emit)
	})
	if err := v.judge(ctx, timed, err); err != nil {
		return err
	}
	return v.facts.store(ctx, v.blobs, &v.zips, r, func() {
		v.packed.Add(1)
		v.tell()
	})
}

// judge returns the error of a scan that nothing is kept of, and notes why one is not complete.
func (v *visit) judge(ctx, timed context.Context, err error) error {
	var panicked *panicError
	lost := v.facts.end()
	switch {
	case errors.As(err, &panicked), errors.Is(err, errLeft):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("the inspection ended before it was done: %w", context.Cause(ctx))
	case lost != nil:
		return lost
	case timed.Err() != nil:
		v.tree.Note("", fmt.Errorf("its time of %v is up", v.limits.Time))
	case errors.Is(err, ErrLimit):
		if _, met := v.tree.Problems(); met == 0 {
			v.tree.Note("", err)
		}
	default:
		return err
	}
	return nil
}
