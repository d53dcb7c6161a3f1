package external

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"time"
)

// callBack says what came of an order when it has, or whatever else happens to callbacks.
func (p *Provisioner) callBack(o *order, c course) {
	if o.Callback.URL == "" {
		return
	}
	wait := c.takes
	switch c.tell {
	case early:
		p.truth.count(func(c *Counts) { c.Early++ })
		p.tell(o, rand.Text())
		return
	case dropped:
		p.truth.count(func(c *Counts) { c.Dropped++ })
		return
	case late:
		p.truth.count(func(c *Counts) { c.Late++ })
		wait += 15 * p.options.Beat
	}
	p.telling.Go(func() {
		if !p.sleep(wait) {
			return
		}
		id := rand.Text()
		p.tell(o, id)
		if c.tell == twice {
			p.truth.count(func(c *Counts) { c.Twice++ })
			p.tell(o, id)
		}
	})
}

// tell tells how it is, until somebody has heard it or nobody wants to.
func (p *Provisioner) tell(o *order, id string) {
	const most = 10
	for range most {
		var a answer
		_ = p.truth.change(func(known *contents) bool { // it only looks
			a = known.Buckets[o.Key].tell(o.Goal, time.Now())
			return false
		})
		a.ID = id
		switch p.post(o, a) / 100 {
		case 2:
			p.truth.count(func(c *Counts) { c.Told++ })
			return
		case 4:
			p.truth.count(func(c *Counts) { c.TooLate++ })
			return
		}
		if !p.sleep(p.options.Beat) {
			return
		}
	}
}

// post posts an answer and returns the status that comes back; zero if none does.
func (p *Provisioner) post(o *order, a answer) (status int) {
	body, err := json.Marshal(a)
	if err != nil {
		return 0
	}
	r, err := http.NewRequestWithContext(p.ctx, http.MethodPost, o.Callback.URL, bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+o.Callback.Token)
	reply, err := p.client.Do(r)
	if err != nil {
		return 0
	}
	_ = reply.Body.Close()
	return reply.StatusCode
}

// sleep returns false if the program is to end before.
func (p *Provisioner) sleep(d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-p.ctx.Done():
		return false
	}
}
