package supervision

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"
)

// A store hands out what is oldest, whatever its group. So what is of a group at its cap is set aside:
// pieces that will soon have a place wait here for it, and the others are put off, which lets the store
// hand out what is behind them, and lets other supervisors have them.

// brief is a time for which it is not worthwhile to put a piece off: it waits here.
func (g *gates) brief() time.Duration { return min(g.w.options.Poll, g.w.options.Lease/32) }

// roundDown returns the time for which a piece is put off that is to be put off for d. There are only a
// few such times, so that a few requests are enough.
func (g *gates) roundDown(d time.Duration) time.Duration {
	out := max((g.brief() / 8).Truncate(time.Millisecond), time.Millisecond)
	for 2*out <= min(d, 32*g.brief()) {
		out *= 2
	}
	return out
}

// queue returns the queue of a piece.
func (p *piece) queue() *queue {
	q := p.gate.queues[p.group]
	if q == nil {
		q = &queue{moved: time.Now()}
		p.gate.queues[p.group] = q
	}
	return q
}

// setAside has pieces wait here.
func (g *gates) setAside(pieces []*piece) {
	g.waiting = append(g.waiting, pieces...)
	slices.SortFunc(g.waiting, func(a, b *piece) int { return cmp.Compare(a.number, b.number) })
}

// enter returns up to most of those that wait, each with its place: the oldest of every group, for as
// long as it has places.
func (g *gates) enter(most int) (in []*piece) {
	full := map[*queue]bool{}
	g.waiting = slices.DeleteFunc(g.waiting, func(p *piece) bool {
		q := p.queue()
		if len(in) == most || full[q] || q.blocks(p) || !p.gate.enter(p.group) {
			full[q] = true
			return false
		}
		p.placed, p.begun = true, time.Now()
		in = append(in, p)
		return true
	})
	return in
}

// putOff gives back to the store what would wait here for long, or is too much.
func (g *gates) putOff(ctx context.Context) {
	ahead := map[*queue]int{}
	later, here := map[time.Duration][]*piece{}, 0
	g.waiting = slices.DeleteFunc(g.waiting, func(p *piece) bool {
		q := p.queue()
		wait := q.wait(p, ahead[q], g.w.options.Poll)
		much := ahead[q] >= g.w.options.Batch || here >= 4*g.w.options.Batch
		p.waits = wait < g.brief() && !much && !p.denied && !g.tooLong(p)
		ahead[q]++
		if p.waits {
			here++
			return false
		}
		d := g.roundDown(wait)
		later[d] = append(later[d], p)
		return true
	})
	for d, pieces := range later {
		g.hide(ctx, d, leasesOf(pieces)...)
		for _, p := range pieces {
			p.queue().leave(p, d)
		}
		if d < 4*g.w.options.Poll { // else the next poll is soon enough
			time.AfterFunc(d, g.bell.ring)
		}
	}
	for _, gate := range g.named {
		maps.DeleteFunc(gate.queues, func(_ string, q *queue) bool { return ahead[q]+len(q.away) == 0 })
	}
}

// tooLong reports whether a piece has waited for so long that its lease may end, or that it has to be
// given up.
func (g *gates) tooLong(p *piece) bool {
	waited := time.Since(p.asked)
	return waited >= g.w.options.Lease/4 || p.effect != nil && overdue(p.effect, p.effect.Now.Add(waited))
}

// renew extends the leases of those that waited, and lets go of those that are not wanted any more.
func (g *gates) renew(ctx context.Context, pieces []*piece) []*piece {
	var wanted, waited []*piece
	for _, p := range pieces {
		if p.waits {
			waited = append(waited, p)
		} else {
			wanted = append(wanted, p)
		}
	}
	if len(waited) == 0 {
		return wanted
	}
	asked := time.Now()
	answers, err := g.w.store.Extend(ctx, leasesOf(waited))
	for i, p := range waited {
		if err != nil || answers[i] != nil {
			g.w.release(ctx, 0, p.lease)
			g.w.leave(ctx, p)
			g.bell.ring() // for the next one
			continue
		}
		if p.effect != nil {
			p.effect.Now = p.effect.Now.Add(asked.Sub(p.asked))
		}
		p.asked = asked
		wanted = append(wanted, p)
	}
	return wanted
}

// giveBack gives back what waits, and forgets what was put off.
func (g *gates) giveBack(ctx context.Context) {
	g.w.release(ctx, 0, leasesOf(g.waiting)...)
	g.waiting = nil
	for _, gate := range g.named {
		clear(gate.queues)
	}
}
