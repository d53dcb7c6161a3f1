package supervision

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A store hands out what is oldest, whatever its group. So what is of a group at its cap is set aside:
// as many pieces as will soon have a place wait here for it, and the others are put off, which lets the
// store hand out what is behind them.

// A queue is what a group has beyond its cap.
type queue struct {
	waiting int       // here
	off     int       // put off, one after another
	put     time.Time // when the last of them was
	moved   time.Time // when one of the group had a place last
	used    time.Time // when one was set aside last
}

// queue returns the queue of a group.
func (g *gate) queue(group string) *queue {
	q := g.queues[group]
	if q == nil {
		q = &queue{moved: time.Now()}
		g.queues[group] = q
	}
	return q
}

// every returns about how often there is a place for a group: by how long one takes, and for how long
// none has had a place. How that is where other supervisors have all places is not known.
func (g *gates) every(p *piece, q *queue) time.Duration {
	took, running := p.gate.mean(p.group)
	still := time.Since(q.moved)
	if !running {
		still = min(still, g.w.options.Poll)
	}
	places := tighter(p.gate.caps.total(), p.gate.caps.group())
	return max(max(took, still)/time.Duration(max(places, 1)), time.Microsecond)
}

// patience is how long a piece may wait here: another supervisor may have a place for it.
func (g *gates) patience() time.Duration { return min(4*g.w.options.Poll, g.w.options.Lease/4) }

// shortest and longest bound for how long a piece is put off.
func (g *gates) shortest() time.Duration { return max(g.w.options.Poll/8, time.Millisecond) }
func (g *gates) longest() time.Duration  { return 256 * g.shortest() }

// waited returns those that waited and have a place now.
func (g *gates) waited(ctx context.Context, most int) (in []*piece) {
	var stay, late []*piece
	for _, p := range g.waiting {
		switch {
		case time.Since(p.asked) >= g.patience():
			late = append(late, p)
		case len(in) < most && p.enter():
			in = append(in, p)
		default:
			stay = append(stay, p)
		}
	}
	g.waiting = stay
	g.delay(ctx, late)
	return in
}

// setAside has pieces for which there is no place wait here, too. Those that are too many by now are
// put off.
func (g *gates) setAside(ctx context.Context, pieces []*piece) {
	for _, p := range pieces {
		p.waits = true
	}
	g.waiting = append(g.waiting, pieces...)
	slices.SortStableFunc(g.waiting, older)
	var late []*piece
	g.waiting, late = g.split(g.waiting)
	g.delay(ctx, late)
}

// older sorts pieces by their age, as far as it is known.
func older(a, b *piece) int {
	if a.effect != nil && b.effect != nil {
		return cmp.Compare(a.effect.Seq, b.effect.Seq)
	}
	return a.asked.Compare(b.asked)
}

// split returns the pieces that may wait here, the first of each group, and the others.
func (g *gates) split(pieces []*piece) (stay, late []*piece) {
	for _, gate := range g.named {
		for group, q := range gate.queues {
			if q.waiting = 0; time.Since(q.used) > 2*g.longest() {
				delete(gate.queues, group)
			}
		}
	}
	for _, p := range pieces {
		q := p.gate.queue(p.group)
		q.used = time.Now()
		soon := max(int(g.patience()/2/g.every(p, q)), 1)
		if q.waiting < min(soon, g.w.options.Batch) && len(stay) < 4*g.w.options.Batch {
			q.waiting++
			stay = append(stay, p)
		} else {
			late = append(late, p)
		}
	}
	return stay, late
}

// delay puts pieces off: each for half the time that its group needs for those before it, because
// another supervisor may have places for them. There are only a few different times, so that a few
// requests are enough. What pieces have of places and permits they give back.
func (g *gates) delay(ctx context.Context, pieces []*piece) {
	now, later := time.Now(), map[time.Duration][]storage.Lease{}
	var permits []storage.Lease
	for _, p := range pieces {
		permits = append(permits, leasesOf(p.permits)...)
		if p.permits = nil; p.placed {
			p.placed = false
			p.gate.exit(p.group)
		}
		q := p.gate.queue(p.group)
		if now.Sub(q.put) >= g.shortest() {
			q.off = 0
		}
		wait := max(time.Duration(q.waiting+q.off)*g.every(p, q)/2, now.Sub(q.moved)/8)
		d := g.shortest()
		for d < g.longest() && 2*d <= wait {
			d *= 2
		}
		later[d] = append(later[d], p.lease)
		q.off++
		q.put = now
	}
	for d, leases := range later {
		g.putOff(ctx, d, leases)
	}
	g.w.release(ctx, 0, permits...)
}

// putOff gives pieces back to the store, which hands them out again after a while.
func (g *gates) putOff(ctx context.Context, d time.Duration, leases []storage.Lease) {
	if len(leases) == 0 {
		return
	}
	g.hide(ctx, d, leases...)
	if d < 4*g.w.options.Poll {
		time.AfterFunc(d, g.bell.ring)
	}
}

// renew extends the leases of those that waited, and lets go of those that are not wanted any more.
func (g *gates) renew(ctx context.Context, pieces []*piece) (wanted []*piece) {
	var leases []storage.Lease
	for _, p := range pieces {
		if p.waits {
			leases = append(leases, p.lease)
		}
	}
	if len(leases) == 0 {
		return pieces
	}
	asked := time.Now()
	answers, err := g.w.store.Extend(ctx, leases)
	for _, p := range pieces {
		if !p.waits {
			wanted = append(wanted, p)
			continue
		}
		answer := err
		if err == nil {
			answer, answers = answers[0], answers[1:]
		}
		if answer != nil {
			g.w.release(ctx, 0, p.lease)
			g.w.leave(ctx, p)
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

// giveBack gives back what waits.
func (g *gates) giveBack(ctx context.Context) {
	var leases []storage.Lease
	for _, p := range g.waiting {
		leases = append(leases, p.lease)
	}
	g.waiting = nil
	g.w.release(ctx, 0, leases...)
}
