package remote

import (
	"net/http"
	"sync"
	"time"
)

// A budget is what one agent may do, or what strangers may together: so many calls a second in the long run, so many of those that say something, and so
// many calls at once.
type budget struct {
	calls, said float64
	share       int
}

// A price is what a call costs of that.
type price struct{ calls, said float64 }

// A pace has an account for each agent, under its name, and one for all strangers. It forgets those that have not been used for as long as it takes to fill them.
type pace struct {
	mu       sync.Mutex
	accounts map[string]*allowance
	swept    time.Time
}

// strangers is the name of their account; no agent can have it.
const strangers = ""

// An allowance is what is left of a budget.
type allowance struct {
	calls, said float64
	at          time.Time
	going       int

	writing turn // whose it is changes what the books say of the agent, as one of its calls
}

const paceBurst = 10 // seconds' worth

func newPace() *pace {
	return &pace{accounts: map[string]*allowance{}, swept: time.Now()}
}

// begin takes the price of a call from an account. Who gets one has to end it. What is more than all that there can be takes all.
func (p *pace) begin(name string, b *budget, cost price) (*allowance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.sweep(now)
	mostCalls, mostSaid := b.calls*paceBurst, b.said*paceBurst
	a := p.accounts[name]
	if a == nil {
		a = &allowance{calls: mostCalls, said: mostSaid, at: now, writing: newTurn()}
		p.accounts[name] = a
	}
	passed := now.Sub(a.at).Seconds()
	a.calls, a.said, a.at = min(mostCalls, a.calls+b.calls*passed), min(mostSaid, a.said+b.said*passed), now
	cost = price{min(cost.calls, mostCalls), min(cost.said, mostSaid)}
	switch after := max(lacking(a.calls, cost.calls, b.calls), lacking(a.said, cost.said, b.said)); {
	case after > 0:
		return nil, busy(after, "there are too many calls; %v a second are right, and %v that say something", b.calls, b.said)
	case a.going >= b.share:
		return nil, busy(0, "there are %d calls at once; there may be no more", a.going)
	}
	a.calls, a.said = a.calls-cost.calls, a.said-cost.said
	a.going++
	return a, nil
}

// lacking is how long it takes until there is enough.
func lacking(has, cost, rate float64) time.Duration {
	if has >= cost {
		return 0
	}
	return time.Duration((cost-has)/rate*float64(time.Second)) + 1
}

// busy tells who asks too much to come again after that time.
func busy(after time.Duration, format string, args ...any) error {
	refused := refuse(http.StatusTooManyRequests, CodeBusy, format, args...)
	refused.After = after
	return refused
}

// end ends a call.
func (p *pace) end(a *allowance) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a.going--
}

// sweep forgets accounts that are full again.
func (p *pace) sweep(now time.Time) {
	if now.Sub(p.swept) < time.Minute {
		return
	}
	p.swept = now
	for name, a := range p.accounts {
		if a.going == 0 && now.Sub(a.at) >= paceBurst*time.Second {
			delete(p.accounts, name)
		}
	}
}
