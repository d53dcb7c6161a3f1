package storage

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// A Notifier is a Store that hints when something has become due, so that a supervisor need not wait
// for its next poll. It is optional; a hint may be late, lost or wrong.
type Notifier interface {
	// Listen calls hint, from any goroutine, when records or effects may have become due, until ctx
	// ends; then it returns ctx's cause. The first call comes as soon as it listens, and is about both, because of what
	// became due before. A call that is under way when ctx ends may still end. Hint must not block.
	Listen(ctx context.Context, hint func(Hint)) error
}

// A Hint is what may have become due: records, effects or both. Who cannot tell says both.
type Hint uint8

// What hints are about.
const (
	HintRecords Hint = 1 << iota // something can be claimed
	HintEffects                  // something can be taken
	HintBoth    = HintRecords | HintEffects
)

// Listeners are those who listen to a [Notifier], for backends: the zero value has none. They are safe
// for concurrent use.
type Listeners struct {
	mu    sync.Mutex // of those who come and go
	hints atomic.Pointer[[]*func(Hint)]
}

// Listen adds hint until ctx ends, as [Notifier] says, and returns ctx's cause.
func (l *Listeners) Listen(ctx context.Context, hint func(Hint)) error {
	l.change(func(all []*func(Hint)) []*func(Hint) { return append(all, &hint) })
	hint(HintBoth)
	<-ctx.Done()
	l.change(func(all []*func(Hint)) []*func(Hint) {
		return slices.DeleteFunc(all, func(h *func(Hint)) bool { return h == &hint })
	})
	return context.Cause(ctx)
}

// change replaces the list, so that whoever is walking along the old one is not in the way.
func (l *Listeners) change(edit func([]*func(Hint)) []*func(Hint)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := edit(slices.Clone(l.all()))
	l.hints.Store(&all)
}

func (l *Listeners) all() []*func(Hint) {
	if all := l.hints.Load(); all != nil {
		return *all
	}
	return nil
}

// Any reports whether somebody listens.
func (l *Listeners) Any() bool { return len(l.all()) > 0 }

// Hint gives everybody a hint, if it is about anything. Call it after the commit, and with no lock held that a claim needs.
func (l *Listeners) Hint(due Hint) {
	if due == 0 {
		return
	}
	for _, hint := range l.all() {
		(*hint)(due)
	}
}
