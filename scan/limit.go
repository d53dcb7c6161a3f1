package scan

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// Limit says how much there is of what permits are given for: zero is none. "provider/*" is for each provider that is not named itself. The pool is
// told, and goes by it from its next turn on: it holds for whoever asks after this has returned, and takes nothing from who has permits.
func (m *Manager) Limit(ctx context.Context, key string, n int) error {
	if err := checkLimit(key, n); err != nil {
		return err
	}
	return m.tellPool(ctx, func() (storage.Message, error) { return setLimit.To(m.pool(), limiting{Key: key, N: n}) })
}

// Unlimit takes a limit back, from the pool's next turn on: there is as much as anybody wants.
func (m *Manager) Unlimit(ctx context.Context, key string) error {
	if err := checkLimit(key, 0); err != nil {
		return err
	}
	return m.tellPool(ctx, func() (storage.Message, error) { return setLimit.To(m.pool(), limiting{Key: key, None: true}) })
}

func checkLimit(key string, n int) error {
	switch {
	case !isWord(key, storage.MaxName):
		return fmt.Errorf("scan: the key of a limit is %s; a text of 1 to %d bytes without control characters is right", quote(key), storage.MaxName)
	case strings.HasPrefix(key, fleetPermits):
		return fmt.Errorf("scan: the key of a limit is %s; how many places a fleet has is up to its options", quote(key))
	case n < 0:
		return fmt.Errorf("scan: the limit of %s is %d; zero, which is none, or more is right, and Unlimit takes a limit back", quote(key), n)
	case strings.Count(key, "*") > 0 && (!strings.HasSuffix(key, "/*") || strings.Count(key, "*") > 1 || strings.Count(key, "/") > 1):
		return fmt.Errorf(`scan: the key of a limit is %s; a star stands for a whole name, as in "provider/*"`, quote(key))
	}
	return nil
}

// ensurePool sees to it that there is a pool before somebody speaks to it.
func (m *Manager) ensurePool(ctx context.Context) error {
	if m.pooled.Load() {
		return nil
	}
	if err := m.Pools.Create(ctx, m.pool().ID, Pool{}); err != nil && !errors.Is(err, storage.ErrExists) {
		return err
	}
	m.pooled.Store(true)
	return nil
}

// fleetPermits begins the keys of permits that are places of agents.
const fleetPermits = "fleet/"

// fleetPermit is what each job needs of the fleet; empty: there is no fleet.
func (m *Manager) fleetPermit() string {
	if m.options.Fleet == nil {
		return ""
	}
	return fleetPermits + m.options.Fleet.Name()
}

// follow has the fleet's places be what there is of its permits.
func (m *Manager) follow(f *Fleet) {
	host := f.options.Capacity
	f.options.Capacity = func(t supervision.Outbound, places int) {
		m.Pools.Spawn(t, m.pool().ID, Pool{})
		setLimit.Send(t, m.pool(), limiting{Key: m.fleetPermit(), N: places}, supervision.Slot("fleet"))
		if host != nil {
			host(t, places)
		}
	}
}

// Pool returns the pool as it is: limits, what is given out, and what was heard of agents. Before there was a job it is empty.
func (m *Manager) Pool(ctx context.Context) (Pool, error) {
	r, err := m.Pools.GetAll(ctx, []string{m.pool().ID})
	if err != nil {
		return Pool{}, err
	}
	return r[0].Data, nil
}
