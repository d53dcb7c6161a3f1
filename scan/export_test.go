package scan

import "context"

// Pump brings what is in the queue of replies to its jobs, once.
func (m *Manager) Pump(ctx context.Context) error {
	deliveries, err := m.replies.Receive(ctx, pumpBatch, pumpLease)
	if err != nil || len(deliveries) == 0 {
		return err
	}
	return m.bring(ctx, deliveries)
}

// Seats returns what is given out, as those say who have it, and what the pool says.
func (m *Manager) Seats(ctx context.Context) (held map[string]int, waiting int, err error) {
	held = map[string]int{}
	for el, err := range m.seats.List(ctx, m.Pools, m.pool().ID) {
		if err != nil {
			return nil, 0, err
		}
		if el.State == seatWaiting {
			waiting++
			continue
		}
		for _, p := range el.Data.Permits {
			held[p.Key] += p.weight()
		}
	}
	return held, waiting, nil
}
