package remote

import "context"

// A turn is whose it is to do something, one at a time.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// lock waits for it.
func (t turn) lock(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// tryLock takes it if nobody has it.
func (t turn) tryLock() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t turn) unlock() { <-t }
