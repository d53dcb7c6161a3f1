package remote

import (
	"sync"
	"time"
)

// A pace bounds how much each agent does: a bucket for each, that fills up by itself.
type pace struct {
	rate float64

	mu      sync.Mutex
	buckets map[string]*bucket
	swept   time.Time
}

type bucket struct {
	full  float64
	at    time.Time
	going int // calls
}

const (
	paceBurst = 10 // seconds' worth
	mostGoing = 32 // calls of one agent
)

func newPace(rate int) *pace {
	return &pace{rate: float64(rate), buckets: map[string]*bucket{}, swept: time.Now()}
}

// begin takes so much from an agent's bucket, for a call that ends when over is called. If there is not so much in it, or if too many calls are
// going, it returns false. What is more than all of a bucket takes all of it.
func (p *pace) begin(agent string, cost float64) (over func(), ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.sweep(now)
	most := p.rate * paceBurst
	b := p.buckets[agent]
	if b == nil {
		b = &bucket{full: most, at: now}
		p.buckets[agent] = b
	}
	b.full, b.at = min(most, b.full+p.rate*now.Sub(b.at).Seconds()), now
	cost = min(cost, most)
	if b.full < cost || b.going >= mostGoing {
		return nil, false
	}
	b.full -= cost
	b.going++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		b.going--
	}, true
}

// sweep forgets buckets that are full again.
func (p *pace) sweep(now time.Time) {
	if now.Sub(p.swept) < time.Minute {
		return
	}
	p.swept = now
	for agent, b := range p.buckets {
		if b.going == 0 && now.Sub(b.at) >= paceBurst*time.Second {
			delete(p.buckets, agent)
		}
	}
}
