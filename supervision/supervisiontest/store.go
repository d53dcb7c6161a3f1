package supervisiontest

import (
	"context"
	"iter"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A gate is the way of one process, or of whoever runs, to the store. Before each call others go on,
// and the caller may crash; what happens is noted, and the store's clock is wrong.
type gate struct {
	sim  *Sim
	task *task // nil: whoever runs
	life *life
}

var (
	_ storage.Store    = (*gate)(nil)
	_ storage.Notifier = (*gate)(nil)
)

// call calls the store in its time. While it does nobody else can.
func (g *gate) call(f func(who string) error) error {
	task, life := g.task, g.life
	if task == nil && g.sim.current != nil {
		task = g.sim.current
		life = task.life
	}
	who := ""
	if task != nil { // setup and checks are nobody's step
		who = task.name
		if err := task.step(life); err != nil {
			return err
		}
		if g.sim.suffers(Refusals) && g.sim.tape.rarely(40) {
			g.sim.trace.add(who, "cannot ask the store")
			return errRefused
		}
	}
	g.sim.mu.Lock()
	defer g.sim.mu.Unlock()
	err := f(who)
	if g.sim.racing && g.sim.trace.hasNews() {
		g.sim.trace.fail(g.sim.ledger.check(g.sim.ctx))
	}
	return err
}

// Load implements [storage.Records].
func (g *gate) Load(ctx context.Context, keys []storage.Key) (out []storage.Snapshot, err error) {
	err = g.call(func(string) (err error) {
		out, err = g.sim.store.Load(ctx, keys)
		for i := range out {
			g.sim.clock.snapshot(&out[i])
		}
		return err
	})
	return out, err
}

// Apply implements [storage.Records].
func (g *gate) Apply(ctx context.Context, changes []storage.Change) (answers []error, err error) {
	err = g.call(func(who string) (err error) {
		inside := make([]storage.Change, len(changes))
		for i := range changes {
			inside[i] = g.sim.clock.change(changes[i])
		}
		answers, err = g.sim.store.Apply(ctx, inside)
		for i, answer := range answers {
			g.sim.trace.add(who, "applies %s: %s", changed(&changes[i]), answerOf(answer))
			if answer == nil {
				g.note(g.sim.ledger.applied(g.sim.ctx, &inside[i])) //nolint:contextcheck // the process may be stopped by now
			}
		}
		return err
	})
	return answers, err
}

// note takes it down if the store did what it must not.
func (g *gate) note(err error) { g.sim.trace.fail(err) }

// Claim implements [storage.Leases].
func (g *gate) Claim(ctx context.Context, c storage.Claim) (out []storage.Snapshot, err error) {
	err = g.call(func(who string) (err error) {
		out, err = g.sim.store.Claim(ctx, c)
		for i := range out {
			g.sim.trace.add(who, "claims %s", claimed(&out[i]))
			g.note(g.sim.ledger.leased(out[i].Lease))
			g.sim.clock.snapshot(&out[i])
		}
		return err
	})
	return out, err
}

// Take implements [storage.Leases].
func (g *gate) Take(ctx context.Context, c storage.Claim) (out []storage.Taken, err error) {
	err = g.call(func(who string) (err error) {
		out, err = g.sim.store.Take(ctx, c)
		for i := range out {
			e := &out[i]
			g.sim.trace.add(who, "takes %s of %s, attempt %d", e.Name, e.From, e.Attempt)
			g.note(g.sim.ledger.taken(e))
			g.sim.clock.effect(&e.Effect, g.sim.clock.out)
			e.Now = g.sim.clock.now(e.Now)
		}
		return err
	})
	return out, err
}

// Extend implements [storage.Leases].
func (g *gate) Extend(ctx context.Context, leases []storage.Lease) (answers []error, err error) {
	err = g.call(func(string) (err error) {
		answers, err = g.sim.store.Extend(ctx, leases)
		for i, answer := range answers {
			if answer == nil {
				g.note(g.sim.ledger.extended(leases[i]))
			}
		}
		return err
	})
	return answers, err
}

// Release implements [storage.Leases].
func (g *gate) Release(ctx context.Context, leases []storage.Lease, after time.Duration) error {
	return g.call(func(who string) error {
		err := g.sim.store.Release(ctx, leases, after)
		for _, l := range leases {
			g.sim.trace.add(who, "gives back %s for %v: %s", l.Key, after, answerOf(err))
			if err == nil {
				g.sim.ledger.released(l)
			}
		}
		return err
	})
}

// Deliver implements [storage.Inbox].
func (g *gate) Deliver(ctx context.Context, messages []storage.Message) (answers []error, err error) {
	err = g.call(func(who string) (err error) {
		answers, err = g.sim.store.Deliver(ctx, messages)
		for i, answer := range answers {
			m := &messages[i]
			g.sim.trace.add(who, "delivers %s to %s: %s", m.Name, m.To, answerOf(answer))
			g.note(g.sim.ledger.delivered(m, answer))
		}
		return err
	})
	return answers, err
}

// Messages implements [storage.Inbox].
func (g *gate) Messages(ctx context.Context, q storage.MessageQuery) iter.Seq2[storage.Message, error] {
	return shown(g.sim.store.Messages(ctx, q), func(m *storage.Message) { m.At = g.sim.clock.out(m.At) })
}

// RedriveMessages implements [storage.Inbox].
func (g *gate) RedriveMessages(ctx context.Context, seqs []uint64) (answers []error, err error) {
	err = g.call(func(who string) (err error) {
		g.sim.trace.add(who, "redrives messages %v", seqs)
		answers, err = g.sim.store.RedriveMessages(ctx, seqs)
		return err
	})
	return answers, err
}

// Settle implements [storage.Outbox]. How long an effect waits for its next try is the simulation's
// choice: a performer's backoff draws lots of its own.
func (g *gate) Settle(ctx context.Context, settlements []storage.Settlement) (answers []error, err error) {
	err = g.call(func(who string) (err error) {
		inside := append([]storage.Settlement(nil), settlements...)
		for i := range inside {
			if inside[i].As == storage.EffectPending {
				inside[i].Retry = Pick(g.sim, time.Second, time.Millisecond, time.Minute)
			}
		}
		answers, err = g.sim.store.Settle(ctx, inside)
		for i, answer := range answers {
			g.sim.trace.add(who, "settles %s as %v: %s", g.sim.ledger.nameOf(inside[i].Lease.Key), inside[i].As, answerOf(answer))
			if answer == nil {
				g.note(g.sim.ledger.settled(&inside[i]))
			}
		}
		return err
	})
	return answers, err
}

// Effects implements [storage.Outbox].
func (g *gate) Effects(ctx context.Context, q storage.EffectQuery) iter.Seq2[storage.Effect, error] {
	return shown(g.sim.store.Effects(ctx, q), func(e *storage.Effect) { g.sim.clock.effect(e, g.sim.clock.out) })
}

// RedriveEffects implements [storage.Outbox].
func (g *gate) RedriveEffects(ctx context.Context, ids []string, deadline time.Duration) (answers []error, err error) {
	err = g.call(func(who string) (err error) {
		answers, err = g.sim.store.RedriveEffects(ctx, ids, deadline)
		for i, answer := range answers {
			g.sim.trace.add(who, "redrives %s: %s", g.sim.ledger.nameOf(effectKey(ids[i])), answerOf(answer))
			if answer == nil {
				g.sim.ledger.redriven(ids[i])
			}
		}
		return err
	})
	return answers, err
}

// Elements implements [storage.Records]. It is called within a decision, which is made twice and
// compared, so nothing may happen before it: the two would read different things.
func (g *gate) Elements(ctx context.Context, key storage.Key, q storage.ElementQuery) iter.Seq2[storage.Element, error] {
	return shown(g.sim.store.Elements(ctx, key, q), func(e *storage.Element) { g.sim.clock.element(e, g.sim.clock.out) })
}

// List implements [storage.Records].
func (g *gate) List(ctx context.Context, q storage.Query) iter.Seq2[storage.Record, error] {
	return shown(g.sim.store.List(ctx, q), func(r *storage.Record) { g.sim.clock.record(r, g.sim.clock.out) })
}

// Count implements [storage.Records].
func (g *gate) Count(ctx context.Context, kind string) (map[string]int, error) {
	return g.sim.store.Count(ctx, kind)
}

// History implements [storage.Journal].
func (g *gate) History(ctx context.Context, key storage.Key, after uint64) iter.Seq2[storage.Line, error] {
	return shown(g.sim.store.History(ctx, key, after), func(l *storage.Line) { l.At = g.sim.clock.out(l.At) })
}

// Prune implements [storage.Journal].
func (g *gate) Prune(ctx context.Context, r storage.Retention, limit int) (n int, err error) {
	err = g.call(func(string) (err error) {
		if n, err = g.sim.store.Prune(ctx, r, limit); n > 0 {
			g.sim.ledger.pruned = true
		}
		return err
	})
	return n, err
}

// shown yields what a store does, as the processes see it.
func shown[V any](of iter.Seq2[V, error], show func(*V)) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
		for v, err := range of {
			show(&v)
			if !yield(v, err) {
				return
			}
		}
	}
}
