package remote

import (
	"net/http"
	"sync"
	"time"
)

// A budget is what one agent may do: so many calls a second in the long run, so many of those that say something, and so many calls at once.
type budget struct {
	calls, said float64
	share       int
}

// A price is what a call costs of that.
type price struct{ calls, said float64 }

// A pace has an account for each agent that is known, under its name. It forgets those that have not been used for as long as it takes to fill them.
type pace struct {
	budget budget // of each

	mu       sync.Mutex
	accounts map[string]*allowance
	swept    time.Time
}

// An allowance is what is left of a budget.
type allowance struct {
	calls, said bucket
	going       int

	writing turn // whose it is changes what the books say of the agent, as one of its calls
}

func newPace(b budget) *pace {
	return &pace{budget: b, accounts: map[string]*allowance{}, swept: time.Now()}
}

// begin takes the price of a call from an account. Who gets one has to end it. What is more than all that there can be takes all.
func (p *pace) begin(name string, cost price) (*allowance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, b := time.Now(), p.budget
	p.sweep(now)
	a := p.accounts[name]
	if a == nil {
		a = &allowance{writing: newTurn()}
		p.accounts[name] = a
	}
	a.calls.fill(b.calls, now)
	a.said.fill(b.said, now)
	cost = price{min(cost.calls, b.calls*paceBurst), min(cost.said, b.said*paceBurst)}
	switch after := max(a.calls.lacks(cost.calls, b.calls), a.said.lacks(cost.said, b.said)); {
	case after > 0:
		return nil, busy(after, "there are too many calls; %v a second are right, and %v that say something", b.calls, b.said)
	case a.going >= b.share:
		return nil, busy(0, "there are %d calls at once; there may be no more", a.going)
	}
	a.calls.left, a.said.left = a.calls.left-cost.calls, a.said.left-cost.said
	a.going++
	return a, nil
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
		if a.going == 0 && now.Sub(a.calls.at) >= paceBurst*time.Second {
			delete(p.accounts, name)
		}
	}
}
