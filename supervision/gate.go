package supervision

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A gate lets through what one name has in work, as its caps allow.
type gate struct {
	*limiter

	name   string
	sort   string            // "turn" or "effect"
	permit string            // the kind of the permits for all of it
	scarce bool              // there was more work than permits
	queues map[string]*queue // of the groups that are over their cap
}

// Gates are those that the turns, or the effects, of a store go through. One goroutine uses them.
type gates struct {
	w       *worker
	sort    string // "turn" or "effect": there may be one each of a name
	bell    bell
	limiter func(name string) *limiter // nil: no caps
	request func(ctx context.Context, names []string, most int) ([]*piece, error)
	hide    func(ctx context.Context, d time.Duration, leases ...storage.Lease)

	named   map[string]*gate
	permits permits
	waiting []*piece // oldest first
	round   int
	came    uint64 // how many pieces, in all
}

func newTurnGates(w *worker) *gates {
	return &gates{
		w: w, sort: "turn", bell: w.turns, request: w.claimRecords, hide: w.hold,
		limiter: func(kind string) *limiter { return w.kinds[kind].caps },
		named:   map[string]*gate{}, permits: newPermits(w),
	}
}

func newEffectGates(w *worker) *gates {
	return &gates{
		w: w, sort: "effect", bell: w.effects, request: w.takeEffects, hide: w.release,
		limiter: func(sort string) *limiter { return w.performers[sort].caps },
		named:   map[string]*gate{}, permits: newPermits(w),
	}
}

// of returns the gate of a name; nil if it has no caps.
func (g *gates) of(name string) *gate {
	found := g.named[name]
	if l := g.limiter(name); found == nil && l != nil && l.caps != (Caps{}) {
		found = &gate{limiter: l, name: name, sort: g.sort, permit: permitKind(g.sort, name), queues: map[string]*queue{}}
		l.tell(g.bell)
		g.named[name] = found
	}
	return found
}

// get returns up to most pieces of work of these names, each with its place, which it has to leave.
func (g *gates) get(ctx context.Context, names []string, most int) ([]*piece, error) {
	in := g.enter(most)
	asked, err := g.ask(ctx, names, most-len(in))
	var over []*piece
	for _, p := range asked {
		if p.needsPlace() {
			over = append(over, p)
		} else {
			in = append(in, p)
		}
	}
	g.setAside(over)
	in = append(in, g.enter(most-len(in))...)
	in, failed := g.admit(ctx, in)
	g.putOff(ctx)
	if slices.ContainsFunc(over, func(p *piece) bool { return !p.placed }) {
		g.bell.ring() // something else may be due behind it
	}
	return g.renew(ctx, in), errors.Join(err, failed)
}

// ask asks the store for work: for all that is far from its caps together, so that the oldest comes
// first, and for each that is near by itself, for no more than there are places. Who is asked first
// goes round, so that nobody has only what the others leave.
func (g *gates) ask(ctx context.Context, names []string, most int) (got []*piece, err error) {
	if most <= 0 {
		return nil, nil
	}
	var far []string
	var near []*gate
	for _, name := range names {
		switch gate := g.of(name); {
		case gate == nil || !gate.scarce && gate.room(most) == most:
			far = append(far, name)
		case gate.room(most) > 0:
			near = append(near, gate)
		}
	}
	g.round++
	for i := range len(near) + 1 {
		var more []*piece
		var failed error
		switch n, next := most-len(got), (g.round+i)%(len(near)+1); {
		case n <= 0: // they come first next time
		case next < len(near):
			more, failed = g.askNear(ctx, near[next], n)
		case len(far) > 0:
			more, failed = g.fetch(ctx, far, n)
		}
		got, err = append(got, more...), errors.Join(err, failed)
	}
	return got, err
}

// askNear asks for what has few places. While permits are scarce they are asked for first, so that
// whoever gets one does what is oldest; else after the work, because asking for them writes.
func (g *gates) askNear(ctx context.Context, near *gate, most int) ([]*piece, error) {
	most = near.room(most)
	if near.scarce {
		near.want()
		err := g.permits.claim(ctx, map[string]wish{near.permit: {n: most, most: near.caps.Store}})
		if most = len(g.permits.free[near.permit]); most == 0 {
			return nil, err
		}
	}
	got, err := g.fetch(ctx, []string{near.name}, most)
	if len(got) == most {
		g.bell.ring() // there may be others
	} else if err == nil {
		near.scarce = false
	}
	return got, err
}

// fetch asks the store for up to most pieces of these names.
func (g *gates) fetch(ctx context.Context, names []string, most int) ([]*piece, error) {
	asked := time.Now()
	got, err := g.request(ctx, names, most)
	for _, p := range got {
		g.came++
		p.gate, p.number = g.of(p.name), g.came
		if p.effect != nil {
			p.number = p.effect.Seq
		}
		if p.gate != nil {
			p.queue().comeBack(p)
		}
	}
	seen := asked
	if g.sort == "effect" && (err != nil || len(got) == most) {
		seen = asked.Add(-g.w.options.Lease) // more may be due; but nothing is waited for without end
	}
	g.forget(names, seen)
	return got, err
}

// forget forgets what was put off and is not back although all that was due at a time is. Records,
// whose order does not matter, have new numbers when they are back.
func (g *gates) forget(names []string, seen time.Time) {
	for _, name := range names {
		if gate := g.of(name); gate != nil {
			for _, q := range gate.queues {
				q.forget(seen)
			}
		}
	}
}
