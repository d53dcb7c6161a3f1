package provisioning

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// Sweep removes from the vault what no resource needs any more, and returns how much that was: secrets of requests that were
// deleted, and those that came when their resource was gone already. A supervisor does it every [Options].Sweep.
func (m *Manager) Sweep(ctx context.Context) (removed int, err error) {
	if m.options.Vault == nil {
		return 0, nil
	}
	for key, err := range m.options.Vault.Keys(ctx) {
		if err != nil {
			return removed, fmt.Errorf("provisioning: sweep: %w", err)
		}
		// The key was there before the record is read, and an intent is written before any secret comes.
		needed, err := m.needs(ctx, key)
		if err == nil && !needed {
			err = m.options.Vault.Delete(ctx, key)
		}
		if err != nil {
			return removed, fmt.Errorf("provisioning: sweep: secrets of %v: %w", key, err)
		}
		if !needed {
			removed++
		}
	}
	return removed, nil
}

// needs reports whether there is, or may be, a resource that has the secrets.
func (m *Manager) needs(ctx context.Context, key SecretKey) (bool, error) {
	el, err := m.resource(ctx, key.Request, key.Resource)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return el.Data.Asked && el.Data.Generation == key.Generation && el.State != ResourceAbandoned, nil
}

// sweepNowAndThen is the source that sweeps.
func (m *Manager) sweepNowAndThen(ctx context.Context) error {
	for {
		removed, err := m.Sweep(ctx)
		if err != nil {
			return err
		}
		if removed > 0 {
			m.options.Logger.Info("secrets that nothing needs were removed from the vault", "kind", m.options.Name, "removed", removed)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(m.options.Sweep):
		}
	}
}
