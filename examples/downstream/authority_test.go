package downstream_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"example.com/downstream"

	"github.com/reeve-go/reeve/supervision/supervisiontest"
)

// authority is a fake that issues serial numbers, and knows whom it gave them to.
type authority struct {
	mu     sync.Mutex
	serial map[string]int // by idempotency key
	names  []string       // by serial number
}

func (a *authority) Issue(_ context.Context, key, name string) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if serial, ok := a.serial[key]; ok {
		return serial, nil
	}
	a.serial[key] = len(a.names)
	a.names = append(a.names, name)
	return a.serial[key], nil
}

// The estate of a few certificates, in which everything goes wrong.
func estate(sim *supervisiontest.Sim) error {
	authority := &authority{serial: map[string]int{}}
	sim.Process(func(p *supervisiontest.Process) error {
		return downstream.Wire(p.Supervisor(), p.Store(), authority)
	})

	registry, err := downstream.NewRegistry(sim.Store())
	if err != nil {
		return err
	}
	name := func() string { return supervisiontest.Pick(sim, "shop", "mail", "wiki") }
	sim.Action("request", func(ctx context.Context) error { return downstream.Request(ctx, registry, name()) })
	sim.Action("revoke", func(ctx context.Context) error {
		return downstream.Happen(ctx, registry, name(), downstream.Revoke)
	})

	supervisiontest.Watch(sim, registry)
	sim.Always("an issued certificate is one that the authority gave to that name", func(ctx context.Context) error {
		for r, err := range registry.List(ctx, nil) {
			if err != nil {
				return err
			}
			if r.State == downstream.Issued && authority.names[r.Data.Serial] != r.Key.ID {
				return fmt.Errorf("%s has number %d", r.Key, r.Data.Serial)
			}
		}
		return nil
	})
	sim.Finally("every certificate is at rest", supervisiontest.AtRest(registry))
	return nil
}

func TestCertificatesWhateverGoesWrong(t *testing.T) {
	t.Parallel()
	supervisiontest.Simulate(t, estate, nil)
}

func TestCertificatesInManyGoroutines(t *testing.T) {
	t.Parallel()
	supervisiontest.Race(t, estate, nil)
}
