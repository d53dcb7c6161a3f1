package memory

import (
	"context"

	"github.com/reeve-go/reeve/storage"
)

// Listen implements [storage.Notifier]: whoever makes something due gives the hint, once it can be
// claimed.
func (s *Store) Listen(ctx context.Context, hint func(storage.Hint)) error {
	return s.listeners.Listen(ctx, hint)
}
