package legacy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

const (
	// leftoverAge is how old a result is that nobody will ask for: no message is kept for so long. sweepEvery is how often such are looked for, and sweepMost how
	// many are deleted at once.
	leftoverAge = 15 * 24 * time.Hour
	sweepEvery  = 6 * time.Hour
	sweepMost   = 10_000
)

// clean deletes leftovers until ctx ends.
func (b *Bridge) clean(ctx context.Context) error {
	for {
		if err := b.sweep(ctx); err != nil && ctx.Err() == nil {
			return fmt.Errorf("legacy: leftovers: %w", err)
		}
		select {
		case <-time.After(sweepEvery):
		case <-ctx.Done():
			return nil
		}
	}
}

// sweep deletes results that nobody took: their replies were lost or buried, or the program ended before it could delete them. One that cannot be deleted keeps
// no other.
func (b *Bridge) sweep(ctx context.Context) error {
	var old []string
	for o, err := range b.place.Objects.List(ctx, ResultPrefix) {
		if err != nil {
			return err
		}
		if strings.HasPrefix(o.Key, ResultPrefix) && time.Since(o.Modified) > leftoverAge {
			old = append(old, o.Key)
		}
		if len(old) == sweepMost {
			break
		}
	}
	failed := 0
	var last error
	for _, key := range old {
		if err := b.place.Objects.Delete(ctx, key); err != nil {
			failed, last = failed+1, err
		}
		if ctx.Err() != nil {
			return errors.Join(last, ctx.Err())
		}
	}
	if failed > 0 {
		b.options.Logger.Error("leftovers could not be deleted; they are tried again later", "objects", failed, "error", last)
	}
	return nil
}
