package supervision

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A piece of work is what the store handed out: a record for its turn, or an effect to be performed.
type piece struct {
	name, group string // its kind or sort, and its group there
	lease       storage.Lease
	asked       time.Time         // before the store was asked for the lease
	record      *storage.Snapshot // one of the two
	effect      *storage.Taken

	gate    *gate     // of its name; nil: there are no caps
	number  uint64    // the younger, the greater; of records: as they came
	waits   bool      // for a place
	placed  bool      // it has a place
	begun   time.Time // when it got it
	denied  bool      // it had to give it back, because others had the permits
	permits []permit
	ended   []func() // for those who keep the permits
}

// needsPlace reports whether a piece needs a place: what is overdue is not going to be performed.
func (p *piece) needsPlace() bool {
	return p.gate != nil && (p.effect == nil || !overdue(p.effect, p.effect.Now))
}

func leasesOf(pieces []*piece) []storage.Lease {
	out := make([]storage.Lease, len(pieces))
	for i, p := range pieces {
		out[i] = p.lease
	}
	return out
}

// keep keeps the permits of a piece until it leaves, and returns the context for the work on it.
func (p *piece) keep(ctx context.Context, keeper *storage.Keeper) context.Context {
	for _, permit := range p.permits {
		work, ended := keeper.Keep(ctx, permit.Lease, permit.asked)
		ctx, p.ended = work, append(p.ended, ended)
	}
	return ctx
}

// leave gives back the places of pieces on which the work is done. It may be called again.
func (w *worker) leave(ctx context.Context, pieces ...*piece) {
	var permits []storage.Lease
	for _, p := range pieces {
		for _, ended := range p.ended {
			ended()
		}
		permits = append(permits, permitLeases(p.permits)...)
		p.permits, p.ended = nil, nil
	}
	w.release(ctx, 0, permits...)
	for _, p := range pieces {
		if p.placed {
			p.placed = false
			p.gate.leave(p.group, time.Since(p.begun))
		}
	}
}

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
			more, failed = g.take(ctx, far, n)
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
	got, err := g.take(ctx, []string{near.name}, most)
	if len(got) == most {
		g.bell.ring() // there may be others
	} else if err == nil {
		near.scarce = false
	}
	return got, err
}

// take asks the store for up to most pieces of these names.
func (g *gates) take(ctx context.Context, names []string, most int) ([]*piece, error) {
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
	if all := err == nil && len(got) < most; all || g.sort == "turn" {
		g.forget(names, asked)
	}
	return got, err
}

// forget forgets what was put off and ought to be back. Of effects that is known when all that is due
// was handed out; records, whose order does not matter, have a new number when they are back.
func (g *gates) forget(names []string, now time.Time) {
	for _, name := range names {
		if gate := g.of(name); gate != nil {
			for _, q := range gate.queues {
				q.forget(now)
			}
		}
	}
}
