package chaos

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/reeve-go/reeve/storage"
)

// A run is one while it goes on.
type run struct {
	*Options

	processes int
	base      *database
	begun     time.Time
	log       *lines
	direct    storage.Store // past everything that is cut
	world     *world
	socket    string // where the world is found
	testimony *testimony
	load      *load
	crew      *crew
	mischief  *mischief

	mu     sync.Mutex
	faults []string
}

var errLate = errors.New("it took longer than it may")

// run is the story.
func (r *run) run(ctx context.Context) (*Report, error) {
	limited, end := context.WithTimeoutCause(ctx, r.Effort.Limit, errLate)
	defer end()
	r.say("chaos on %s: %d processes, %d records, seed %d", r.Store, r.processes, r.Effort.Records, r.Seed)
	var err error
	r.crew, err = newCrew(limited, r.processes, r.startProcess)
	defer r.crew.abandon()
	if err != nil {
		return nil, err
	}
	r.mischief = newMischief(r.crew, r.world, r.testimony, r.base)
	watching, seen := context.WithCancel(limited)
	var busy, watch sync.WaitGroup
	watch.Go(func() { r.watch(watching) })
	busy.Go(func() { r.load.run(limited, &r.Effort, r.Seed) })
	busy.Go(func() { r.mischief.dealAll(limited, r.Effort.plan(r.Seed, r.processes)) })
	busy.Wait()
	r.settle(limited)
	seen()
	watch.Wait()
	if ctx.Err() != nil {
		return nil, fmt.Errorf("chaos: ended in the middle of a run: %w", context.Cause(ctx))
	}
	if limited.Err() == nil {
		for _, err := range r.crew.stop() {
			r.fault("%v", err)
		}
	}
	return r.report(ctx)
}

func (r *run) startProcess(ctx context.Context, name string) (*process, error) {
	j := job{Name: name, Store: r.Store, Address: r.base.address, World: r.socket, Lease: r.Effort.Lease, Verbose: r.Verbose}
	return startProcess(ctx, r.Command, j, r.testimony.hear(name), r.log, func(p *process) {
		r.fault("process %s ended by itself: %v", p.name, p.err)
	})
}

func (r *run) fault(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fmt.Sprintf(format, args...))
}

// watch says now and then how the run gets on, and looks for records that would wait for ever.
func (r *run) watch(ctx context.Context) {
	const looks = 8 // in the span of the effort
	for wait(ctx, r.Effort.Span/looks) {
		counts, err := r.direct.Count(ctx, kindName)
		for record, failed := range r.direct.List(ctx, storage.Query{Kind: kindName, States: []string{string(starting), string(stopping)}}) {
			if err = errors.Join(err, failed); failed == nil && waitsForever(&record) {
				r.fault("in the middle of the run %s is %s and is never due", record.Key, record.State)
			}
		}
		if err != nil { // it may be restarting
			r.say("the store cannot be asked: %v", err)
			continue
		}
		r.say("%d of %d instances are there, %d of them moving; %s",
			counts[string(down)]+counts[string(up)]+counts[string(starting)]+counts[string(stopping)], r.Effort.Records,
			counts[string(starting)]+counts[string(stopping)], r.mischief)
	}
}

func (r *run) say(format string, args ...any) {
	_, _ = fmt.Fprintf(r.log, "%4.0fs  %s\n", time.Since(r.begun).Seconds(), fmt.Sprintf(format, args...))
}

// settle waits until there is nothing to do any more. It looks again after a lease: who has lost one may still say what came of an effect.
func (r *run) settle(ctx context.Context) {
	quiet := false
	for {
		busy, err := r.busy(ctx)
		pause := 200 * time.Millisecond
		switch {
		case err != nil || busy != "":
			quiet = false
		case quiet:
			return
		default:
			quiet, pause = true, r.Effort.Lease
		}
		if !wait(ctx, pause) {
			r.fault("the run was not over within %v: %s: %v", r.Effort.Limit, busy, errors.Join(err, context.Cause(ctx)))
			return
		}
	}
}

// busy says what is still going on; empty: nothing.
func (r *run) busy(ctx context.Context) (string, error) {
	counts, err := r.direct.Count(ctx, kindName)
	if n := counts[string(starting)] + counts[string(stopping)]; err != nil || n > 0 {
		return fmt.Sprintf("%d instances are moving", n), err
	}
	unended := []storage.EffectStatus{storage.EffectPending, storage.EffectRunning, storage.EffectCanceled}
	for effect, err := range r.direct.Effects(ctx, storage.EffectQuery{From: storage.Key{Kind: kindName}, Statuses: unended}) {
		if err != nil || effect.Status != storage.EffectCanceled || effect.Owner != "" {
			return "effects are under way", err
		}
	}
	open := []storage.MessageStatus{storage.MessageOpen}
	messages, err := collect(r.direct.Messages(ctx, storage.MessageQuery{To: storage.Key{Kind: kindName}, Statuses: open, Limit: 1}))
	if err != nil || len(messages) > 0 {
		return "messages are open", err
	}
	for record, err := range r.direct.List(ctx, storage.Query{Kind: kindName}) {
		if err != nil || !record.Due.IsZero() {
			return fmt.Sprintf("%s is due", record.Key), err
		}
	}
	return "", nil
}
