package remote

import (
	"context"
	"net/http"
	"sync"
)

// Polls are the calls that wait for requests.
type polls struct {
	mu    sync.Mutex
	going map[pollKey]*waiting
	count map[string]int
}

type pollKey struct{ agent, operation string }

type waiting struct {
	cancel context.CancelFunc
	ended  chan struct{}
}

// mostPolls is how many polls an agent may have going.
const mostPolls = 4

func newPolls() *polls {
	return &polls{going: map[pollKey]*waiting{}, count: map[string]int{}}
}

// begin notes that a poll begins, until what it returns is called. One that is asked again ends the one before, and begins when that has
// ended, so that it finds what that has received.
func (p *polls) begin(ctx context.Context, who caller, operation string, cancel context.CancelFunc) (over func(), err error) {
	key := pollKey{who.name, operation}
	for {
		p.mu.Lock()
		before := p.going[key]
		if before == nil {
			break
		}
		p.mu.Unlock()
		before.cancel()
		select {
		case <-before.ended:
		case <-ctx.Done():
			return nil, refuse(http.StatusServiceUnavailable, CodeUnavailable, "the same is asked already")
		}
	}
	defer p.mu.Unlock()
	if p.count[who.name] >= mostPolls {
		return nil, busy(0, "the agent has %d polls going; it may have no more", mostPolls)
	}
	w := &waiting{cancel, make(chan struct{})}
	p.going[key] = w
	p.count[who.name]++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.going, key)
		if p.count[who.name]--; p.count[who.name] == 0 {
			delete(p.count, who.name)
		}
		close(w.ended)
	}, nil
}
