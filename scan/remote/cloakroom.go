package remote

import (
	"sync"
	"time"

	"github.com/reeve-go/reeve/scan"
)

// A cloakroom has the deliveries that agents hold by this server, each under a number that only its agent can use.
type cloakroom struct {
	mu    sync.Mutex
	held  map[string]*held
	by    map[string]map[string]*held // those of each agent
	swept time.Time
}

// A held delivery is an agent's, until it was settled.
type held struct {
	id        string
	who       caller
	job       string
	epoch     int
	known     map[scan.Digest]bool
	operation string // that it was received by

	settling sync.Mutex // who has it does something to the delivery

	mu       sync.Mutex
	delivery scan.Delivery // nil: it has ended
	// ended is when it was settled, by that operation, or was found to be lost.
	ended time.Time
	by    string
}

// remembered is for how long a delivery is known after its end, as who has settled it may ask again.
const remembered = 10 * time.Minute

func newCloakroom() *cloakroom {
	return &cloakroom{held: map[string]*held{}, by: map[string]map[string]*held{}, swept: time.Now()}
}

// take takes deliveries of an agent in, until it has so many, and returns those.
func (c *cloakroom) take(who caller, all []*held, most int) []*held {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sweep()
	has := 0
	for _, h := range c.by[who.name] {
		if h.live() {
			has++
		}
	}
	all = all[:max(0, min(len(all), most-has))]
	for _, h := range all {
		if c.by[who.name] == nil {
			c.by[who.name] = map[string]*held{}
		}
		c.held[h.id], c.by[who.name][h.id] = h, h
	}
	return all
}

// drop forgets deliveries that did not get to their agent.
func (c *cloakroom) drop(all []*held) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, h := range all {
		c.remove(h)
	}
}

func (c *cloakroom) remove(h *held) {
	delete(c.held, h.id)
	mine := c.by[h.who.name]
	if delete(mine, h.id); len(mine) == 0 {
		delete(c.by, h.who.name)
	}
}

// get returns a delivery of an agent; nil: it has none of that number.
func (c *cloakroom) get(id string, who caller) *held {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.held[id]; h != nil && h.who.same(who) {
		return h
	}
	return nil
}

// of returns the deliveries that an agent holds now.
func (c *cloakroom) of(who caller) (all []*held) {
	c.mu.Lock()
	mine := c.by[who.name]
	some := make([]*held, 0, len(mine))
	for _, h := range mine {
		if h.who.same(who) {
			some = append(some, h)
		}
	}
	c.mu.Unlock()
	for _, h := range some {
		if h.live() {
			all = append(all, h)
		}
	}
	return all
}

// now returns the delivery, if it has not ended, and by which operation it has.
func (h *held) now() (d scan.Delivery, by string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.delivery, h.by
}

// live reports whether it is its agent's still.
func (h *held) live() bool {
	d, _ := h.now()
	return d != nil && time.Now().Before(d.Expires())
}

// end ends it. The delivery itself, which may be large, is let go.
func (h *held) end(by string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.delivery, h.by, h.ended = nil, by, time.Now()
}

// over reports whether it ended long ago.
func (h *held) over(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	end := h.ended
	if h.delivery != nil {
		end = h.delivery.Expires()
	}
	return now.Sub(end) > remembered
}

// sweep forgets what ended long ago.
func (c *cloakroom) sweep() {
	now := time.Now()
	if now.Sub(c.swept) < time.Minute {
		return
	}
	c.swept = now
	for _, h := range c.held {
		if h.over(now) {
			c.remove(h)
		}
	}
}
