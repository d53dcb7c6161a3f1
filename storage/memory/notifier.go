package memory

import "context"

// Listen implements [storage.Notifier]: whoever makes something due gives the hint, once it can be
// claimed.
func (s *Store) Listen(ctx context.Context, hint func()) error {
	return s.listeners.Listen(ctx, hint)
}
