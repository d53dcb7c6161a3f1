package jobtest

import (
	"context"
	"errors"
	"iter"
	"maps"
	"sync"

	"github.com/reeve-go/reeve/scan"
)

// A Hall is a launcher whose agents run in this program.
type Hall struct {
	work    func(ctx context.Context, token string) error
	running sync.WaitGroup

	mu   sync.Mutex
	ends map[string]context.CancelFunc // nil: it is gone
	errs []error
}

// NewHall returns a hall in which work is an agent, until its context ends.
func NewHall(work func(ctx context.Context, token string) error) *Hall {
	return &Hall{work: work, ends: map[string]context.CancelFunc{}}
}

// Launch implements [scan.Launcher].
func (h *Hall) Launch(_ context.Context, token string, _ scan.AgentSpec) (scan.Instance, error) { //nolint:contextcheck // an agent outlives the call
	h.mu.Lock()
	defer h.mu.Unlock()
	end, known := h.ends[token]
	if !known {
		var ctx context.Context
		ctx, end = context.WithCancel(context.Background())
		h.ends[token] = end
		h.running.Go(func() { h.note(h.work(ctx, token)) })
	}
	return scan.Instance{Token: token, ID: token, Gone: end == nil}, nil
}

func (h *Hall) note(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.errs = append(h.errs, err)
}

// Terminate implements [scan.Launcher].
func (h *Hall) Terminate(_ context.Context, token string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if end := h.ends[token]; end != nil {
		end()
	}
	h.ends[token] = nil
	return nil
}

// List implements [scan.Launcher].
func (h *Hall) List(context.Context) iter.Seq2[scan.Instance, error] {
	h.mu.Lock()
	ends := maps.Clone(h.ends)
	h.mu.Unlock()
	return func(yield func(scan.Instance, error) bool) {
		for token, end := range ends {
			if !yield(scan.Instance{Token: token, ID: token, Gone: end == nil}, nil) {
				return
			}
		}
	}
}

// Launched returns how many agents there were in all.
func (h *Hall) Launched() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.ends)
}

// End ends all agents, and returns what went wrong with them.
func (h *Hall) End() error {
	h.mu.Lock()
	for _, end := range h.ends {
		if end != nil {
			end()
		}
	}
	h.mu.Unlock()
	h.running.Wait()
	return errors.Join(h.errs...)
}
