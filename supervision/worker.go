package supervision

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/reeve-go/reeve/storage"
)

// A worker does a supervisor's work on one store.
type worker struct {
	*Supervisor

	store    storage.Store
	log      *slog.Logger
	kinds    map[string]*supervised
	sources  []*source
	keeper   *storage.Keeper
	switches switches
	troubles troubles
	turns    bell // something may have to be decided
	effects  bell // something may have to be performed

	turnGates, effectGates *gates
}

func newWorker(s *Supervisor, store storage.Store) *worker {
	w := &worker{
		Supervisor: s, store: store, log: s.log,
		kinds: map[string]*supervised{}, keeper: storage.NewKeeper(store),
		turns: newBell(), effects: newBell(),
	}
	w.turnGates, w.effectGates = newTurnGates(w), newEffectGates(w)
	return w
}

func (w *worker) add(k *supervised) { w.kinds[k.name] = k }

// check says what stands against working.
func (w *worker) check(ctx context.Context) (errs []error) {
	for _, k := range w.kinds {
		for _, name := range k.emits {
			if !w.performs(name) {
				errs = append(errs, fmt.Errorf("supervision: kind %q emits effect %q, and nobody performs it; call Perform, or name it in Elsewhere", k.name, name))
			}
		}
	}
	return append(errs, w.checkBacklog(ctx)...)
}

func (w *worker) performs(effect string) bool {
	return w.performers[effect] != nil || slices.Contains(w.options.Elsewhere, effect)
}

// checkBacklog looks for effects that wait in the store and that nobody performs.
func (w *worker) checkBacklog(ctx context.Context) (errs []error) {
	const most = 1000
	unknown := map[string]storage.Key{}
	for kind := range w.kinds {
		q := storage.EffectQuery{From: storage.Key{Kind: kind}, Statuses: []storage.EffectStatus{storage.EffectPending}, Limit: most}
		for e, err := range w.store.Effects(ctx, q) {
			if err != nil {
				w.log.Warn("it cannot be told whether effects wait that nobody performs", "kind", kind, "error", err)
				return nil
			}
			if !w.performs(e.Name) {
				unknown[e.Name] = e.From
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		errs = append(errs, fmt.Errorf("supervision: effect %q of %s waits in the store, and nobody performs it; call Perform, or name it in Elsewhere", name, unknown[name]))
	}
	return errs
}

// run works until ctx ends, and drains.
func (w *worker) run(ctx context.Context) error {
	// What goes on when ctx ends is ended in its own time.
	going, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var keeping, hinting, working sync.WaitGroup
	keeping.Go(func() { _ = w.keeper.Run(going) })

	hinting.Go(func() { w.listen(ctx) })
	for _, source := range w.sources {
		working.Go(func() { w.pump(ctx, source) })
	}
	working.Go(func() { w.prune(ctx) })
	working.Go(func() { w.turnLoop(ctx, going) })
	working.Go(func() { w.effectLoop(ctx, going) })

	<-ctx.Done()
	drained := time.AfterFunc(w.options.Drain, func() { stop(ErrStopping) })
	working.Wait()
	inTime := drained.Stop()
	stop(ErrStopping)
	keeping.Wait()
	hinting.Wait()
	if !inTime {
		return fmt.Errorf("supervision: %s: effects did not end within %v and are given back: %w", w.options.Name, w.options.Drain, ErrStopping)
	}
	return nil
}

// listen rings the bells when the store hints that something is due.
func (w *worker) listen(ctx context.Context) {
	notifier, ok := w.store.(storage.Notifier)
	if !ok {
		return
	}
	for ctx.Err() == nil {
		err := notifier.Listen(ctx, func(due storage.Hint) {
			if due&storage.HintRecords != 0 {
				w.turns.ring()
			}
			if due&storage.HintEffects != 0 {
				w.effects.ring()
			}
		})
		if ctx.Err() == nil {
			w.log.Warn("the store's hints are not heard; polling goes on", "error", err)
			pause(ctx, w.options.Poll)
		}
	}
}

// A bell wakes a loop that waits for something to do.
type bell chan struct{}

func newBell() bell { return make(bell, 1) }

func (b bell) ring() {
	select {
	case b <- struct{}{}:
	default: // it has been rung
	}
}

// wait waits for the bell, but not for longer than d. It is false when ctx ends.
func (b bell) wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-b:
	case <-timer.C:
	}
	return ctx.Err() == nil
}

// pause waits for d. It is false when ctx ends.
func pause(ctx context.Context, d time.Duration) bool { return newBell().wait(ctx, d) }

// writing returns a context for a write that must not be cut short because the work ends.
func (w *worker) writing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), w.options.Lease)
}

// release gives leases back.
func (w *worker) release(ctx context.Context, after time.Duration, leases ...storage.Lease) {
	if len(leases) == 0 {
		return
	}
	ctx, cancel := w.writing(ctx)
	defer cancel()
	w.troubles.tell(w.log, "giving back leases", w.store.Release(ctx, leases, after))
}

// hold keeps what was claimed from everybody for a while, whatever is said to it meanwhile. A release
// would have it handed out at once if it has a message.
func (w *worker) hold(ctx context.Context, d time.Duration, leases ...storage.Lease) {
	ctx, cancel := w.writing(ctx)
	defer cancel()
	for i := range leases {
		leases[i].TTL = d
	}
	_, err := w.store.Extend(ctx, leases)
	w.troubles.tell(w.log, "giving back leases", err)
}

// pass is one round: turns, then effects, one after another.
func (w *worker) pass(ctx context.Context) (int, error) {
	defer w.effectGates.giveBack(ctx)
	defer w.turnGates.giveBack(ctx)
	seen, err := w.claim(ctx, w.options.Batch)
	if err != nil {
		return 0, err
	}
	decided := make([]decision, 0, len(seen))
	for i := range seen {
		decided = append(decided, w.parked(w.decideOne(ctx, seen[i])))
	}
	for decided = w.applyAll(ctx, decided); len(decided) > 0; decided = w.applyAll(ctx, decided) {
		w.untilFree(ctx, decided[0].locked)
	}
	taken, err := w.take(ctx, w.options.Effects)
	for i := range taken {
		some := []attempted{w.attempt(ctx, taken[i])}
		for some = w.settleAll(ctx, some); len(some) > 0; some = w.settleAll(ctx, some) {
			w.untilFree(ctx, some[0].locked)
		}
	}
	return len(seen) + len(taken), err
}

// turnLoop claims what is due and has it decided, until ctx ends, and returns when all of it is
// written.
func (w *worker) turnLoop(ctx, going context.Context) {
	slots := semaphore.NewWeighted(int64(3 * w.options.Batch)) // one is decided while two are written
	decided := newPile[decision](w.options.Batch)
	deciding := newCrew(func(c claimed) { decided.add(w.parked(w.decideOne(going, c))) })
	var applying sync.WaitGroup
	applying.Go(func() {
		decided.write(func(batch []decision) []decision {
			n := len(batch)
			locked := w.applyAll(going, batch)
			slots.Release(int64(n - len(locked)))
			return locked
		}, func(d decision) { w.untilFree(going, d.locked) })
	})
	w.loop(ctx, w.turns, "turns", slots, w.options.Batch, func(n int) (int, error) {
		seen, err := w.claim(ctx, n)
		for i := range seen {
			deciding.take(seen[i])
		}
		return len(seen), err
	})
	w.turnGates.giveBack(ctx)
	deciding.end()
	decided.end()
	applying.Wait()
}

// effectLoop takes effects and has them performed, until ctx ends, and returns when all of them are
// settled.
func (w *worker) effectLoop(ctx, going context.Context) {
	slots := semaphore.NewWeighted(int64(w.options.Effects))
	ended := newPile[attempted](w.options.Batch)
	performing := newCrew(func(p *piece) {
		ended.add(w.attempt(going, p))
		slots.Release(1)
	})
	var settling sync.WaitGroup
	settling.Go(func() {
		ended.write(func(batch []attempted) []attempted { return w.settleAll(going, batch) },
			func(a attempted) { w.untilFree(going, a.locked) })
	})
	w.loop(ctx, w.effects, "effects", slots, 1, func(n int) (int, error) {
		taken, err := w.take(ctx, n)
		for i := range taken {
			performing.take(taken[i])
		}
		return len(taken), err
	})
	w.effectGates.giveBack(ctx)
	performing.end()
	ended.end()
	settling.Wait()
}
