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
// store hand out what is behind them. A piece that is put off comes back before its group needs it.

// A queue is what a group has beyond its cap.
type queue struct {
	waiting int       // here
	off     int       // put off, one after another
	seq     uint64    // the number of the last of them
	put     time.Time // when it was
	moved   time.Time // when one of the group had a place last
	used    time.Time // when one was set aside last
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

// behind reports whether others of its group wait already: they go first.
func (p *piece) behind() bool {
	return p.needsPlace() && p.gate.queues[p.group] != nil && p.queue().waiting > 0
}

// moved notes that pieces have places.
func (g *gates) moved(pieces []*piece) {
	for _, p := range pieces {
		if p.placed && p.gate.queues[p.group] != nil {
			p.queue().moved = p.begun
		}
	}
}

// every returns about how often there is a place for the group of a piece: by how long one takes, and
// for how long none has had a place. Where only others have places, how they get on is not known.
func (g *gates) every(p *piece) time.Duration {
	took, running := p.gate.mean(p.group)
	switch still := time.Since(p.queue().moved); {
	case running:
		took = max(took, still)
	case took == 0:
		took = min(still, g.w.options.Poll)
	}
	places := max(tighter(p.gate.caps.total(), p.gate.caps.group()), 1)
	return max(took/time.Duration(places), time.Microsecond)
}

// patience is for how long a piece may wait here: another supervisor may have a place for it.
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
			continue
		}
		p.queue().waiting--
	}
	g.waiting = stay
	g.putOff(ctx, late)
	return in
}

// setAside has pieces for which there is no place wait here, too. Those that are too many by now are
// put off.
func (g *gates) setAside(ctx context.Context, pieces []*piece) {
	for _, p := range pieces {
		p.waits = true
	}
	g.waiting = append(g.waiting, pieces...)
	slices.SortStableFunc(g.waiting, func(a, b *piece) int { return cmp.Compare(a.seq(), b.seq()) })
	g.sweep()
	var stay, late []*piece
	for _, p := range g.waiting {
		q := p.queue()
		q.used = time.Now()
		soon := max(int(g.patience()/2/g.every(p)), 1)
		if q.waiting < min(soon, g.w.options.Batch) && len(stay) < 4*g.w.options.Batch {
			q.waiting++
			stay = append(stay, p)
		} else {
			late = append(late, p)
		}
	}
	g.waiting = stay
	g.putOff(ctx, late)
}

// sweep begins to count anew who waits, and forgets groups of which nothing has been heard for long.
func (g *gates) sweep() {
	for _, gate := range g.named {
		for group, q := range gate.queues {
			if q.waiting = 0; time.Since(q.used) > 2*g.longest() {
				delete(gate.queues, group)
			}
		}
	}
}

// seq is the place of a piece in the order of their age. Of records it is not known.
func (p *piece) seq() uint64 {
	if p.effect == nil {
		return 0
	}
	return p.effect.Seq
}

// putOff gives pieces back to the store, which hands them out again after a while. There are only a few
// different times, so that a few requests are enough.
func (g *gates) putOff(ctx context.Context, pieces []*piece) {
	later := map[time.Duration][]storage.Lease{}
	var permits []storage.Lease
	for _, p := range pieces {
		permits = append(permits, p.withdraw()...)
		wait, d := g.wait(p), g.shortest()
		for 2*d <= wait && d < g.longest() {
			d *= 2
		}
		later[d] = append(later[d], p.lease)
	}
	for d, leases := range later {
		g.hide(ctx, d, leases...)
		if d <= g.patience() {
			time.AfterFunc(d, g.bell.ring)
		}
	}
	g.w.release(ctx, 0, permits...)
}

// wait returns for how long a piece is put off at most: for half the time that its group needs for
// those before it, because another supervisor may have places for them; or for an eighth of the time
// for which the group has not moved.
func (g *gates) wait(p *piece) time.Duration {
	q, now := p.queue(), time.Now()
	if now.Sub(q.put) >= g.shortest() || p.seq() < q.seq {
		q.off = 0 // those that were put off before come after it
	}
	before := time.Duration(q.waiting + q.off)
	q.off++
	q.seq, q.put = p.seq(), now
	return max(before*g.every(p)/2, now.Sub(q.moved)/8)
}

// withdraw takes a piece from its place, for which it has no permit. It returns the permits that it has.
func (p *piece) withdraw() []storage.Lease {
	permits := leasesOf(p.permits)
	if p.permits = nil; p.placed {
		p.placed = false
		p.gate.exit(p.group)
	}
	return permits
}

// renew extends the leases of those that waited, and lets go of those that are not wanted any more.
func (g *gates) renew(ctx context.Context, pieces []*piece) []*piece {
	var wanted, waited []*piece
	var leases []storage.Lease
	for _, p := range pieces {
		if p.waits {
			waited, leases = append(waited, p), append(leases, p.lease)
		} else {
			wanted = append(wanted, p)
		}
	}
	if len(waited) == 0 {
		return wanted
	}
	asked := time.Now()
	answers, err := g.w.store.Extend(ctx, leases)
	for i, p := range waited {
		if err != nil || answers[i] != nil {
			g.w.release(ctx, 0, append(p.withdraw(), p.lease)...)
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

// giveBack gives back what waits.
func (g *gates) giveBack(ctx context.Context) {
	leases := make([]storage.Lease, len(g.waiting))
	for i, p := range g.waiting {
		leases[i] = p.lease
		p.queue().waiting--
	}
	g.waiting = nil
	g.w.release(ctx, 0, leases...)
}
