package remote

import (
	"slices"
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
	operation string // that it was received by

	settling turn // who has it does something to the delivery

	mu       sync.Mutex
	delivery scan.Delivery        // nil: it has ended
	known    map[scan.Digest]bool // what the request names
	// ended is when it was settled, by that operation, or was found to be lost.
	ended time.Time
	by    string
}

// What is known of a delivery after its end, as who has settled it may ask again: for how long, and of how many, for each that an agent may have. One whose
// lease has ended counts, too, and is its agent's until then if nobody else was given it.
const (
	remembered   = time.Hour
	rememberMore = 4
)

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
		if h.who.same(who) && h.live() {
			has++
		}
	}
	c.trim(who.name, most*rememberMore)
	all = all[:max(0, min(len(all), most-has))]
	for _, h := range all {
		if c.by[who.name] == nil {
			c.by[who.name] = map[string]*held{}
		}
		c.held[h.id], c.by[who.name][h.id] = h, h
	}
	return all
}

// trim forgets what has ended of an agent's but the newest.
func (c *cloakroom) trim(name string, most int) {
	var ended []*held
	for _, h := range c.by[name] {
		if !h.live() {
			ended = append(ended, h)
		}
	}
	slices.SortFunc(ended, func(a, b *held) int { return b.end().Compare(a.end()) })
	for _, h := range ended[min(most, len(ended)):] {
		c.remove(h)
	}
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

// names reports whether its request names a blob.
func (h *held) names(d scan.Digest) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.known[d]
}

// finish says that it has ended. What may be large is let go.
func (h *held) finish(by string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.delivery, h.known, h.by, h.ended = nil, nil, by, time.Now()
}

// end is when it has ended, or will.
func (h *held) end() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.delivery != nil {
		return h.delivery.Expires()
	}
	return h.ended
}

// sweep forgets what ended long ago.
func (c *cloakroom) sweep() {
	now := time.Now()
	if now.Sub(c.swept) < time.Minute {
		return
	}
	c.swept = now
	for _, h := range c.held {
		if now.Sub(h.end()) > remembered {
			c.remove(h)
		}
	}
}
