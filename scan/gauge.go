package scan

import (
	"context"
	"fmt"
	"time"

	"github.com/reeve-go/reeve/storage"
	"github.com/reeve-go/reeve/supervision"
)

// gaugeEvery is how often the queue of requests is looked at.
const gaugeEvery = 10 * time.Second

// watchQueue tells the pool when requests wait for too long, and when they do not any more.
func (m *Manager) watchQueue(ctx context.Context) error {
	queue, _ := m.requests.(Gauge)
	every := time.NewTicker(gaugeEvery)
	defer every.Stop()
	told := false
	for {
		stats, err := queue.Stats(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("scan: requests: %w", err)
		}
		tooOld := stats.Oldest > m.options.QueueAge
		if tooOld || told {
			if err := m.tellPool(ctx, func() (storage.Message, error) {
				return setGauge.To(m.pool(), gauging{stats.Oldest}, supervision.Slot("gauge"))
			}); err != nil {
				return err
			}
		}
		told = tooOld
		select {
		case <-every.C:
		case <-ctx.Done():
			return nil
		}
	}
}
